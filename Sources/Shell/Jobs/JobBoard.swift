import Base
import Synchronization
import Workbench

/// The background jobs of the session, as the prompt shows them. A job that has something to tell calls `Signals.wake()`.
package final class JobBoard: Sendable {
    /// The one of this session.
    package static let shared = JobBoard()
    private let jobs = Mutex<[any PromptJob]>([])
    private let failures = Atomic(0)

    init() { SessionWakeup.set { Signals.wake() } }

    /// Shows the job from now on.
    package func add(_ job: any PromptJob) {
        jobs.withLock { $0.append(job) }
        Signals.wake()
    }
    /// The jobs that have not ended.
    var running: [any PromptJob] { all.filter(\.isRunning) }
    /// Jobs that run or whose last events have not been shown.
    var all: [any PromptJob] { jobs.withLock { $0 } }

    /// Forgets a job whose end has been shown.
    func remove(_ job: any PromptJob) {
        if job.hasFailed { failures.wrappingAdd(1, ordering: .relaxed) }
        jobs.withLock { $0.removeAll { $0 === job } }
    }
    /// Work in front of the user was done in part: a script that did it has not succeeded.
    func countFailure() { failures.wrappingAdd(1, ordering: .relaxed) }
    /// Whether a job that is forgotten has failed.
    var hasFailures: Bool { failures.load(ordering: .relaxed) > 0 }
}
