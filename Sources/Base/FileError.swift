import Glibc

/// What went wrong with a file, in the words of the system.
public enum FileError: UserError {
    case missing(String)
    /// A file that cannot be made because its folder is not there.
    case noFolder(forFile: String)
    case system(operation: String, path: String, code: Int32)

    /// The failure of the last system call on `path`. Reads `errno`, so call it at once.
    public static func last(_ operation: String, _ path: String) -> FileError {
        errno == ENOENT ? .missing(path) : .system(operation: operation, path: path, code: errno)
    }

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .missing, .noFolder: "file.missing"
        case .system(_, _, ENOSPC), .system(_, _, EDQUOT): "file.full"
        case .system(_, _, EACCES), .system(_, _, EPERM), .system(_, _, EROFS): "file.denied"
        case .system: "file.system"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .missing(let path), .noFolder(let path), .system(_, let path, _): path
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .missing(let path): "no such file or folder: '\(path)'"
        case .noFolder(let path): "cannot write '\(path)': there is no folder '\(Path.folder(path))'"
        case .system(let operation, let path, let code):
            "cannot \(operation) '\(path)': \(String(cString: strerror(code)))"
        }
    }
}
