import Base

/// What is wrong with a `.pt` file, or with a value that should go into one.
public enum TorchFileError: UserError {
    /// The zip around the data breaks its format; `record` where one is to blame.
    case archive(path: String, record: String?, reason: String)
    /// The pickle inside breaks its format, at a byte of `data.pkl`.
    case pickle(path: String, offset: Int, reason: String)
    /// The pickle asks for code: it is never run.
    case forbidden(path: String, name: String)
    /// A tensor or storage that does not fit its bytes.
    case tensor(path: String, record: String, reason: String)
    /// Something that cannot be written.
    case unwritable(path: String, reason: String)

    /// `"pt.malformed"` and its kin.
    public var kind: String {
        switch self {
        case .archive, .pickle, .tensor: "pt.malformed"
        case .forbidden: "pt.forbidden"
        case .unwritable: "pt.unwritable"
        }
    }
    /// The file.
    public var path: String? {
        switch self {
        case .archive(let path, _, _), .pickle(let path, _, _), .forbidden(let path, _), .tensor(let path, _, _),
            .unwritable(let path, _):
            path
        }
    }
    /// The record of the archive, or the forbidden name.
    public var key: String? {
        switch self {
        case .archive(_, let record, _): record
        case .forbidden(_, let name): name
        case .tensor(_, let record, _): record
        case .pickle, .unwritable: nil
        }
    }
    /// One line with the file and the place in it.
    public var description: String {
        switch self {
        case .archive(let path, let record, let reason):
            "'\(path)' is not a readable PyTorch file: \(record.map { "record '\($0)' " } ?? "")\(reason)"
        case .pickle(let path, let offset, let reason):
            "'\(path)' is not a readable PyTorch file: byte \(offset) of data.pkl: \(reason)"
        case .forbidden(let path, let name):
            "'\(path)' asks to run '\(name)'; only tensors and plain values are read, so nothing of it was loaded"
        case .tensor(let path, let record, let reason): "'\(path)': the tensor over record '\(record)' \(reason)"
        case .unwritable(let path, let reason): "cannot write '\(path)': \(reason)"
        }
    }
}
