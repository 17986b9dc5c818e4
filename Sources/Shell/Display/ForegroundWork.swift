import Base

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

    /// What Ctrl-C does while a job is waited for.
    enum Interrupt { case stops, leaves }

    /// Waits in front of the user for a job that runs on a thread of its own: shows its progress and runs its hooks here. Returns how
    /// it ended; `nil` when the seconds were over first, or Ctrl-C left it alone.
    static func wait(
        for job: any PromptJob, progress: Bool = true, seconds: Double = .infinity, interrupt: Interrupt = .stops
    ) -> PromptJobOutcome? {
        let display = ProgressDisplay(terminal, isShown: progress)
        defer { display.finish() }
        let end = Clock.seconds() + seconds
        var outcome: PromptJobOutcome?
        var answered = 0
        while true {
            // Before the events are taken: a hook that is called now would be ended by the same Ctrl-C.
            if interrupt == .leaves, Signals.stopRequested { return nil }
            // Asked before the events are taken, so that the last ones are not missed.
            let isOver = !job.isRunning
            for event in job.takeEvents() {
                switch event {
                case .progress(let progress): display.receive(.progress(progress))
                case .note(let text): display.receive(.note(text))
                case .call(let body): display.aside(body)
                case .ended(let how): outcome = how
                }
            }
            if isOver || outcome != nil || Clock.seconds() >= end { return outcome }
            // Each Ctrl-C once: the second one means that the work shall not wait for anything either.
            while answered < Signals.stopRequests {
                answered += 1
                job.requestStop()
            }
            Signals.sleep(milliseconds: Int(min(100, max(1, (end - Clock.seconds()) * 1000))))
        }
    }
}
