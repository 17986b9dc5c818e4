import Base
import Glibc

/// The right to edit one dataset: an exclusive `flock` on a file that says who has it.
///
/// The system drops the lock when the process dies, however it dies; the file that it leaves is taken over by the
/// next holder and removed by an orderly one.
final class DatasetLock: Sendable {
    private let descriptor: Int32
    private let path: String

    private init(descriptor: Int32, path: String) { (self.descriptor, self.path) = (descriptor, path) }

    /// What came of asking for the lock.
    enum Outcome: Sendable {
        case taken(DatasetLock)
        /// Another process has it: its own words, such as `"ltxsh 4711 on atlas since 14:02:11"`.
        case held(String)
        /// The file system does not allow a lock file here.
        case refused(String)
    }

    static func take(_ path: String) -> Outcome {
        // Twice: the file may be removed by its holder between our open and our flock.
        for _ in 0..<16 {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
            guard descriptor >= 0 else { return .refused(String(cString: strerror(errno))) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                defer { close(descriptor) }
                guard errno == EWOULDBLOCK else { return .refused(String(cString: strerror(errno))) }
                return .held(holder(descriptor))
            }
            var ours = stat(), there = stat()
            guard fstat(descriptor, &ours) == 0, stat(path, &there) == 0, ours.st_ino == there.st_ino else {
                close(descriptor)
                continue
            }
            let text = Array(description().utf8)
            // Who holds it is a courtesy: a full disk must not keep anyone from editing.
            if ftruncate(descriptor, 0) == 0 {
                _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
            }
            return .taken(DatasetLock(descriptor: descriptor, path: path))
        }
        return .held("another program")
    }

    deinit {
        // The folder may be another one by now, with a lock of its own.
        var ours = stat(), there = stat()
        if fstat(descriptor, &ours) == 0, stat(path, &there) == 0,
            (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino)
        {
            unlink(path)
        }
        close(descriptor)
    }

    private static func holder(_ descriptor: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 400)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        let text = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
        let safe = text.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }
        return safe.isEmpty ? "another program" : String(String.UnicodeScalarView(safe))
    }
    private static func description() -> String {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let name = String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return "ltxsh \(getpid()) on \(name) since \(Timestamp.readable())"
    }
}
