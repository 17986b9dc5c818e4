extension TrainingConfiguration {
    /// Number formats and memory savings.
    public struct Acceleration: Sendable, Equatable {
        /// `nil` is the same as `.no`.
        public var mixedPrecisionMode: MixedPrecision? = .bf16
        /// `nil` is the same as `.noChange`.
        public var quantization: Quantization?
        /// Hold the text encoder in 8 bits.
        public var loadTextEncoderIn8bit = false
        /// Blocks whose frozen weights lie in host memory and come to the device when their turn comes.
        public var blocksToOffload: OffloadedBlocks = 0
        /// Inputs of recomputed blocks wait in host memory for the way back.
        public var offloadActivations = false
        /// Ranks keep parts of what each would have whole.
        public var shardAcrossRanks = false
        /// What ranks sum their gradients in.
        public var communicationDtype = CommunicationDType.fp32
        /// Read and kept for the reference's sake: there is no Inductor here, so it changes nothing.
        public var compileWithInductor = true
        /// Read and kept for the reference's sake, as `compileWithInductor`.
        public var compilationMode = CompilationMode.reduceOverhead

        /// The defaults.
        public init() {}
    }
}
