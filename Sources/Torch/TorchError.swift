import CTorch
import Base

/// What libtorch said, verbatim.
public enum TorchError: UserError {
    case failed(String)
    case outOfMemory(String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .failed: "torch"
        case .outOfMemory: "oom"
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .failed(let message): message
        case .outOfMemory(let message): "out of memory: \(message)"
        }
    }
}
