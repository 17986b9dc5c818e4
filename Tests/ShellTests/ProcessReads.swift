import Base
import Glibc

/// How much a process has read: what tells that a file was not read whole, on any machine.
enum ProcessReads {
    /// The bytes of all its `read` calls so far.
    static func bytes(of process: pid_t) -> Int? {
        let line = (try? Files.text("/proc/\(process)/io"))?.split(separator: "\n").first { $0.hasPrefix("rchar: ") }
        return line.flatMap { Int($0.dropFirst(7)) }
    }
}
