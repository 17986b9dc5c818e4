import CMedia
import Base
import Glibc

/// Tells whether a file is still the one that something was computed from, without reading all of it.
public struct FileIdentity: Sendable, Hashable {
    /// Bytes in the file.
    public let size: Int
    /// When it was last changed, in nanoseconds.
    public let modified: Int
    /// Over its first and last MiB.
    public let hash: UInt64

    /// Throws `FileError`.
    public init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError.last("read", path) }
        size = Int(status.st_size)
        modified = Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec)
        var hash = cm_hash_seed(), buffer = [UInt8](repeating: 0, count: 1 << 20)
        for offset in size > 1 << 20 ? [0, size - 1 << 20] : [0] {
            let count = pread(descriptor, &buffer, buffer.count, offset)
            guard count >= 0 else { throw FileError.last("read", path) }
            hash = cm_hash(buffer, count, hash)
        }
        self.hash = hash
    }
    /// Without the time: equal for copies of a file, too.
    public var content: String { "\(size)-\(String(hash, radix: 16))" }
    /// One line, equal for equal identities.
    public var text: String { "\(size)-\(modified)-\(String(hash, radix: 16))" }
}

extension FileIdentity {
    /// A hash over all of a file: equal for copies, another for any other bytes, also where size, time, beginning and end
    /// are the same. Reads the whole file; throws `FileError` or `Cancelled`.
    public static func contentHash(_ path: String, monitor: Monitor = Monitor()) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        var hash = cm_hash_seed(), buffer = [UInt8](repeating: 0, count: 1 << 20), size = 0
        while true {
            try monitor.checkpoint()
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError.last("read", path) }
            if count == 0 { return "\(size)-\(String(hash, radix: 16))" }
            hash = cm_hash(buffer, count, hash)
            size += count
        }
    }
}
