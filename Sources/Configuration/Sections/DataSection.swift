extension TrainingConfiguration {
    /// Where the preprocessed clips are.
    public struct Data: Sendable, Equatable {
        /// The folder that holds `latents` and `conditions`, or whose `.precomputed` does. Empty until it is set.
        public var preprocessedDataRoot = ""
        /// Threads that read ahead; 0 reads in step with the training.
        public var numDataloaderWorkers = 2

        /// The defaults.
        public init() {}
    }
}
