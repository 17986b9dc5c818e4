import Base
import Synchronization

/// The one way in which a call that takes long runs in front of the user: with a progress line, and stopped by Ctrl-C at its
/// next safe point with everything done so far kept.
package enum ForegroundWork {
    /// What progress lines look like; set once at the start.
    nonisolated(unsafe) static var terminal = Terminal()

    /// Runs `body` with a monitor that shows its progress, on this thread.
    ///
    /// - Parameter progress: the `progress` option of the call; notes are shown in any case.
    package static func here<Result>(progress: Bool = true, _ body: (Monitor) throws -> Result) rethrows -> Result {
        let display = ProgressDisplay(terminal, isShown: progress)
        defer { display.finish() }
        return try body(Monitor(poll: { Signals.stopRequested }, receive: { display.receive($0) }))
    }

    /// The same on a thread of its own, so that it can be given up: three Ctrl-C within a second abandon work that comes to no safe
    /// point, and the session goes on. What was abandoned ends there when it does. Throws `AbandonedWork` then.
    package static func run<Result>(
        progress: Bool = true, _ body: @escaping (Monitor) throws -> Result
    ) throws -> Result {
        let display = ProgressDisplay(terminal, isShown: progress), work = Work(body)
        defer { display.finish() }
        let monitor = Monitor(
            poll: { work.isAbandoned || Signals.stopRequested }, receive: { display.receive($0) })
        WorkerThread("work") {
            going.add(1, ordering: .relaxed)
            work.run(monitor)
            going.subtract(1, ordering: .relaxed)
            Signals.wake()
        }.detach()
        var presses: [Double] = [], answered = Signals.stopRequests
        while !work.isOver {
            while answered < Signals.stopRequests {
                answered += 1
                presses.append(Clock.seconds())
            }
            if presses.count >= 3, presses[presses.count - 1] - presses[presses.count - 3] <= 1 {
                let error = AbandonedWork(activity: Signals.currentActivity)
                work.abandon()
                // Here as well: in Lua the interrupt itself comes before the error of what was interrupted.
                display.receive(.note("\(error)"))
                throw error
            }
            Signals.sleep(milliseconds: 100)
        }
        return try work.result()
    }

    /// Whether work goes on that nobody waits for any more.
    static var hasAbandoned: Bool { going.load(ordering: .relaxed) > 0 }
    private static let going = Atomic(0)

    /// Work between the thread that does it and the one that waits for it.
    // Unchecked: the body runs once, on one thread; its outcome is read when the flag, set behind it, says that it is there.
    private final class Work<Result>: @unchecked Sendable {
        private let body: (Monitor) throws -> Result
        private var outcome: Swift.Result<Result, any Error>?
        private let over = Atomic(false), abandoned = Atomic(false)

        init(_ body: @escaping (Monitor) throws -> Result) { self.body = body }
        func run(_ monitor: Monitor) {
            outcome = Swift.Result { try body(monitor) }
            over.store(true, ordering: .releasing)
        }
        var isOver: Bool { over.load(ordering: .acquiring) }
        func result() throws -> Result {
            guard let outcome else { throw Cancelled() }
            return try outcome.get()
        }
        var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }
        func abandon() { abandoned.store(true, ordering: .relaxed) }
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
        var answered = 0, presses: [Double] = []
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
                presses.append(Clock.seconds())
                job.requestStop()
            }
            // Given up: it goes on behind the prompt until it comes to its safe point.
            if presses.count >= 3, presses[presses.count - 1] - presses[presses.count - 3] <= 1 {
                display.receive(.note("given up waiting: \(job.title) stops behind the prompt"))
                JobBoard.shared.add(job)
                return nil
            }
            Signals.sleep(milliseconds: Int(min(100, max(1, (end - Clock.seconds()) * 1000))))
        }
    }
}

/// Work that came to no safe point while Ctrl-C was pressed again and again.
struct AbandonedWork: UserError {
    let activity: String?
    var kind: String { "interrupted" }
    var description: String {
        "given up" + (activity.map { ": \($0) ends by itself, at its next safe point" } ?? "; it ends by itself")
    }
}
