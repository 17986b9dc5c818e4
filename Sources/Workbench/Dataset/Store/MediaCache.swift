import Base
import Media
import Synchronization

/// What is known of media files: each is looked into once, as long as it does not change on the disk.
final class MediaCache: Sendable {
    private struct Known: Sendable {
        let stamp: FileStamp, file: Result<VideoFile, MediaError>
        /// Whether its first picture was looked at, and what came of it.
        var picture: Result<Void, MediaError>?
    }
    private let known = Mutex<[String: Known]>([:])

    /// The file's facts, read from its headers. Throws `MediaError`, or `FileError.missing`.
    func file(_ path: String) throws -> VideoFile { try look(into: path).file.get() }

    /// The facts of a file of which a picture decodes. Throws `MediaError`, or `FileError.missing`.
    func readable(_ path: String) throws -> VideoFile {
        var entry = try look(into: path)
        let file = try entry.file.get()
        if let picture = entry.picture {
            try picture.get()
            return file
        }
        do {
            try file.requirePicture()
            entry.picture = .success(())
        } catch let error as MediaError { entry.picture = .failure(error) }
        known.withLock { $0[path] = entry }
        try entry.picture?.get()
        return file
    }

    private func look(into path: String) throws -> Known {
        let stamp = try FileStamp(path)
        if let known = known.withLock({ $0[path] }), known.stamp == stamp { return known }
        let result: Result<VideoFile, MediaError>
        do { result = .success(try VideoFile(path)) } catch let error as MediaError { result = .failure(error) }
        let entry = Known(stamp: stamp, file: result)
        known.withLock { $0[path] = entry }
        return entry
    }
}
