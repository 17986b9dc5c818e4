import Configuration
import Synchronization

extension Run {
    /// What may change while a run goes on, or when it is taken up again; nil leaves a value as it is.
    public struct Changes: Sendable {
        /// The rate that the schedule scales.
        public var learningRate: Double?
        /// Updates in all. The schedule is then the one of a run of this length.
        public var steps: Int?
        /// The share of each parameter that an update takes off, times the rate.
        public var weightDecay: Double?
        /// The norm that gradients are clipped to; 0 does not clip.
        public var maxGradNorm: Double?
        /// Share of adapter inputs that are dropped.
        public var dropout: Double?
        /// Batches in an update.
        public var accumulation: Int?
        /// Updates between checkpoints; 0 saves at the end alone.
        public var checkpointInterval: Int?
        /// Minutes between checkpoints; 0 does not look at the clock.
        public var checkpointMinutes: Double?
        /// Checkpoints that stay on the disk; 0 keeps all.
        public var keepLastN: Int?
        /// Updates between videos; 0 makes none.
        public var validationInterval: Int?
        /// What the videos show; with other numbers of first frames or references it is refused.
        public var prompts: [String]?
        /// What they should not look like, their denoising steps and their guidance.
        public var negativePrompt: String?, inferenceSteps: Int?, guidanceScale: Double?

        /// None.
        public init() {}
        /// Of the rate and the length.
        public init(learningRate: Double? = nil, steps: Int? = nil, checkpointInterval: Int? = nil) {
            (self.learningRate, self.steps, self.checkpointInterval) = (learningRate, steps, checkpointInterval)
        }

        /// Throws `ConfigurationError` for a value out of its range; nothing has changed then.
        func apply(to configuration: inout TrainingConfiguration) throws {
            var changed = configuration
            if let learningRate { changed.optimization.learningRate = learningRate }
            if let steps { changed.optimization.steps = steps }
            if let weightDecay { changed.optimization.optimizerParams["weight_decay"] = weightDecay }
            if let maxGradNorm { changed.optimization.maxGradNorm = maxGradNorm }
            if let dropout { changed.lora?.dropout = dropout }
            if let accumulation { changed.optimization.gradientAccumulationSteps = accumulation }
            if let checkpointInterval {
                changed.checkpoints.interval = checkpointInterval == 0 ? nil : checkpointInterval
            }
            if let checkpointMinutes {
                changed.checkpoints.intervalMinutes = checkpointMinutes == 0 ? nil : checkpointMinutes
            }
            if let keepLastN { changed.checkpoints.keepLastN = keepLastN }
            if let validationInterval {
                changed.validation.interval = validationInterval == 0 ? nil : validationInterval
            }
            if let prompts { changed.validation.prompts = prompts }
            if let negativePrompt { changed.validation.negativePrompt = negativePrompt }
            if let inferenceSteps { changed.validation.inferenceSteps = inferenceSteps }
            if let guidanceScale { changed.validation.guidanceScale = guidanceScale }
            try changed.check()
            configuration = changed
        }
    }

    /// A new run that goes on from where this one is now: see `Trainer.fork`.
    public func fork(_ changes: Changes, into output: String? = nil) throws -> Run {
        guard let trainer else { throw TrainerError.notRunning(name, state: "no trainer") }
        return try trainer.fork(self, changes, into: output)
    }

    /// Everything to go on from here, as a run that is under way gives it after its current update, or as one that is over has left
    /// it. Throws `TrainingStateError` when there is none.
    func currentState() throws -> TrainingState {
        let answer = Answer<HandedOver<TrainingState>>()
        if !isOver { requests.post(.state { answer.give($0) }) }
        // It may end before it serves: what it has left is then what was asked for.
        while !isOver { if let state = answer.wait(seconds: 0.05) { return state.value } }
        return try RunFolder(folder).newestState().state
    }
}

/// What the run's thread has made for the one that asked.
final class Answer<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let gate = Gate()

    func give(_ given: Value) {
        value.withLock { $0 = given }
        gate.open()
    }
    /// Nil when the seconds have passed.
    func wait(seconds: Double) -> Value? { gate.wait(seconds: seconds) ? value.withLock { $0 } : nil }
}
