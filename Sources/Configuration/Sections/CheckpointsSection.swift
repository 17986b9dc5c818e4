extension TrainingConfiguration {
    /// When the weights are saved.
    public struct Checkpoints: Sendable, Equatable {
        /// Updates between checkpoints; `nil` saves only at the end.
        public var interval: Int?
        /// Checkpoints of this run that stay on the disk; -1 and 0 keep all.
        public var keepLastN = 1

        /// The defaults.
        public init() {}
    }
}
