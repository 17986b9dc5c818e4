import Base
import Configuration
import Foundation
import Synchronization

/// One training run: what it is doing, and how to steer it. Safe from any thread.
public final class Run: Sendable {
    /// Where a run is in its life.
    public typealias State = JobState

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
        /// Whether the update was left out because its gradient was not finite; the weights stayed as they were.
        public var isSkipped = false
        /// The loss averaged over some updates before: single ones are noise, as each draws its own noise level.
        public var smoothLoss = Double.nan
        /// Clips that went through the model, by the wall time.
        public var samplesPerSecond = 0.0
        /// Bytes in use on its device when it was looked at; nil when nobody can tell.
        public var memory: Int?
        /// The mean loss of its samples in each fifth of the noise levels that one was in, by the fifth's middle.
        public var levels: [Evaluation.Level] = []
    }
    /// What a run tells besides progress, notes and its end.
    public enum Detail: Sendable {
        /// Places in `history` that are new.
        case steps(Range<Int>)
        /// The path of a saved file.
        case checkpoint(String)
        /// The paths of the videos of one step.
        case samples([String])
        /// A held-out loss.
        case evaluation(Evaluation)
    }

    /// What a run is asked for. It is served between two updates, and while it is paused. (To stop it is the job's own matter:
    /// that is looked at more often.)
    enum Request: Sendable {
        case set(TrainingConfiguration), save, pause, resume
        /// Hands a state to whoever asked.
        case state(@Sendable (HandedOver<TrainingState>) -> Void)
        /// Makes a video with the adapters as they are now.
        case sample(SampleOptions, @Sendable (Result<String, any Error>) -> Void)
    }
    /// What came before, of a run that goes on.
    struct Past: Sendable {
        /// Whole updates.
        var step = 0
        var history: [Step] = []
        var evaluations: [Evaluation] = []
        var checkpoints: [String] = []
    }

    private struct Record: Sendable {
        /// As they were asked for last; the loop has them from its next update on.
        var settings: TrainingConfiguration
        var history: [Step]
        var evaluations: [Evaluation]
        var checkpoints: [String]
        var samples: [String] = []
        /// Seconds of all updates.
        var trained: Double
    }

    /// 1, 2, … in this session.
    public let number: Int
    /// As it was started; `set` does not change it.
    public let configuration: TrainingConfiguration
    /// The one that it runs on; nil in tests without one.
    let trainer: Trainer?
    private let start: Int
    /// Where its files are.
    public let folder: String
    /// Its thread, its events and its end.
    public let job: Job<Detail>
    let requests = RequestQueue<Request>()
    private let record: Mutex<Record>

    /// `number`: one that was reserved.
    init(
        _ number: Int, _ configuration: TrainingConfiguration, folder: String, trainer: Trainer? = nil,
        past: Past = Past()
    ) {
        (self.configuration, self.folder, self.number) = (configuration, folder, number)
        (self.trainer, start) = (trainer, past.step)
        job = Job("run #\(number)") { last, new in
            guard case .steps(let a) = last, case .steps(let b) = new, a.upperBound == b.lowerBound else { return nil }
            return .steps(a.lowerBound..<b.upperBound)
        }
        record = Mutex(
            Record(
                settings: configuration, history: past.history, evaluations: past.evaluations,
                checkpoints: past.checkpoints,
                trained: past.history.reduce(0) { $0 + $1.seconds }))
    }

    // MARK: Facts

    /// `"run #1"`, as in messages and for the lease of the model.
    public var name: String { job.name }
    /// Where it is now; `stop` and `pause` take hold at the next safe point.
    public var state: State { job.state }
    /// Whether it finished, was stopped or failed: nothing more happens.
    public var isOver: Bool { state.isOver }
    /// Updates done.
    public var step: Int { record.withLock { max($0.history.last?.step ?? 0, start) } }
    /// Updates asked for.
    public var steps: Int { record.withLock { $0.settings.optimization.steps } }
    /// What it goes by now: `configuration` with what `set` has changed.
    public var settings: TrainingConfiguration { record.withLock { $0.settings } }
    /// The last loss and rate, nil before the first update.
    public var loss: Double? { record.withLock { $0.history.last { !$0.isSkipped }?.loss } }
    /// The rate of the last update, nil before the first.
    public var learningRate: Double? { record.withLock { $0.history.last?.learningRate } }
    /// One entry an update, in order.
    public var history: [Step] { record.withLock { $0.history } }
    /// A part of the history; what is not there is left out.
    public func history(_ places: Range<Int>) -> [Step] {
        record.withLock { Array($0.history[places.clamped(to: 0..<$0.history.count)]) }
    }
    /// The held-out losses so far, in order; none without `data.validation_split` and the like.
    public var evaluations: [Evaluation] { record.withLock { $0.evaluations } }
    /// Paths of the files saved so far that are still there.
    public var checkpoints: [String] { record.withLock { $0.checkpoints } }
    /// Paths of the videos made so far, those of the first step first.
    public var samples: [String] { record.withLock { $0.samples } }
    /// Seconds that the rest will take at the pace so far; nil before the first update and after the end.
    public var remainingSeconds: Double? {
        guard !isOver else { return nil }
        return record.withLock { record in
            guard let last = record.history.last?.step else { return nil }
            let pace = record.trained / Double(record.history.count)
            return pace * Double(max(0, record.settings.optimization.steps - last))
        }
    }
    /// Why it failed.
    public var failure: (any Error)? { job.failure }

    // MARK: Steering

    /// Asks the run to stop and to save; a micro-batch that is under way is finished first. Returns at once.
    public func stop() {
        job.stop()
        requests.ring()
    }
    /// Whether somebody has.
    public var isAskedToStop: Bool { job.shouldStop }
    /// Stops it as `stop` does, because something that belongs to it failed: it ends as failed, with what it has saved.
    public func stop(because failure: any Error) {
        job.stop(because: failure)
        requests.ring()
    }
    /// Holds the run after its current update. Throws when it is over.
    public func pause() throws { try ask(.pause) }
    /// Lets a paused run go on; nothing happens to one that is not paused. Throws when it is over.
    public func resume() throws { try ask(.resume) }
    /// Asks for a checkpoint after the current update; at once while it is paused. Throws when it is over.
    public func save() throws { try ask(.save) }
    /// Changes what may change while it runs, from the next update on. Throws when it is over or a value is out of range, and then
    /// nothing has changed.
    public func set(_ changes: Changes) throws {
        try requireAlive()
        let changed = try record.withLock { record in
            var settings = record.settings
            try changes.apply(to: &settings)
            let done = max(record.history.last?.step ?? 0, start)
            settings.optimization.steps = max(settings.optimization.steps, done)
            record.settings = settings
            return settings
        }
        requests.post(.set(changed))
    }
    /// Waits until it is over or the seconds have passed; whether it is over.
    public func wait(seconds: Double = .infinity) -> Bool { job.wait(seconds: seconds) }

    func ask(_ request: Request) throws {
        try requireAlive()
        requests.post(request)
    }
    private func requireAlive() throws {
        if isOver { throw TrainerError.notRunning(name, state: state.rawValue) }
    }

    // MARK: For the loop

    /// Adds finished updates to the history.
    func add(_ steps: [Step]) {
        guard let last = steps.last else { return }
        let places = record.withLock { record in
            let start = record.history.count
            record.history += steps
            // It may have been made shorter than it already is.
            record.settings.optimization.steps = max(record.settings.optimization.steps, last.step)
            record.trained += steps.reduce(0) { $0 + $1.seconds }
            return start..<record.history.count
        }
        job.events.post(.detail(.steps(places)))
    }
    /// Takes note of a saved file; `kept` are those that are there now.
    func add(checkpoint file: String, kept: [String]) {
        record.withLock { $0.checkpoints = kept }
        job.events.post(.detail(.checkpoint(file)))
    }
    /// Takes note of the videos of a step.
    func add(samples files: [String]) {
        record.withLock { $0.samples += files }
        job.events.post(.detail(.samples(files)))
    }
    /// Takes note of a held-out loss.
    func add(_ evaluation: Evaluation) {
        record.withLock { $0.evaluations.append(evaluation) }
        job.events.post(.detail(.evaluation(evaluation)))
    }
    func note(_ text: String) { job.monitor.note(text) }
}
