import NN
import Torch

/// Latents to video, told how noisy they are where the model was trained so.
struct VideoDecoder {
    private let input: CausalConvolution, output: CausalConvolution
    private let middle: VAEResidualChain
    private let blocks: [DecoderBlock]
    private let timing: Timing?
    private let patch: Int

    /// The decoder's own use of the timestep.
    private struct Timing {
        let multiplier: Tensor  // a scalar: timesteps are in 0 … 1, embeddings want 0 … 1000
        let embedding: TimestepEmbedding
        let table: Tensor  // (2, channels): shift, scale
    }

    init(_ w: Weights, _ config: VideoVAEConfiguration) throws {
        // The config lists the decoder from the picture inwards; it is built from the latents outwards.
        let widths = Array(config.decoderChannels.reversed()), layers = Array(config.decoderLayers.reversed())
        let noisy = Array(config.noise.reversed()), factors = Array(config.factors.reversed())
        let scaling = Array(config.decoderScaling.reversed()), residual = Array(config.residual.reversed())
        let causal = config.decoderIsCausal
        patch = config.patch
        input = try CausalConvolution(w / "conv_in", config.latentChannels, widths[0], causal: causal)
        middle = try VAEResidualChain(
            w / "mid_block", widths[0], layers: layers[0], epsilon: config.epsilon, causal: causal,
            timed: config.isTimed, noisy: noisy[0])
        var width = widths[0], blocks: [DecoderBlock] = []
        for place in widths.indices {
            let shape = DecoderBlock.Shape(
                inputs: width / factors[place], outputs: widths[place] / factors[place], layers: layers[place + 1],
                scales: scaling[place], noisy: noisy[place + 1], residual: residual[place], factor: factors[place])
            blocks.append(try DecoderBlock(w / "up_blocks" / place, shape, config))
            width = shape.outputs
        }
        self.blocks = blocks
        let pixels = config.pictureChannels * patch * patch
        output = try CausalConvolution(w / "conv_out", width, pixels, causal: causal)
        timing =
            config.isTimed
            ? Timing(
                multiplier: try w.take("timestep_scale_multiplier", shape: []),
                embedding: try TimestepEmbedding(w / "time_embedder" / "timestep_embedder", 2 * width),
                table: try w.take("scale_shift_table", 2, width)) : nil
    }

    /// A video (batch, channels, frames, height, width), contiguous.
    func callAsFunction(_ latents: Tensor, timestep: Tensor?, generator: Generator?) throws -> Tensor {
        var conditions = DecoderConditions(timestep: nil, generator: generator)
        if let timing, let timestep { conditions.timestep = try timestep * timing.multiplier }
        var x = try middle(input(latents), conditions)
        for block in blocks { x = try block(x, conditions) }
        return try output(activated: x, modulation(conditions.timestep)).channelsToPatches(patch)
    }

    private func modulation(_ t: Tensor?) throws -> Modulation? {
        guard let timing, let t else { return nil }
        let m = try (timing.embedding(t).unflattened(1, [2, -1]) + timing.table.unsqueezed(0)).unbound(1)
        return Modulation(shift: m[0], scale: m[1])
    }
}

/// What makes the video larger, then residual blocks.
struct DecoderBlock {
    /// One entry of the config's decoder lists.
    struct Shape {
        let inputs: Int, outputs: Int, layers: Int
        let scales: Bool, noisy: Bool, residual: Bool, factor: Int
    }
    private let narrowing: VAEResidualBlock?
    private let upsampler: FoldingUpsampler?
    private let chain: VAEResidualChain

    init(_ w: Weights, _ shape: Shape, _ config: VideoVAEConfiguration) throws {
        let causal = config.decoderIsCausal, epsilon = config.epsilon
        if shape.inputs == shape.outputs {
            narrowing = nil
        } else {
            narrowing = try VAEResidualBlock(
                w / "conv_in", shape.inputs, shape.outputs, epsilon: epsilon, causal: causal, noisy: shape.noisy)
        }
        upsampler = shape.scales ? try FoldingUpsampler(w / "upsamplers" / 0, shape, causal: causal) : nil
        chain = try VAEResidualChain(
            w, shape.outputs, layers: shape.layers, epsilon: epsilon, causal: causal, timed: config.isTimed,
            noisy: shape.noisy)
    }

    func callAsFunction(_ x: Tensor, _ conditions: DecoderConditions) throws -> Tensor {
        var x = try narrowing?(x, nil, conditions.generator) ?? x
        if let upsampler { x = try upsampler(x) }
        return try chain(x, conditions)
    }
}

/// Channels to pixels after a convolution, beside the enlarged input where the block says so.
struct FoldingUpsampler {
    private static let block = [2, 2, 2], pixels = 8
    private let convolution: CausalConvolution
    private let residual: Bool, repeats: Int

    init(_ w: Weights, _ shape: DecoderBlock.Shape, causal: Bool) throws {
        let inputs = shape.outputs * shape.factor
        (residual, repeats) = (shape.residual, Self.pixels / shape.factor)
        convolution = try CausalConvolution(
            w / "conv", inputs, inputs * repeats, causal: causal, groups: Self.pixels)
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor {
        // The first latent is one frame, so the first of its two goes.
        let y = try convolution(x).groupsToSpace(Self.block).slice(2, from: 1)
        guard residual else { return y }
        let large = try x.channelsToSpace(Self.block).slice(2, from: 1)  // channels / 8
        try y.unflattened(1, [repeats, -1]).add(inPlace: large.unsqueezed(1))
        return y
    }
}
