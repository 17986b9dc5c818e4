extension TrainingConfiguration {
    /// Weights & Biases. Read and kept, so that a configuration survives a round trip.
    public struct WandB: Sendable, Equatable {
        /// Whether to log there.
        public var enabled = false
        /// The project.
        public var project = "ltxv-trainer"
        /// The user or team.
        public var entity: String?
        /// Tags of the run.
        public var tags: [String] = []
        /// Whether to log the sampled videos.
        public var logValidationVideos = true

        /// The defaults.
        public init() {}
    }
}
