import Base
import Glibc
import Synchronization

/// Diagnostics for whoever looks after a run: one line each, with the time, keys taken out. Safe from any thread.
final class Log: Sendable {
    /// How much is logged; each level holds those before it.
    enum Level: String, CaseIterable, Comparable, Sendable {
        case error, warning, info, debug
        static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }
        private var rank: Int { Level.allCases.firstIndex(of: self) ?? 0 }
    }
    /// The one of this process.
    static let shared = Log()
    private struct Target {
        var level = Level.warning
        var descriptor: Int32 = STDERR_FILENO
        var isOn = false
    }
    private let target = Mutex(Target())

    /// Turns it on; without a file it goes to standard error. Throws `FileError`.
    func configure(_ level: Level, file: String?) throws {
        var descriptor: Int32 = STDERR_FILENO
        if let file {
            descriptor = open(Path.expandingTilde(file), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw FileError.last("open", file) }
        }
        let opened = descriptor
        target.withLock { $0 = Target(level: level, descriptor: opened, isOn: true) }
    }
    /// Logs one line.
    func write(_ level: Level, _ text: @autoclosure () -> String) {
        let current = target.withLock { $0 }
        guard current.isOn, level <= current.level else { return }
        let line = "\(Timestamp.universal()) \(level.rawValue): \(SafeText.line(Secrets.redacted(text())))\n"
        Array(line.utf8).withUnsafeBytes { _ = Glibc.write(current.descriptor, $0.baseAddress, $0.count) }
    }
}
