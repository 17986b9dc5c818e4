extension Run {
    /// The loss over the clips that are held out, as the model was after an update.
    public struct Evaluation: Sendable, Equatable {
        /// Updates that were done; 0 before the first.
        public let step: Int
        /// The mean over all clips and noise levels.
        public let loss: Double
        /// The same at each noise level, from the lowest on: σ in 0 … 1, and the mean loss over all clips.
        public let levels: [Level]
        /// Wall time that it took.
        public let seconds: Double

        /// One noise level.
        public struct Level: Sendable, Equatable {
            /// σ in 0 … 1.
            public let sigma: Double
            /// The mean over all clips.
            public let loss: Double
        }
    }
}
