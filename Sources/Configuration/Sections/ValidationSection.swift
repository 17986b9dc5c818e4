extension TrainingConfiguration {
    /// The videos that are sampled while training.
    public struct Validation: Sendable, Equatable {
        /// One video is sampled for each.
        public var prompts: [String] = []
        /// What the videos should not look like.
        public var negativePrompt = "worst quality, inconsistent motion, blurry, jittery, distorted"
        /// First frames, one a prompt.
        public var images: [String]?
        /// Reference videos, one a prompt.
        public var referenceVideos: [String]?
        /// Size of the videos.
        public var videoDims = VideoDimensions(width: 704, height: 480, frames: 161)
        /// Seed of every video.
        public var seed = 42
        /// Denoising steps.
        public var inferenceSteps = 50
        /// Updates between validations; `nil` switches them off, the one before the first step included.
        public var interval: Int? = 100
        /// Updates between measurements of the held-out loss; `nil` measures it at the start and at the end alone.
        public var lossInterval: Int? = 100
        /// Videos for each prompt.
        public var videosPerPrompt = 1
        /// 1 samples without guidance.
        public var guidanceScale = 3.5
        /// Leaves out the validation before the first step.
        public var skipInitialValidation = false

        /// The defaults.
        public init() {}
    }
}
