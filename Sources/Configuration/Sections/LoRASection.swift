extension TrainingConfiguration {
    /// The low-rank adapters.
    public struct LoRA: Sendable, Equatable {
        /// Inner size of the adapters.
        public var rank = 64
        /// The adapters are scaled by alpha / rank.
        public var alpha = 64
        /// Ranks, and alphas, of layers that have their own, by endings of module names.
        public var rankPattern: [String: Double] = [:], alphaPattern: [String: Double] = [:]
        /// Whether rows of the adapted matrices have a trained length of their own (DoRA).
        public var useDora = false
        /// Share of adapter inputs that are dropped while training.
        public var dropout = 0.0
        /// Endings of module names: `to_k` matches `transformer_blocks.0.attn1.to_k`.
        public var targetModules = ["to_k", "to_q", "to_v", "to_out.0"]

        /// The defaults.
        public init() {}
    }
}
