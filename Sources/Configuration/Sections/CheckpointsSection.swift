extension TrainingConfiguration {
    /// When the weights are saved.
    public struct Checkpoints: Sendable, Equatable {
        /// Updates between checkpoints; `nil` saves only at the end.
        public var interval: Int?
        /// Minutes between checkpoints, beside or instead of `interval`.
        public var intervalMinutes: Double?
        /// Checkpoints of this run that stay on the disk; -1 and 0 keep all.
        public var keepLastN = 1
        /// Training states that stay on the disk: one to go on from, and one in case that one is damaged; 0 writes none.
        public var keepStates = 2

        /// The defaults.
        public init() {}
    }
}
