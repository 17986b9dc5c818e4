import CTorch

/// Where a tensor lives.
public enum Device: Hashable, Sendable {
    case cpu
    /// The CUDA device with this index.
    case cuda(Int)
    /// Shapes and dtypes without memory.
    case meta

    var c: ct_device {
        switch self {
        case .cpu: ct_device(type: 0, index: -1)
        case .cuda(let index): ct_device(type: 1, index: Int32(clamping: index))
        case .meta: ct_device(type: 14, index: -1)
        }
    }
    init(_ device: ct_device) {
        switch device.type {
        case 1: self = .cuda(Int(max(0, device.index)))
        case 14: self = .meta
        default: self = .cpu
        }
    }
}

extension Device: CustomStringConvertible {
    /// What `init(parsing:)` reads: `"cpu"`, `"cuda:0"`, `"meta"`.
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        case .meta: "meta"
        }
    }

    /// `"cpu"`, `"cuda"`, `"cuda:1"`, `"meta"`, or `"auto"`: CUDA where there is one. Opens libtorch for `auto` and
    /// `cuda`. Throws when the name means nothing or the device is not there.
    public init(parsing name: String) throws {
        switch name {
        case "cpu": self = .cpu
        case "meta": self = .meta
        case "auto": self = Backend.cudaDevices > 0 ? .cuda(0) : .cpu
        default:
            let parts = name.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.first == "cuda", parts.count <= 2, let index = parts.count == 1 ? 0 : Int(parts[1]), index >= 0
            else { throw DeviceError.unknown(name) }
            guard index < Backend.cudaDevices else {
                throw DeviceError.absent(name, Backend.cudaDevices, Backend.cudaNote)
            }
            self = .cuda(index)
        }
    }
}
