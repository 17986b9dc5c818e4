extension TrainingConfiguration {
    /// How noise levels are drawn.
    public struct FlowMatching: Sendable, Equatable {
        /// The distribution.
        public var timestepSamplingMode = TimestepSamplingMode.shiftedLogitNormal
        /// `std`, or `min_value` and `max_value`.
        public var timestepSamplingParams: [String: Double] = [:]

        /// The defaults.
        public init() {}
    }
}
