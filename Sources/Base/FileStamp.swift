import Glibc

/// What a file's contents can be remembered by without reading them.
public struct FileStamp: Hashable, Sendable {
    /// Bytes in the file.
    public let size: Int
    /// Seconds and nanoseconds of the last change of the contents, and of the file's entry.
    private let modified: String, changed: String
    private let inode: UInt64

    /// Throws `FileError`.
    public init(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError.last("open", path) }
        func text(_ time: timespec) -> String { "\(time.tv_sec).\(time.tv_nsec)" }
        (size, modified, changed) = (Int(status.st_size), text(status.st_mtim), text(status.st_ctim))
        inode = UInt64(status.st_ino)
    }
    /// Size and time: equal for a copy in another place that kept its time.
    public var sizeAndTime: String { "\(size)-\(modified)" }
    /// Equal until somebody writes to the file or puts another one in its place.
    public var text: String { "\(size)-\(modified)-\(changed)-\(inode)" }
}
