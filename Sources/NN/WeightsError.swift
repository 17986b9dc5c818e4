import Base

/// A checkpoint that does not fit the model. Names the tensor and the file or folder.
public enum WeightsError: UserError {
    case missing(String, String)
    case shape(String, expected: [Int], found: [Int], String)
    case unused([String], String)
    /// A matrix that is in fewer bits already, and what was asked for.
    case quantizedTwice(String, String, String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .missing: "weights.missing"
        case .shape: "weights.shape"
        case .unused: "weights.unused"
        case .quantizedTwice: "weights.quantized"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .missing(_, let path), .shape(_, _, _, let path), .unused(_, let path), .quantizedTwice(_, _, let path):
            path
        }
    }
    /// See `UserError`.
    public var key: String? {
        switch self {
        case .missing(let key, _), .shape(let key, _, _, _), .quantizedTwice(let key, _, _): key
        case .unused(let keys, _): keys.first
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .missing(let key, let path):
            "'\(path)' has no tensor named '\(key)'; is it complete, and does its config.json belong to it?"
        case .shape(let key, let expected, let found, let path):
            "'\(path)': '\(key)' has shape \(found), but its config.json asks for \(expected)"
        case .unused(let keys, let path):
            "'\(path)' has \(keys.count) tensors that its config.json does not ask for: "
                + keys.prefix(3).map { "'\($0)'" }.joined(separator: ", ") + (keys.count > 3 ? ", …" : "")
        case .quantizedTwice(_, let format, let path):
            "'\(path)' is in fp8 already, and \(format) would round its weights a second time; "
                + "take int8 or fp8, which leave them as they are, or the bf16 file of the same model"
        }
    }
}
