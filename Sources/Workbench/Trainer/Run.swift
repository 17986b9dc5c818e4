import Configuration
import Foundation
import Base
import Synchronization
import Torch

/// One training run: what it is doing, and how to steer it. Safe from any thread.
public final class Run: Sendable {
    /// Where a run is in its life.
    public enum State: String, Sendable { case queued, running, paused, finished, stopped, failed }

    /// One optimizer update.
    public struct Step: Sendable, Equatable {
        /// 1, 2, … in its run.
        public let step: Int
        /// The mean loss of the update's micro-batches.
        public let loss: Double
        /// The rate of this update.
        public let learningRate: Double
        /// L2 norm over all adapter gradients before clipping.
        public let gradientNorm: Double
        /// Wall time of the update.
        public let seconds: Double
    }
    /// What a run tells, in order.
    public enum Event: Sendable {
        case progress(Base.Progress)
        case note(String)
        case steps([Step])
        case checkpoint(String)
        case ended(State)
    }

    struct Status: Sendable {
        var state = State.queued
        var steps: Int
        var history: [Step] = []
        var checkpoints: [String] = []
        var failure: (any Error)?
        var learningRate: Double
        var checkpointInterval: Int?
        var saveRequested = false
        var trained = 0.0
    }

    /// 1, 2, … in this session.
    public let number: Int
    /// As it was started; `set` does not change it.
    public let configuration: TrainingConfiguration
    /// Where its files are.
    public let folder: String
    /// What happens, for the thread that shows it; each event is taken once.
    public let events = EventQueue<Event>()
    let status: Mutex<Status>
    private let stopRequested = Atomic(false)
    private let unpaused = Gate(open: true), ended = Gate()
    private static let count = Mutex(0)
    private static let list = Mutex<[Run]>([])

    /// `number`: one that was reserved.
    init(_ number: Int, _ configuration: TrainingConfiguration, folder: String) {
        self.configuration = configuration
        self.folder = folder
        self.number = number
        status = Mutex(
            Status(
                steps: configuration.optimization.steps, learningRate: configuration.optimization.learningRate,
                checkpointInterval: configuration.checkpoints.interval))
        Self.list.withLock { $0.append(self) }
    }

    /// The next number, for a run that may still be refused.
    static func reserve() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
    static func giveBack(_ number: Int) { count.withLock { if $0 == number { $0 -= 1 } } }

    /// The runs of this session, in order.
    public static var all: [Run] { list.withLock { $0 } }

    // MARK: Facts

    /// `"run #1"`, as in messages and for the lease of the model.
    public var name: String { Self.name(number) }
    static func name(_ number: Int) -> String { "run #\(number)" }
    /// Where it is now; `stop` and `pause` take hold after the current update.
    public var state: State { status.withLock { $0.state } }
    /// Whether it finished, was stopped or failed: nothing more happens.
    public var isOver: Bool { [.finished, .stopped, .failed].contains(state) }
    /// Updates done.
    public var step: Int { status.withLock { $0.history.last?.step ?? 0 } }
    /// Updates asked for.
    public var steps: Int { status.withLock { $0.steps } }
    /// The last loss and rate, nil before the first update.
    public var loss: Double? { status.withLock { $0.history.last?.loss } }
    /// The rate of the last update, nil before the first.
    public var learningRate: Double? { status.withLock { $0.history.last?.learningRate } }
    /// One entry an update, in order.
    public var history: [Step] { status.withLock { $0.history } }
    /// Paths of the files saved so far that are still there.
    public var checkpoints: [String] { status.withLock { $0.checkpoints } }
    /// Seconds that the rest will take at the pace so far; nil before the first update and after the end.
    public var remainingSeconds: Double? {
        status.withLock { status in
            guard status.state == .running || status.state == .paused, let last = status.history.last?.step else {
                return nil
            }
            return status.trained / Double(last) * Double(status.steps - last)
        }
    }
    /// Why it failed.
    public var failure: (any Error)? { status.withLock { $0.failure } }

    // MARK: Steering

    /// Asks the run to stop after its current update and save. Returns at once.
    public func stop() {
        stopRequested.store(true, ordering: .relaxed)
        unpaused.open()
    }
    /// Stops it as `stop` does, because something that belongs to it failed: it ends as failed, with what it has saved.
    public func stop(because failure: any Error) {
        status.withLock { if $0.failure == nil { $0.failure = failure } }
        stop()
    }
    /// Holds the run after its current update. Throws when it is over.
    public func pause() throws {
        try requireAlive()
        unpaused.close()
    }
    /// Lets a paused run go on; nothing happens to one that is not paused. Throws when it is over.
    public func resume() throws {
        try requireAlive()
        unpaused.open()
    }
    /// Changes what may change while it runs. Throws when it is over or a value is out of range.
    public func set(learningRate: Double? = nil, steps: Int? = nil, checkpointInterval: Int? = nil) throws {
        try requireAlive()
        var check = configuration
        if let learningRate { check.optimization.learningRate = learningRate }
        if let steps { check.optimization.steps = steps }
        if let checkpointInterval { check.checkpoints.interval = checkpointInterval }
        try check.check()
        status.withLock { status in
            if let learningRate { status.learningRate = learningRate }
            if let steps { status.steps = max(steps, status.history.last?.step ?? 0) }
            if let checkpointInterval { status.checkpointInterval = checkpointInterval }
        }
    }
    /// Asks for a checkpoint after the current update.
    public func save() throws {
        try requireAlive()
        status.withLock { $0.saveRequested = true }
    }
    /// Waits until it is over or the seconds have passed; whether it is over.
    public func wait(seconds: Double = .infinity) -> Bool { ended.wait(seconds: seconds) }

    private func requireAlive() throws {
        if isOver { throw TrainerError.notRunning(name, state: state.rawValue) }
    }

    // MARK: For the loop

    var shouldStop: Bool { stopRequested.load(ordering: .relaxed) }

    /// Waits here while the run is paused.
    func passPause() {
        guard !unpaused.wait(seconds: 0) else { return }
        status.withLock { $0.state = .paused }
        events.post(.note("paused after step \(step); run:resume() goes on"))
        events.post(.progress(Progress("paused", step, of: steps, "steps")))
        _ = unpaused.wait()
        status.withLock { $0.state = .running }
    }
    func begin() {
        status.withLock { $0.state = .running }
    }
    func end(_ state: State, _ failure: (any Error)? = nil) {
        let last = status.withLock { status in
            status.failure = failure ?? status.failure
            status.state = status.failure == nil ? state : .failed
            return status.state
        }
        events.post(.ended(last))
        ended.open()
    }
}
