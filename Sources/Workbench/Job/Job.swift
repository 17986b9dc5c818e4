import Base
import Synchronization

/// Where a job is in its life.
public enum JobState: String, Sendable {
    case queued, running, paused, finished, stopped, failed

    /// Nothing more happens.
    public var isOver: Bool { [.finished, .stopped, .failed].contains(self) }
}

/// What a job tells, in order. `Detail` is what only its kind has.
public enum JobEvent<Detail: Sendable>: Sendable {
    case progress(Progress)
    /// A sentence for the user that the work goes on after.
    case note(String)
    case detail(Detail)
    /// The last one.
    case ended(JobState)
}

/// Work on a thread of its own: what it is doing, what it tells, how it is stopped and waited for. Safe from any thread.
///
/// A kind of work (a training run, preprocessing, captioning, a download) has a job and adds its own facts and requests.
public final class Job<Detail: Sendable>: Sendable {
    /// How messages and leases call it: `"run #1"`.
    public let name: String
    /// What happens, for the thread that shows it.
    public let events: EventQueue<JobEvent<Detail>>
    /// For the work: reports become events, and `stop` asks it to end.
    public let monitor: Monitor

    private struct Status {
        var state = JobState.queued
        var failure: (any Error)?
    }
    private let status = Mutex(Status())
    private let stops: StopCount
    private let ended = Gate()

    /// Asked by the work more often than a lock would be welcome.
    private final class StopCount: Sendable { let value = Atomic(0) }

    /// - Parameter merge: how a detail takes the place of the last one that waits to be looked at; nil when it cannot.
    init(_ name: String, merge: @escaping @Sendable (_ last: Detail, _ new: Detail) -> Detail? = { _, _ in nil }) {
        let events = EventQueue<JobEvent<Detail>> { waiting, event in
            switch event {
            case .progress:
                // Only the newest is of use, and it comes after everything that was told before.
                waiting.removeAll { if case .progress = $0 { true } else { false } }
                return false
            case .detail(let new):
                guard let place = waiting.lastIndex(where: { if case .progress = $0 { false } else { true } }),
                    case .detail(let last) = waiting[place], let both = merge(last, new)
                else { return false }
                waiting[place] = .detail(both)
                return true
            case .note, .ended: return false
            }
        }
        let stops = StopCount()
        (self.name, self.events, self.stops) = (name, events, stops)
        monitor = Monitor(poll: { stops.value.load(ordering: .relaxed) > 0 }) { event in
            switch event {
            case .progress(let progress): events.post(.progress(progress))
            case .note(let text): events.post(.note(text))
            }
        }
    }

    // MARK: For whoever asked for the work

    /// Where it is now.
    public var state: JobState { status.withLock { $0.state } }
    /// Why it failed.
    public var failure: (any Error)? { status.withLock { $0.failure } }
    /// Waits until it is over or the seconds have passed; whether it is over.
    public func wait(seconds: Double = .infinity) -> Bool { ended.wait(seconds: seconds) }
    /// Asks it to end at its next safe point with everything done so far kept. Returns at once. A second call makes it give up
    /// what it may be waiting for, such as room on a full disk.
    public func stop() { stops.value.wrappingAdd(1, ordering: .relaxed) }
    /// Stops it because something that belongs to it failed: it ends as failed.
    func stop(because failure: any Error) {
        status.withLock { if $0.failure == nil { $0.failure = failure } }
        stop()
    }

    // MARK: For the work

    var shouldStop: Bool { stops.value.load(ordering: .relaxed) > 0 }
    /// It was asked more than once.
    var shouldGiveUp: Bool { stops.value.load(ordering: .relaxed) > 1 }

    /// Runs `body` on a thread of its own and ends with what it returns, or as failed with what it throws.
    func start(_ body: @escaping @Sendable () throws -> JobState) { start(after: {}) { try body() } }
    /// The same once `turn` has come back with what the work needs: until then the job is queued.
    func start<Turn>(
        after turn: @escaping @Sendable () throws -> Turn, _ body: @escaping @Sendable (Turn) throws -> JobState
    ) {
        WorkerThread(name) { [self] in
            do {
                let turn = try turn()
                enter(.running)
                end(try body(turn))
            } catch is Cancelled { end(.stopped) } catch { end(.failed, error) }
        }.detach()
    }
    /// Running or paused.
    func enter(_ state: JobState) { status.withLock { $0.state = state } }

    private func end(_ state: JobState, _ failure: (any Error)? = nil) {
        status.withLock { status in
            status.failure = status.failure ?? failure
            status.state = status.failure == nil ? state : .failed
            // At once: whoever sees that it is over finds its end among the events.
            events.post(.ended(status.state))
        }
        ended.open()
    }
}
