import NN
import Torch

/// What makes a decoder block depend on the noise level, and the generator of its noise.
struct DecoderConditions {
    /// The timestep times its multiplier, (batch); nil where the model is not told.
    var timestep: Tensor?
    /// Where injected noise comes from; nil is libtorch's default generator.
    var generator: Generator?
}

/// Two convolutions around activations, added to the input (0.9.x's `LTXVideoResnetBlock3d`).
struct VAEResidualBlock {
    private let first: CausalConvolution, second: CausalConvolution
    private let shortcut: Shortcut?
    private let noise: (first: Tensor, second: Tensor)?  // (channels, 1, 1) each
    private let table: Tensor?  // (4, channels): shift, scale, shift, scale

    init(
        _ w: Weights, _ inputs: Int, _ outputs: Int, epsilon: Double, causal: Bool, timed: Bool = false,
        noisy: Bool = false
    ) throws {
        first = try CausalConvolution(w / "conv1", inputs, outputs, causal: causal)
        second = try CausalConvolution(w / "conv2", outputs, outputs, causal: causal)
        shortcut = inputs == outputs ? nil : try Shortcut(w, inputs, outputs, epsilon: epsilon, causal: causal)
        noise =
            noisy
            ? (try w.take("per_channel_scale1", inputs, 1, 1), try w.take("per_channel_scale2", inputs, 1, 1)) : nil
        table = timed ? try w.take("scale_shift_table", 4, inputs) : nil
    }

    /// - Parameter time: (batch, 4 · channels), the embedded timestep.
    func callAsFunction(_ x: Tensor, _ time: Tensor? = nil, _ generator: Generator? = nil) throws -> Tensor {
        let m = try modulations(time)
        var h = try first(activated: x, m?.first)
        if let noise { try addNoise(to: h, noise.first, generator) }
        h = try second(activated: h, m?.second)
        if let noise { try addNoise(to: h, noise.second, generator) }
        try h.add(inPlace: shortcut?(x) ?? x)
        return h
    }

    private func modulations(_ time: Tensor?) throws -> (first: Modulation, second: Modulation)? {
        guard let table, let time else { return nil }
        let m = try (time.unflattened(1, [4, -1]) + table.unsqueezed(0)).unbound(1)
        return (Modulation(shift: m[0], scale: m[1]), Modulation(shift: m[2], scale: m[3]))
    }

    /// One map of noise for all channels, frames and videos, each channel with its own strength.
    private func addNoise(to h: Tensor, _ strength: Tensor, _ generator: Generator?) throws {
        let map = try Tensor.randn([h.size(3), h.size(4)], dtype: h.dtype, device: h.device, generator: generator)
        try h.add(inPlace: (map * strength).unsqueezed(1))  // (channels, 1, height, width)
    }
}

/// The way around a residual block that changes the number of channels.
struct Shortcut {
    private let norm: LayerNorm, convolution: CausalConvolution

    init(_ w: Weights, _ inputs: Int, _ outputs: Int, epsilon: Double, causal: Bool) throws {
        norm = try LayerNorm(w / "norm3", inputs, epsilon: epsilon)
        convolution = try CausalConvolution(w / "conv_shortcut", inputs, outputs, kernel: 1, causal: causal)
    }
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        try convolution(norm(x.permuted(0, 2, 3, 4, 1)).permuted(0, 4, 1, 2, 3))
    }
}

/// Residual blocks in a row that share one embedding of the timestep.
struct VAEResidualChain {
    private let embedding: TimestepEmbedding?
    private let blocks: [VAEResidualBlock]

    init(
        _ w: Weights, _ channels: Int, layers: Int, epsilon: Double, causal: Bool, timed: Bool = false,
        noisy: Bool = false
    ) throws {
        embedding = timed ? try TimestepEmbedding(w / "time_embedder" / "timestep_embedder", 4 * channels) : nil
        blocks = try (0..<layers).map {
            try VAEResidualBlock(
                w / "resnets" / $0, channels, channels, epsilon: epsilon, causal: causal, timed: timed, noisy: noisy)
        }
    }

    func callAsFunction(_ x: Tensor, _ conditions: DecoderConditions = DecoderConditions()) throws -> Tensor {
        let time = try conditions.timestep.flatMap { try embedding?($0) }
        var x = x
        for block in blocks { x = try block(x, time, conditions.generator) }
        return x
    }
}
