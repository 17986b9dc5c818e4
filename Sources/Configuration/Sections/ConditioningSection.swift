extension TrainingConfiguration {
    /// What the model is given besides the text.
    public struct Conditioning: Sendable, Equatable {
        /// Clips alone, or pairs with a reference video.
        public var mode = ConditioningMode.none
        /// Probability, drawn once a batch, that the first latent frame is given clean.
        public var firstFrameConditioningP = 0.1
        /// Draws that for each clip of a batch, not once for all of them as the reference does.
        public var firstFrameConditioningPerSample = false
        /// Probability, drawn for each clip, that it is trained with the empty caption.
        public var captionDropoutP = 0.0
        /// Folder beside `latents`. The reference's own default is `ref_latents`, a folder that its preprocessing never
        /// writes; ours is the folder it does write.
        public var referenceLatentsDir = "reference_latents"

        /// The defaults.
        public init() {}
    }
}
