import Torch

/// How a step is led: towards the prompt (classifier-free guidance, Ho & Salimans 2022), and away from what the model
/// draws when some of its attention is left out (spatio-temporal guidance, Hyung et al. 2024).
public struct Guidance: Sendable, Equatable {
    /// v = u + scale · (c − u), with c the velocity for the prompt and u that for the negative one; 1 does without u.
    public var scale: Double
    /// v + stgScale · (c − p), with p the velocity without the attention of `stgBlocks`; 0 does without p.
    public var stgScale: Double
    /// Blocks of the transformer, from 0.
    public var stgBlocks: [Int]
    /// v · (rescale · σ(c) / σ(v) + 1 − rescale) after spatio-temporal guidance, σ the standard deviation; 1 is all of it,
    /// which is left out, as in Lightricks' pipeline.
    public var rescale: Double

    /// Classifier-free guidance alone, unless told otherwise.
    public init(scale: Double, stgScale: Double = 0, stgBlocks: [Int] = [], rescale: Double = 1) {
        (self.scale, self.stgScale, self.stgBlocks, self.rescale) = (scale, stgScale, stgBlocks, rescale)
    }
}

/// The guidance of every step (Lightricks' `guidance_timesteps`).
public struct GuidancePlan: Sendable, Equatable {
    /// Noise levels, falling, and the guidance from each on downwards.
    private let times: [Double], stages: [Guidance]
    /// What is left out of the blocks for spatio-temporal guidance.
    public var mode = SkippedAttention.Mode.attentionValues
    /// Uses only the part of u that lies along c (CFG-Zero*, Fan et al. 2025).
    public var isStar = false

    /// The same guidance for all steps.
    public init(_ guidance: Guidance) { (times, stages) = ([1], [guidance]) }
    /// A guidance for each noise level: a step takes the first whose level is not above its own, else the last. Nil unless
    /// there are as many of each, and some.
    public init?(times: [Double], stages: [Guidance]) {
        guard !times.isEmpty, times.count == stages.count else { return nil }
        (self.times, self.stages) = (times, stages)
    }

    /// The guidance at a noise level, 0 to 1.
    func at(_ t: Double) -> Guidance { stages[times.firstIndex { $0 <= t } ?? stages.count - 1] }
    /// Whether any step needs the negative prompt.
    public var needsNegative: Bool { stages.contains { $0.scale > 1 } }
    /// Every block that is named.
    public var blocks: Set<Int> { Set(stages.flatMap(\.stgBlocks)) }

    /// The velocity that `guidance` makes of that for the prompt (c), for the negative prompt (u) and without attention (p).
    func combined(_ guidance: Guidance, _ c: Tensor, _ u: Tensor?, _ p: Tensor?) throws -> Tensor {
        var v = c
        if let u {
            let away = isStar ? try u * ((c * u).sum() / ((u * u).sum() + 1e-8)) : u
            v = try away + (c - away) * guidance.scale
        }
        guard let p else { return v }
        v = try v + (c - p) * guidance.stgScale
        guard guidance.rescale != 1 else { return v }
        return try v * (c.deviation() / v.deviation() * guidance.rescale + (1 - guidance.rescale))
    }
}

/// Attention over the video that is left out of some blocks (Lightricks' `SkipLayerStrategy`).
public struct SkippedAttention: Sendable, Equatable {
    /// What stands in its place.
    public enum Mode: String, Sendable, CaseIterable {
        /// Each token's own value.
        case attentionValues = "attention_values"
        /// What the attention was given.
        case attentionSkip = "attention_skip"
        /// Nothing: the whole block is passed over.
        case transformerBlock = "transformer_block"
    }
    /// From 0.
    public var blocks: Set<Int>
    /// What stands in its place.
    public var mode: Mode

    /// Nothing is checked: a block that the model does not have is never met.
    public init(_ blocks: some Sequence<Int>, _ mode: Mode) { (self.blocks, self.mode) = (Set(blocks), mode) }
    func mode(of block: Int) -> Mode? { blocks.contains(block) ? mode : nil }
}

extension Tensor {
    /// The standard deviation of all elements, one fewer in the divisor (PyTorch's `std`), as a scalar.
    fileprivate func deviation() throws -> Tensor {
        let away = try self - mean()
        return try ((away * away).sum() / Double(count - 1)).sqrt()
    }
}
