import Base
import Media
import Synchronization

/// What is known of media files: each is looked into once, as long as it does not change on the disk.
final class MediaCache: Sendable {
    private struct Known: Sendable {
        let stamp: FileStamp, file: Result<VideoFile, MediaError>
    }
    private let known = Mutex<[String: Known]>([:])

    /// The file's facts, read from its headers. Throws `MediaError`, or `FileError.missing`.
    func file(_ path: String) throws -> VideoFile {
        let stamp = try FileStamp(path)
        if let known = known.withLock({ $0[path] }), known.stamp == stamp { return try known.file.get() }
        let result: Result<VideoFile, MediaError>
        do { result = .success(try VideoFile(path)) } catch let error as MediaError { result = .failure(error) }
        known.withLock { $0[path] = Known(stamp: stamp, file: result) }
        return try result.get()
    }
}
