import Base
import LuaKit

/// Runs long work in front of the user: a progress line, and Ctrl-C stops it at its next safe point.
struct Foreground {
    let showsProgress: Bool

    /// Runs the work with its monitor.
    func callAsFunction<Result>(_ body: @escaping (Monitor) throws -> Result) throws -> Result {
        try ForegroundWork.run(progress: showsProgress, body)
    }
    /// The same on the thread that runs Lua, for work that calls a function of the script.
    func here<Result>(_ body: (Monitor) throws -> Result) rethrows -> Result {
        try ForegroundWork.here(progress: showsProgress, body)
    }
}

extension Arg where Value == Foreground {
    /// The option `progress`, and the way to run long work.
    static var foreground: Self {
        .provided("progress", .bool, "show a progress line", default: true) { shows, _ in
            Foreground(showsProgress: shows)
        }
    }
}
