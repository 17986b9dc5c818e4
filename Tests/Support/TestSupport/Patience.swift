import Glibc

/// How long tests wait for what has to come. It keeps a deadlock from holding the suite for ever and says nothing about
/// speed: no test passes or fails by how fast the machine is. How long things take is measured by scripts/bench.
///
/// A program that is to be interrupted or ended runs for longer than this (`sleep 600`), so that it cannot end by itself and
/// pass. One that is to be left alone ends with its pipe (`tail -f /dev/null`): it would hold the suite's output open.
public enum Patience {
    /// In seconds.
    public static let limit = 300.0
    /// The same for `poll`.
    public static let milliseconds = Int32(limit * 1000)
    /// Looks until something holds; false when it has not come.
    public static func until(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<Int(limit * 1000) {
            if try condition() { return true }
            usleep(1000)
        }
        return false
    }
}
