import NN
import Torch

/// Video to the parameters of its latents' distribution.
struct VideoEncoder {
    private let input: CausalConvolution, output: CausalConvolution
    private let blocks: [EncoderBlock]
    private let middle: VAEResidualChain
    private let patch: Int

    init(_ w: Weights, _ config: VideoVAEConfiguration) throws {
        let causal = config.encoderIsCausal
        patch = config.patch
        var width = config.channels[0]
        input = try CausalConvolution(
            w / "conv_in", config.pictureChannels * patch * patch, width, causal: causal)
        var blocks: [EncoderBlock] = []
        for place in 0..<config.encoderBlocks {
            // The first encoder's last block keeps its width; the second one's list is one longer.
            let next = config.channels[min(place + 1, config.channels.count - 1)]
            blocks.append(try EncoderBlock(w / "down_blocks" / place, width, next, place, config))
            width = next
        }
        self.blocks = blocks
        middle = try VAEResidualChain(
            w / "mid_block", width, layers: config.layers[config.layers.count - 1], epsilon: config.epsilon,
            causal: causal)
        output = try CausalConvolution(w / "conv_out", width, config.latentChannels + 1, causal: causal)
    }

    /// (batch, latent channels + 1, F, H, W): means, and one log-variance for all channels.
    func callAsFunction(_ video: Tensor) throws -> Tensor {
        var x = try input(video.patchesToChannels(patch))
        for block in blocks { x = try block(x) }
        return try output(activated: middle(x))
    }
}

/// Residual blocks, then what makes the video smaller.
struct EncoderBlock {
    private let chain: VAEResidualChain
    private let strided: CausalConvolution?, folded: FoldingDownsampler?
    private let widening: VAEResidualBlock?

    init(_ w: Weights, _ inputs: Int, _ outputs: Int, _ place: Int, _ config: VideoVAEConfiguration) throws {
        let causal = config.encoderIsCausal, epsilon = config.epsilon, down = w / "downsamplers" / 0
        chain = try VAEResidualChain(w, inputs, layers: config.layers[place], epsilon: epsilon, causal: causal)
        let kind = config.scaling[place] ? config.downsampling[place] : nil
        strided = kind == .conv ? try CausalConvolution(down, inputs, inputs, stride: 2, causal: causal) : nil
        folded = try kind.flatMap { try FoldingDownsampler(down, inputs, outputs, $0, causal: causal) }
        widening =
            inputs == outputs || config.isSecondEncoder
            ? nil : try VAEResidualBlock(w / "conv_out", inputs, outputs, epsilon: epsilon, causal: causal)
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor {
        var x = try chain(x)
        if let strided { x = try strided(x) }
        if let folded { x = try folded(x) }
        return try widening?(x) ?? x
    }
}

/// Pixels to channels after a convolution, beside the mean of the pixels themselves (0.9.5).
struct FoldingDownsampler {
    private let convolution: CausalConvolution
    private let block: [Int], group: Int

    /// Nil for the kind that is a plain convolution.
    init?(_ w: Weights, _ inputs: Int, _ outputs: Int, _ kind: VideoVAEConfiguration.Downsampling, causal: Bool) throws
    {
        switch kind {
        case .conv: return nil
        case .spatial: block = [1, 2, 2]
        case .temporal: block = [2, 1, 1]
        case .spatiotemporal: block = [2, 2, 2]
        }
        let pixels = block.reduce(1, *)
        group = inputs * pixels / outputs
        convolution = try CausalConvolution(w / "conv", inputs, outputs / pixels, causal: causal)
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor {
        // The first frame alone makes the first latent, so it fills a block of frames by itself.
        let x = block[0] == 1 ? x : try concatenated([x.slice(2, 0..<block[0] - 1), x], axis: 2)
        let y = try convolution(x).spaceToChannels(block)
        let means = try x.spaceToChannels(block).permuted(0, 2, 3, 4, 1).unflattened(4, [-1, group]).mean(5)
        try y.add(inPlace: means.permuted(0, 4, 1, 2, 3))
        return y
    }
}
