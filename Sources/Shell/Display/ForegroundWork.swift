import Foundations

/// The one way in which a call that takes long runs in front of the user: with a progress line, and stopped by Ctrl-C at its
/// next safe point with everything done so far kept.
package enum ForegroundWork {
    /// What progress lines look like; set once at the start.
    nonisolated(unsafe) static var terminal = Terminal()

    /// Runs `body` with a monitor that shows its progress.
    ///
    /// - Parameter progress: the `progress` option of the call; notes are shown in any case.
    package static func run<Result>(progress: Bool = true, _ body: (Monitor) throws -> Result) rethrows -> Result {
        let display = ProgressDisplay(terminal, isShown: progress)
        defer { display.finish() }
        return try body(Monitor(poll: { Signals.stopRequested }, receive: { display.receive($0) }))
    }
}
