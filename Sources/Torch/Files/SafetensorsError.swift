import Base

/// A safetensors file that cannot be trusted. Names the file, and the tensor where it is one.
public enum SafetensorsError: UserError {
    case malformed(String, String)
    /// A file of another kind; which.
    case foreign(String, String)
    case truncated(String, String)
    case tensor(String, String, String)
    /// Shard index, what is wrong with it.
    case index(String, String)

    /// `"safetensors.malformed"` or `"safetensors.truncated"`.
    public var kind: String {
        switch self {
        case .malformed, .foreign, .tensor, .index: "safetensors.malformed"
        case .truncated: "safetensors.truncated"
        }
    }
    /// The file.
    public var path: String? {
        switch self {
        case .malformed(let path, _), .foreign(let path, _), .truncated(let path, _), .tensor(let path, _, _),
            .index(let path, _):
            path
        }
    }
    /// The tensor, where there is one.
    public var key: String? { if case .tensor(_, let name, _) = self { name } else { nil } }
    /// One line with the file and the tensor.
    public var description: String {
        switch self {
        case .malformed(let path, let reason): "'\(path)' is not a safetensors file that can be trusted: \(reason)"
        case .foreign(let path, let kind): "'\(path)' is no safetensors file: it is \(kind)"
        case .truncated(let path, let reason): "'\(path)' is cut off: \(reason). Download or copy it again."
        case .tensor(let path, let name, let reason): "'\(path)': tensor '\(name)' \(reason)"
        case .index(let path, let reason): "'\(path)': \(reason)"
        }
    }
}
