import Base

/// What the prompt needs of work in the background. `Workbench` jobs are shown through it.
package protocol PromptJob: AnyObject, Sendable {
    /// How the user knows it: `"run #1"`.
    var title: String { get }
    /// False once it has ended in whatever way.
    var isRunning: Bool { get }
    /// Whether it ended as failed.
    var hasFailed: Bool { get }
    /// What happened since the last call, in order. Main thread.
    func takeEvents() -> [PromptJobEvent]
    /// Asks it to stop at its next safe point and to save. Returns at once. Asked again, it gives up what it waits for.
    func requestStop()
}

extension PromptJob {
    /// A job that cannot fail.
    package var hasFailed: Bool { false }

    /// Waits in front of the user for what goes on behind the prompt. Ctrl-C ends the waiting alone. True when it is over.
    func watch(seconds: Double, showsProgress: Bool) -> Bool {
        let outcome = ForegroundWork.wait(for: self, progress: showsProgress, seconds: seconds, interrupt: .leaves)
        // Nobody else will say it: whoever waits has taken the event.
        if case .failed(let text) = outcome { ForegroundWork.here { $0.note("\(title) failed: \(text)") } }
        return !isRunning
    }
}

/// What a job tells the prompt.
package enum PromptJobEvent {
    case progress(Progress)
    /// A sentence for the user.
    case note(String)
    /// Runs on the main thread in its turn: a Lua hook. It may print.
    case call(() -> Void)
    case ended(PromptJobOutcome)
}

/// How a job ended, with one sentence each.
package enum PromptJobOutcome {
    case finished(String), stopped(String), failed(String)
}
