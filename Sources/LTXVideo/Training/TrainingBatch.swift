import Torch

/// Samples of one size, stacked.
public struct TrainingBatch {
    /// (batch, tokens, channels): clean latents, normalised and packed.
    public var latents: Tensor
    /// (batch, reference tokens, channels) for IC-LoRA; nil otherwise.
    public var reference: Tensor?
    /// (batch, text tokens, caption channels) and (batch, text tokens) of bool.
    public var text: Tensor, textMask: Tensor
    /// Tokens of the longest caption; 0 when not known.
    public var longestText: Int
    /// Of the video; a reference has the same.
    public var grid: LatentGrid
    /// Frames a second of the video, for the rotary positions.
    public var fps: Double

    /// The tensors are kept as they are; nothing is checked.
    public init(
        latents: Tensor, reference: Tensor? = nil, text: Tensor, textMask: Tensor, longestText: Int = 0,
        grid: LatentGrid, fps: Double
    ) {
        (self.latents, self.reference, self.text, self.textMask) = (latents, reference, text, textMask)
        (self.longestText, self.grid, self.fps) = (longestText, grid, fps)
    }
}

/// A batch with its noise: what the transformer sees and what it should answer.
public struct NoisyBatch {
    /// σ, (batch) in fp32.
    public let sigmas: Tensor
    /// ε − x₀, (batch, tokens, channels) in the dtype of the latents.
    public let target: Tensor
    /// Leading tokens that are conditioning: clean, at timestep 0, and outside the loss.
    public let conditioned: Int
    /// Its latents are the reference, if there is one, and then the noisy ones.
    public let input: TransformerInput

    /// Flow matching (Lipman et al. 2023): x = (1 − σ)·x₀ + σ·ε, velocity ε − x₀; upstream `training_strategies.py`.
    ///
    /// - Parameters:
    ///   - noise: ε, shaped as the latents and in their dtype.
    ///   - firstFrame: whether the first latent frame is given as conditioning (nothing happens with a single one).
    ///   - width: of the transformer, for the rotary table.
    public init(_ batch: TrainingBatch, sigmas: Tensor, noise: Tensor, firstFrame: Bool, width: Int) throws {
        let clean = batch.latents, tokens = clean.size(1), device = clean.device
        let frame = firstFrame && batch.grid.frameTokens < tokens ? batch.grid.frameTokens : 0
        let sigma = try sigmas.reshaped(-1, 1, 1)
        var noisy = try (1 - sigma) * clean + sigma * noise
        if frame > 0 {
            noisy = try concatenated([clean.slice(1, 0..<frame).to(noisy.dtype), noisy.slice(1, from: frame)], axis: 1)
        }
        let scale = (8 / batch.fps, 32.0, 32.0)
        let rotary: RotaryTable
        if let reference = batch.reference {
            noisy = try concatenated([reference.to(noisy.dtype), noisy], axis: 1)
            let places = try batch.grid.coordinates(scale: scale, device: device)
            rotary = try RotaryTable(width: width, coordinates: concatenated([places, places], axis: 2))
        } else {
            rotary = try RotaryTable(width: width, grid: batch.grid, scale: scale, device: device)
        }
        conditioned = frame + (batch.reference?.size(1) ?? 0)
        let timestep = try (sigmas * 1000).rounded()
        self.sigmas = sigmas
        target = try noise - clean
        input = try TransformerInput(
            latents: noisy, text: batch.text, textMask: batch.textMask,
            timesteps: conditioned > 0 ? .conditioned(tokens: conditioned, timestep) : .uniform(timestep),
            rotary: rotary
        ).trimmed(toText: batch.longestText)
    }

    /// The mean square error over the tokens that are not conditioning, a scalar in fp32.
    public func loss(_ velocity: Tensor) throws -> Tensor {
        let skipped = conditioned - (velocity.size(1) - target.size(1))
        return try (velocity.slice(1, from: conditioned).to(.float32) - target.slice(1, from: skipped)).squared().mean()
    }
}
