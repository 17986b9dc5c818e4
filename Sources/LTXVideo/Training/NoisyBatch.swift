import Torch

/// A batch with its noise: what the transformer sees and what it should answer.
public struct NoisyBatch {
    /// σ, (batch) in fp32.
    public let sigmas: Tensor
    /// ε − x₀, (batch, tokens, channels) in the dtype of the latents.
    public let target: Tensor
    /// Leading tokens of each sample that are conditioning: clean, at timestep 0, and outside the loss.
    public let conditioned: [Int]
    /// Its latents are the reference, if there is one, and then the noisy ones.
    public let input: TransformerInput

    /// Flow matching (Lipman et al. 2023): x = (1 − σ)·x₀ + σ·ε, velocity ε − x₀; upstream `training_strategies.py`.
    ///
    /// - Parameters:
    ///   - noise: ε, shaped as the latents and in their dtype.
    ///   - firstFrame: of each sample, whether its first latent frame is given as conditioning (nothing happens with a
    ///     single one).
    ///   - width: of the transformer, for the rotary table.
    public init(_ batch: TrainingBatch, sigmas: Tensor, noise: Tensor, firstFrame: [Bool], width: Int) throws {
        let clean = batch.latents, tokens = clean.size(1), referenceTokens = batch.reference?.size(1) ?? 0
        let frame = batch.grid.frameTokens < tokens ? batch.grid.frameTokens : 0
        let given = firstFrame.map { $0 ? frame : 0 }
        let sigma = try sigmas.reshaped(-1, 1, 1)
        var noisy = try Self.keeping(given, of: clean, in: (1 - sigma) * clean + sigma * noise)
        var places = try batch.coordinates()
        if let reference = batch.reference {
            noisy = try concatenated([reference.to(noisy.dtype), noisy], axis: 1)
            places = try concatenated([places, places], axis: 2)
        }
        conditioned = given.map { $0 + referenceTokens }
        self.sigmas = sigmas
        target = try noise - clean
        input = try TransformerInput(
            latents: noisy, text: batch.text, textMask: batch.textMask,
            timesteps: Self.timesteps((sigmas * 1000).rounded(), conditioned, tokens: noisy.size(1)),
            rotary: RotaryTable(width: width, coordinates: places)
        ).trimmed(toText: batch.longestText)
    }
    /// One answer for all samples, as upstream tosses one coin for a batch.
    public init(_ batch: TrainingBatch, sigmas: Tensor, noise: Tensor, firstFrame: Bool, width: Int) throws {
        let all = Array(repeating: firstFrame, count: batch.latents.size(0))
        try self.init(batch, sigmas: sigmas, noise: noise, firstFrame: all, width: width)
    }

    /// `noisy` with the first tokens of each sample clean.
    private static func keeping(_ given: [Int], of clean: Tensor, in noisy: Tensor) throws -> Tensor {
        guard let same = common(given) else {
            let rows = try given.enumerated().map { place, count in
                let row = place..<place + 1
                return try keeping([count], of: clean.slice(0, row), in: noisy.slice(0, row))
            }
            return try concatenated(rows, axis: 0)
        }
        guard same > 0 else { return noisy }
        return try concatenated([clean.slice(1, 0..<same).to(noisy.dtype), noisy.slice(1, from: same)], axis: 1)
    }

    /// What each token is told: `levels` (batch), 0 for conditioning.
    private static func timesteps(_ levels: Tensor, _ conditioned: [Int], tokens: Int) throws -> Timesteps {
        guard let same = common(conditioned) else {
            return .each(try levels.unsqueezed(1) * noised(conditioned, tokens: tokens, like: levels))
        }
        return same > 0 ? .conditioned(tokens: same, levels) : .uniform(levels)
    }

    /// The mean square error over the tokens that are not conditioning, a scalar in fp32.
    public func loss(_ velocity: Tensor) throws -> Tensor {
        let before = velocity.size(1) - target.size(1)  // reference tokens
        if let same = Self.common(conditioned) {
            return try (velocity.slice(1, from: same).to(.float32) - target.slice(1, from: same - before)).squared()
                .mean()
        }
        let error = try (velocity.slice(1, from: before).to(.float32) - target).squared().mean(-1)  // (batch, tokens)
        let counts = try Self.noised(conditioned.map { $0 - before }, tokens: target.size(1), like: error)
        return try (error * counts).sum() / counts.sum()
    }

    /// The mean square error of each sample alone, likewise: (batch) in fp32.
    public func losses(_ velocity: Tensor) throws -> Tensor {
        let before = velocity.size(1) - target.size(1)
        let error = try (velocity.slice(1, from: before).to(.float32) - target).squared().mean(-1)
        let counts = try Self.noised(conditioned.map { $0 - before }, tokens: target.size(1), like: error)
        return try (error * counts).sum(1) / counts.sum(1)
    }

    /// (batch, tokens): 0 for the leading tokens of each sample that are conditioning, 1 for the others.
    private static func noised(_ conditioned: [Int], tokens: Int, like other: Tensor) throws -> Tensor {
        let places = try Tensor.arange(to: Double(tokens), dtype: .int64, device: other.device).unsqueezed(0)
        let first = try Tensor(conditioned, device: other.device).unsqueezed(1)
        return try places.isBelow(first).negated().to(other.dtype)
    }
    /// What all samples have; nil when they differ.
    private static func common(_ counts: [Int]) -> Int? { Set(counts).count == 1 ? counts.first : nil }
}
