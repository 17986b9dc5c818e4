import CTorch
import Base

/// What libtorch said, verbatim.
public enum TorchError: UserError {
    case failed(String)
    case outOfMemory(String)

    /// Memory would help.
    public var isOutOfMemory: Bool { if case .outOfMemory = self { true } else { false } }

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

/// Turns a status of the shim into an error.
func check(_ status: ct_status) throws {
    guard status != 0 else { return }
    let message = String(cString: ct_last_error())
    throw status == 2 ? TorchError.outOfMemory(message) : TorchError.failed(message)
}

/// Calls a shim function that fills in one new handle.
func make(_ call: (UnsafeMutablePointer<ct_tensor?>) -> ct_status) throws -> Tensor {
    var out: ct_tensor?
    try check(call(&out))
    // swift-format-ignore: NeverForceUnwrap
    return Tensor(owning: out!)  // the contract of CTorch.h: status 0 means a handle was written
}
