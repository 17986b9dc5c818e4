import Base
import NN
import Torch

/// Generates latents with a transformer: Euler steps along the flow, with guidance, from noise or from conditioning frames
/// (upstream `ltxv_pipeline.py`; spatio-temporal guidance and stochastic steps as in Lightricks' `pipeline_ltx_video.py`).
public struct VideoSampler {
    /// Whatever adapters hang on it take part.
    public let model: any DiffusionModel<TransformerInput>
    private let channels: Int, width: Int
    /// The noise levels, one a step.
    public var schedule: NoiseSchedule
    /// How each step is led.
    public var guidance: GuidancePlan
    /// Whether each step denoises all the way and adds new noise, x' = (1 − t')·(x − t·v) + t'·noise.
    public var isStochastic = false
    /// The noise of each stochastic step, (1, tokens, channels); nil draws it.
    public var stepNoise: ((Int) throws -> Tensor)?
    /// Frames a second that the positions are computed for.
    public var frameRate: Double
    /// Conditioning tokens are re-noised by this times σ² at every step.
    public var conditioningNoise: Double

    /// The defaults are those of upstream's validation. Throws when guidance leaves out a block that is not there.
    public init(
        _ transformer: Transformer, schedule: NoiseSchedule,
        guidance: GuidancePlan = GuidancePlan(Guidance(scale: 3.5)), frameRate: Double = 25,
        conditioningNoise: Double = 0.15
    ) throws {
        let layers = transformer.configuration.layers
        if let block = guidance.blocks.first(where: { !(0..<layers).contains($0) }) {
            throw SamplingError.block(block, layers: layers)
        }
        (model, self.schedule, self.guidance) = (transformer, schedule, guidance)
        (channels, width) = (transformer.configuration.inChannels, transformer.configuration.width)
        (self.frameRate, self.conditioningNoise) = (frameRate, conditioningNoise)
    }

    /// Latents given to the sampler as clean frames. The closures run after the initial noise was drawn, with the same
    /// generator, because the posterior is sampled in that order.
    public struct Conditioning {
        /// Normalised latents (1, channels, frames, height, width) of the first frame(s) of the video.
        public var firstFrames: ((Generator) throws -> Tensor)?
        /// Normalised, packed latents (1, tokens, channels) of a reference video and their grid (IC-LoRA).
        public var reference: ((Generator) throws -> (latents: Tensor, grid: LatentGrid))?

        /// Without either the video comes out of noise alone.
        public init(
            firstFrames: ((Generator) throws -> Tensor)? = nil,
            reference: ((Generator) throws -> (latents: Tensor, grid: LatentGrid))? = nil
        ) {
            (self.firstFrames, self.reference) = (firstFrames, reference)
        }
    }

    /// What sampling leaves, normalised and packed.
    public struct Result {
        /// (1, tokens, channels) of the video.
        public let latents: Tensor
        /// (1, reference tokens, channels) as the last step left them; nil without a reference.
        public let reference: Tensor?
    }

    /// Runs all steps. Call it without gradients. Throws `Cancelled` when `monitor` was asked to stop.
    ///
    /// - Parameter onStep: sees the packed latents after each step.
    public func run(
        prompt: TextCondition, negative: TextCondition?, grid: LatentGrid, generator: Generator,
        conditioning: Conditioning = Conditioning(), monitor: Monitor = Monitor(),
        onStep: (Tensor) throws -> Void = { _ in }
    ) throws -> Result {
        let device = model.device
        var noise = try Tensor.randn(
            [1, channels, grid.frames, grid.height, grid.width], device: device, generator: generator)
        var clean = 0  // leading tokens that are conditioning
        if let frames = try conditioning.firstFrames?(generator).to(device).to(.float32) {
            noise = try concatenated([frames, noise.slice(2, from: frames.size(2))], axis: 2)
            clean = frames.size(2) * grid.frameTokens
        }
        var x = try noise.flattened(from: 2).transposed(1, 2).contiguous()  // (1, tokens, channels)
        var places = try Self.coordinates(grid, frameRate: frameRate, device: device), referenceTokens = 0
        if let (reference, referenceGrid) = try conditioning.reference?(generator) {
            x = try concatenated([reference.to(device).to(.float32), x], axis: 1)
            places = try concatenated(
                [Self.coordinates(referenceGrid, frameRate: frameRate, device: device), places], axis: 2)
            referenceTokens = reference.size(1)
            clean += referenceTokens
        }
        let start = x, rotary = try RotaryTable(width: width, coordinates: places)
        let alone = try text([prompt]), both = try negative.map { try text([$0, prompt]) }
        for (place, t) in schedule.timesteps.enumerated() {
            try monitor.checkpoint()
            if clean > 0 { x = try renoised(x, start, clean, t, generator) }
            let v = try guided(alone, both, Tokens(x: x, t: t, clean: clean, rotary: rotary))
            x = try stepped(x, v, place, clean, generator)
            try onStep(x)
            monitor.report(Progress("sampling", place + 1, of: schedule.timesteps.count, "steps"))
        }
        return Result(
            latents: try x.slice(1, from: referenceTokens),
            reference: referenceTokens > 0 ? try x.slice(1, 0..<referenceTokens) : nil)
    }

    /// What a pass starts from: packed latents, their noise level in 0 … 1000, how many of the first tokens are clean.
    private struct Tokens { let x: Tensor, t: Float, clean: Int, rotary: RotaryTable }
    private struct Text { let embeddings: Tensor, mask: Tensor, length: Int }

    /// Prompts of one pass, a row each.
    private func text(_ conditions: [TextCondition]) throws -> Text {
        func rows(_ tensors: [Tensor]) throws -> Tensor {
            (tensors.count == 1 ? tensors[0] : try concatenated(tensors, axis: 0))
        }
        return Text(
            embeddings: try rows(conditions.map(\.embeddings)).to(model.device).to(model.dtype),
            mask: try rows(conditions.map(\.mask)).to(model.device), length: conditions.map(\.length).max() ?? 0)
    }

    /// The velocity of one step, (1, tokens, channels).
    private func guided(_ alone: Text, _ both: Text?, _ tokens: Tokens) throws -> Tensor {
        let step = guidance.at(Double(tokens.t) / 1000)
        var conditional: Tensor, negative: Tensor?
        if step.scale > 1, let both {
            let parts = try velocity(both, tokens).chunked(2, axis: 0)
            (conditional, negative) = (parts[1], parts[0])
        } else {
            conditional = try velocity(alone, tokens)
        }
        let skipped = SkippedAttention(step.stgBlocks, guidance.mode)
        let perturbed = step.stgScale > 0 ? try velocity(alone, tokens, skipped) : nil
        return try guidance.combined(step, conditional, negative, perturbed)
    }

    private func velocity(_ text: Text, _ tokens: Tokens, _ skipped: SkippedAttention? = nil) throws -> Tensor {
        let rows = text.embeddings.size(0), x = tokens.x
        let latents = rows == 2 ? try concatenated([x, x], axis: 0) : x
        let timestep = try Tensor.full([rows], Double(tokens.t), device: x.device)
        var input = try TransformerInput(
            latents: latents.to(model.dtype), text: text.embeddings, textMask: text.mask,
            timesteps: tokens.clean > 0 ? .conditioned(tokens: tokens.clean, timestep) : .uniform(timestep),
            rotary: tokens.rotary
        ).trimmed(toText: text.length)
        input.skipped = skipped
        return try model.velocity(input)[0]
    }

    private func renoised(
        _ x: Tensor, _ start: Tensor, _ clean: Int, _ t: Float, _ generator: Generator
    ) throws -> Tensor {
        let noise = try Tensor.randn(x.shape, device: x.device, generator: generator)
        let sigma = t / 1000
        let noised =
            try start.slice(1, 0..<clean) + noise.slice(1, 0..<clean) * conditioningNoise * Double(sigma * sigma)
        return try concatenated([noised, x.slice(1, from: clean)], axis: 1)
    }

    private func stepped(
        _ x: Tensor, _ v: Tensor, _ place: Int, _ clean: Int, _ generator: Generator
    ) throws -> Tensor {
        let t = schedule.timesteps[place], (sigma, length) = schedule.step(from: t)
        let noisy = try x.slice(1, from: clean), flow = try v.slice(1, from: clean).to(.float32)
        var moved: Tensor
        if isStochastic {
            let next = Double(sigma - length)
            let noise = try stepNoise?(place) ?? Tensor.randn(noisy.shape, device: x.device, generator: generator)
            moved = try (noisy - flow * Double(sigma)) * (1 - next) + noise * next
        } else {
            moved = try noisy - flow * Double(length)
        }
        return clean == 0 ? moved : try concatenated([x.slice(1, 0..<clean), moved], axis: 1)
    }

    /// (1, 3, tokens): seconds, pixels, pixels. A latent frame k starts at pixel frame 8k − 7;
    /// the first stands for one.
    static func coordinates(_ grid: LatentGrid, frameRate: Double, device: Device) throws -> Tensor {
        let places = try grid.coordinates(scale: (8, 32, 32), device: device)
        let seconds = try (places.slice(1, 0..<1) - 7).relu() * (1 / frameRate)
        return try concatenated([seconds, places.slice(1, from: 1)], axis: 1)
    }
}

/// What cannot be sampled.
enum SamplingError: UserError {
    case block(Int, layers: Int)

    var kind: String { "sample.blocks" }
    var key: String? { "stg_blocks" }
    var description: String {
        switch self {
        case .block(let block, let layers):
            "'stg_blocks' has \(block), but the model's blocks are 0 to \(layers - 1)"
        }
    }
}
