import Base
import Glibc
import Media
import Synchronization

/// What is known of media files: each is looked into once, as long as it does not change on the disk.
final class MediaCache: Sendable {
    private struct Known: Sendable {
        let size: Int, modified: Int, file: Result<VideoFile, MediaError>
    }
    private let known = Mutex<[String: Known]>([:])

    /// The file's facts, read from its headers. Throws `MediaError`, or `FileError.missing`.
    func file(_ path: String) throws -> VideoFile {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError.last("open", path) }
        let size = Int(status.st_size), modified = status.st_mtim.tv_sec &* 1_000_000_000 &+ status.st_mtim.tv_nsec
        if let known = known.withLock({ $0[path] }), known.size == size, known.modified == modified {
            return try known.file.get()
        }
        let result: Result<VideoFile, MediaError>
        do { result = .success(try VideoFile(path)) } catch let error as MediaError { result = .failure(error) }
        known.withLock { $0[path] = Known(size: size, modified: modified, file: result) }
        return try result.get()
    }
}
