import Base
import LTXVideo
import Media

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
        /// Settings that go together, which the others change; nil is what the model's files say, else as the trainer's
        /// validation.
        public var preset: Preset?
        /// Denoising steps; nil is what the model was made for, else 50.
        public var steps: Int?
        /// The noise levels of the steps, falling from at most 1; nil is as `schedule` has them.
        public var timesteps: [Double]?
        /// How the noise levels are spaced.
        public var schedule = Schedule.model
        /// Whether each step adds new noise; nil is what the model was made for.
        public var isStochastic: Bool?
        /// Classifier-free guidance: one scale, or one for each of `guidanceTimesteps`. 1 samples without; nil is 1 for a
        /// distilled model, else 3.5.
        public var guidance: [Double]?
        /// Spatio-temporal guidance, and what share of it is scaled back; each as `guidance`. Nil is none.
        public var stgScale: [Double]?, rescale: [Double]?
        /// Blocks whose attention is left out for spatio-temporal guidance, from 0; each as `guidance`.
        public var stgBlocks: [[Int]]?
        /// What is left out of them.
        public var stgMode = SkippedAttention.Mode.attentionValues
        /// Noise levels, falling, from which on each of several guidances counts.
        public var guidanceTimesteps: [Double]?
        /// Whether guidance uses only the part of the negative prompt's velocity that lies along the prompt's; nil is no.
        public var isStar: Bool?
        /// What the VAE's decoder is told of the noise in the latents, and how much of it is added; nil is 0, for a distilled
        /// model 0.05 and 0.025.
        public var decodeTimestep: Double?, decodeNoise: Double?
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

    /// How noise levels are spaced.
    public enum Schedule: String, Sendable, CaseIterable {
        /// As the model's files say, else as the trainer's validation.
        case model
        /// As the trainer's validation.
        case linearQuadratic = "linear_quadratic"
        /// Evenly, shifted by the size of the video: as 0.9.0 and 0.9.1 were made for.
        case uniform
    }
    /// Settings that go together.
    public enum Preset: String, Sendable, CaseIterable {
        /// Upstream's validation, whatever the model: 50 steps, guidance 3.5.
        case trainer
        /// What Lightricks publishes for the model's version.
        case published
    }

    /// An `output` that is given is written over when it is there.
    public init(prompt: String, size: VideoSize, output: String? = nil, choices: Choices = Choices()) {
        (self.prompt, self.size, self.output, self.choices) = (prompt, size, output, choices)
    }
    /// The name of a video that nobody has named.
    private func claimName() throws -> String {
        var name = "sample"
        if let lora = choices.lora { name = Files.isFolder(lora) ? Path.name(Path.absolute(lora)) : Path.stem(lora) }
        return try NumberedFile.claim(name, size.frames == 1 ? "png" : "mp4", in: "outputs/samples")
    }
    /// Writes the pictures where they are to go. Returns the path.
    func write(_ frames: [Frame]) throws -> String {
        let output = try output ?? claimName()
        do { try VideoOutput.write(frames, fps: choices.fps, to: output) } catch {
            if self.output == nil { Files.remove(output) }
            throw error
        }
        Ledger.session.add("sampled", file: output)
        return output
    }
    /// `options.seed` for `options.choices.seed`.
    public subscript<Value>(dynamicMember member: WritableKeyPath<Choices, Value>) -> Value {
        get { choices[keyPath: member] }
        set { choices[keyPath: member] = newValue }
    }
}
