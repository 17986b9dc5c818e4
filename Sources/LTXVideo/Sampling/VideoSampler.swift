import Base
import NN
import Torch

/// Generates latents with a transformer: Euler steps along the flow, with classifier-free guidance, from noise or from
/// conditioning frames (upstream `ltxv_pipeline.py`).
public struct VideoSampler {
    /// Whatever adapters hang on it take part.
    public let model: any DiffusionModel<TransformerInput>
    private let channels: Int, width: Int
    /// The noise levels, one a step.
    public var schedule: NoiseSchedule
    /// v = v_uncond + guidance · (v_cond − v_uncond); 1 does without the unconditional pass.
    public var guidance: Double
    /// Frames a second that the positions are computed for.
    public var frameRate: Double
    /// Conditioning tokens are re-noised by this times σ² at every step.
    public var conditioningNoise: Double

    /// The defaults are those of upstream's validation.
    public init(
        _ transformer: Transformer, schedule: NoiseSchedule, guidance: Double = 3.5, frameRate: Double = 25,
        conditioningNoise: Double = 0.15
    ) {
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
        let text = try guided(prompt, negative)
        for (place, t) in schedule.timesteps.enumerated() {
            try monitor.checkpoint()
            if clean > 0 { x = try renoised(x, start, clean, t, generator) }
            let v = try velocity(x, text, t, clean, rotary)
            x = try stepped(x, v, t, clean)
            try onStep(x)
            monitor.report(Progress("sampling", place + 1, of: schedule.timesteps.count, "steps"))
        }
        return Result(
            latents: try x.slice(1, from: referenceTokens),
            reference: referenceTokens > 0 ? try x.slice(1, 0..<referenceTokens) : nil)
    }

    private struct Text { let embeddings: Tensor, mask: Tensor, length: Int, isGuided: Bool }

    private func guided(_ prompt: TextCondition, _ negative: TextCondition?) throws -> Text {
        let dtype = model.dtype, device = model.device
        guard guidance > 1, let negative else {
            return Text(
                embeddings: try prompt.embeddings.to(device).to(dtype), mask: try prompt.mask.to(device),
                length: prompt.length, isGuided: false)
        }
        return Text(
            embeddings: try concatenated([negative.embeddings, prompt.embeddings], axis: 0).to(device).to(dtype),
            mask: try concatenated([negative.mask, prompt.mask], axis: 0).to(device),
            length: max(prompt.length, negative.length), isGuided: true)
    }

    private func velocity(_ x: Tensor, _ text: Text, _ t: Float, _ clean: Int, _ rotary: RotaryTable) throws -> Tensor {
        let rows = text.isGuided ? 2 : 1
        let latents = rows == 2 ? try concatenated([x, x], axis: 0) : x
        let timestep = try Tensor.full([rows], Double(t), device: x.device)
        let input = try TransformerInput(
            latents: latents.to(model.dtype), text: text.embeddings, textMask: text.mask,
            timesteps: clean > 0 ? .conditioned(tokens: clean, timestep) : .uniform(timestep), rotary: rotary
        ).trimmed(toText: text.length)
        let v = try model.velocity(input)[0]
        guard text.isGuided else { return v }
        let parts = try v.chunked(2, axis: 0)
        return try parts[0] + (parts[1] - parts[0]) * guidance
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

    private func stepped(_ x: Tensor, _ v: Tensor, _ t: Float, _ clean: Int) throws -> Tensor {
        let length = Double(schedule.step(from: t).length)
        let moved = try x.slice(1, from: clean) - v.slice(1, from: clean).to(.float32) * length
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
