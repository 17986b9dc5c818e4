import Base

/// A device that cannot be had.
public enum DeviceError: UserError {
    case unknown(String)
    /// Name, how many CUDA devices there are, and what libtorch says of CUDA.
    case absent(String, Int, String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .unknown: "device.unknown"
        case .absent: "device.absent"
        }
    }
    /// See `UserError`.
    public var key: String? { "device" }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .unknown(let name): "unknown device '\(name)' (there are: auto, cpu, cuda, cuda:N)"
        case .absent(let name, let count, let note):
            "no device '\(name)': there are \(count) CUDA devices\(note.isEmpty ? "" : " (\(note))"); use device = \"cpu\""
        }
    }
}
