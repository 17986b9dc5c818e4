extension TrainingConfiguration {
    /// Publishing on the Hugging Face Hub.
    public struct Hub: Sendable, Equatable {
        public var pushToHub = false
        /// `user/name`.
        public var hubModelID: String?
    }
}
