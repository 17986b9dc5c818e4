extension TrainingConfiguration {
    /// Publishing on the Hugging Face Hub.
    public struct Hub: Sendable, Equatable {
        /// Upload the result when the run ends.
        public var pushToHub = false
        /// `user/name`.
        public var hubModelID: String?

        /// The defaults.
        public init() {}
    }
}
