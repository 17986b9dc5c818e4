import Base

/// What to generate.
@dynamicMemberLookup
public struct SampleOptions: Sendable {
    /// What the video shows.
    public var prompt: String
    /// In pixels and frames.
    public var size: VideoSize
    /// Where the video goes: mp4, or png for one frame. `nil` counts up: `outputs/samples/sample_001.mp4`, with the LoRA's
    /// name where there is one.
    public var output: String?
    /// Everything else; its members can be written as members of the options.
    public var choices: Choices

    /// What has a default.
    public struct Choices: Sendable {
        /// What guidance leads away from; not encoded without guidance.
        public var negative = "worst quality, inconsistent motion, blurry, jittery, distorted"
        /// Denoising steps.
        public var steps = 50
        /// 1 samples without guidance.
        public var guidance = 3.5
        /// Of the initial noise and every other draw.
        public var seed = 42
        /// A LoRA file, or a run's folder, whose newest checkpoint is taken; nil for the base model.
        public var lora: String?
        /// How strongly the LoRA is applied; 1 is as trained.
        public var loraStrength = 1.0
        /// A picture that becomes the first frame.
        public var image: String?
        /// A video that the generated one follows (IC-LoRA).
        public var reference: String?
        /// Frames a second of the written file; upstream's validation videos have 24.
        public var fps = 24.0

        /// All defaults.
        public init() {}
    }

    /// An `output` that is given is written over when it is there.
    public init(prompt: String, size: VideoSize, output: String? = nil, choices: Choices = Choices()) {
        (self.prompt, self.size, self.output, self.choices) = (prompt, size, output, choices)
    }
    /// The name of a video that nobody has named.
    func claimName() throws -> String {
        var name = "sample"
        if let lora = choices.lora { name = Files.isFolder(lora) ? Path.name(Path.absolute(lora)) : Path.stem(lora) }
        return try NumberedFile.claim(name, size.frames == 1 ? "png" : "mp4", in: "outputs/samples")
    }
    /// `options.seed` for `options.choices.seed`.
    public subscript<Value>(dynamicMember member: WritableKeyPath<Choices, Value>) -> Value {
        get { choices[keyPath: member] }
        set { choices[keyPath: member] = newValue }
    }
}
