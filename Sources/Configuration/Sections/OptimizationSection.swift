extension TrainingConfiguration {
    /// Optimizer, schedule and length of the run.
    public struct Optimization: Sendable, Equatable {
        /// Step size at the start.
        public var learningRate = 5e-4
        /// Optimizer updates.
        public var steps = 3000
        /// Clips in a micro-batch.
        public var batchSize = 2
        /// Micro-batches in an update.
        public var gradientAccumulationSteps = 1
        /// L2 norm that gradients are clipped to; 0 and below do not clip.
        public var maxGradNorm = 1.0
        /// The optimizer.
        public var optimizerType = OptimizerType.adamw
        /// Arguments of the optimizer by name.
        public var optimizerParams: [String: Double] = [:]
        /// Whether parameters of less than fp32 are trained as fp32 copies: at usual rates most of an update is lost in the
        /// rounding of bf16. The reference trains them as they are.
        public var masterWeights = true
        /// The rate of the adapters' B as a multiple of the rate; 1 is the same for all.
        public var loraPlusRatio = 1.0
        /// Decay of a moving average of the adapter that is saved beside it; nil keeps none.
        public var emaDecay: Double?
        /// How the learning rate changes over the run.
        public var schedulerType = SchedulerType.linear
        /// Arguments of the schedule by name.
        public var schedulerParams: [String: Double] = [:]
        /// Updates over which the rate rises to where the schedule starts; below 1 a share of the run.
        public var warmupSteps = 0.0
        /// Recompute blocks in the backward pass to save memory.
        public var enableGradientCheckpointing = GradientCheckpointing.off

        /// The defaults.
        public init() {}
    }
}
