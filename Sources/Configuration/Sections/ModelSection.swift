extension TrainingConfiguration {
    /// Which model is trained, and how much of it.
    public struct Model: Sendable, Equatable {
        /// A version name (`ModelVersion`), a local folder, a `.safetensors` file or URL, or a hub repository.
        public var modelSource = "LTXV_13B_097_DEV"
        /// LoRA adapters, or every weight.
        public var trainingMode = TrainingMode.lora
        /// A checkpoint file, or a folder whose last checkpoint is taken.
        public var loadCheckpoint: String?

        /// The defaults.
        public init() {}
    }
}
