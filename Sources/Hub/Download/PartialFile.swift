import Base
import Glibc

/// The bytes of a file so far, with their sum.
final class PartialFile {
    /// How many there are.
    private(set) var count = 0
    private let path: String, file: HubFile
    private var descriptor: Int32 = -1
    private var digest: Digest

    init(_ path: String, _ file: HubFile) {
        (self.path, self.file) = (path, file)
        digest = Self.fresh(file)
    }
    deinit { close() }
    private static func fresh(_ file: HubFile) -> Digest { (file.hash ?? .sha256("")).digest(size: file.size) }

    /// Opens what is there, or makes it, and sums up what it has. Throws `FileError` or `Cancelled`.
    func open(_ monitor: Monitor) throws {
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError.last("write", path) }
        count = Files.size(path) ?? 0
        try digest.add(file: path, count: count, monitor: monitor)
        guard lseek(descriptor, off_t(count), SEEK_SET) >= 0 else { throw FileError.last("write", path) }
    }
    func append(_ piece: UnsafeRawBufferPointer) throws {
        try AtomicFile.write(piece, to: descriptor, path: path)
        digest.add(piece)
        count += piece.count
    }
    /// Empty again.
    func startOver() throws {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) >= 0 else {
            throw FileError.last("write", path)
        }
        (count, digest) = (0, Self.fresh(file))
    }
    /// Empty again, after its first bytes were given back as a file of their own.
    func putAside(_ size: Int, as other: String) throws {
        guard ftruncate(descriptor, off_t(size)) == 0, rename(path, other) == 0 else {
            throw FileError.last("put aside", path)
        }
        close()
        (count, digest) = (0, Self.fresh(file))
        try open(Monitor())
    }
    /// The sum that was to be and the one that is, where they differ.
    var mismatch: (expected: String, found: String)? {
        guard let hash = file.hash, hash.description != digest.text else { return nil }
        return (hash.description, digest.text)
    }
    func flush() throws { guard fsync(descriptor) == 0 else { throw FileError.last("flush", path) } }
    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}

/// A lock on a file, between processes; the one that Hugging Face's programs take.
struct FileLock {
    private let descriptor: Int32

    /// Waits for it; `tell` is called when somebody else has it. Throws `FileError` or `Cancelled`.
    init(_ path: String, _ monitor: Monitor, tell: () -> Void) throws {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError.last("lock", path) }
        var hasTold = false
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            // A file system without locks has nobody to wait for.
            guard errno == EWOULDBLOCK || errno == EINTR else { return }
            if !hasTold { tell() }
            hasTold = true
            do { try monitor.checkpoint() } catch {
                close(descriptor)
                throw error
            }
            usleep(50_000)
        }
    }
    func release() { close(descriptor) }
}
