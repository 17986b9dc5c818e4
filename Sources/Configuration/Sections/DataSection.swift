extension TrainingConfiguration {
    /// Where the preprocessed clips are.
    public struct Data: Sendable, Equatable {
        /// The folder that holds `latents` and `conditions`, or whose `.precomputed` does. Empty until it is set.
        public var preprocessedDataRoot = ""
        /// Threads that read ahead; 0 reads in step with the training.
        public var numDataloaderWorkers = 2
        /// Share of the clips that is not trained on; the loss over them is measured instead.
        public var validationSplit = 0.0
        /// Another preprocessed folder, whose clips the loss is measured over.
        public var validationDataRoot: String?

        /// The defaults.
        public init() {}
    }
}
