extension TrainingConfiguration {
    /// Weights & Biases. Read and kept, so that a configuration survives a round trip.
    public struct WandB: Sendable, Equatable {
        public var enabled = false
        public var project = "ltxv-trainer"
        public var entity: String?
        public var tags: [String] = []
        public var logValidationVideos = true
    }
}
