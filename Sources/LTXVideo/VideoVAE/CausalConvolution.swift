import NN
import Torch

/// What a timestep does to an activation: both (batch, channels).
struct Modulation {
    let shift: Tensor, scale: Tensor
}

/// A convolution over (batch, channels, frames, height, width) that keeps the number of frames by repeating the first
/// one (causal: a frame never sees the future), or the first and the last.
struct CausalConvolution {
    /// Of the RMS norms in front of convolutions, whatever the config's epsilon is.
    private static let epsilon = 1e-8
    private let weight: Tensor, bias: Tensor
    private let stride: Int, padding: Int
    private let front: Int, back: Int

    /// - Parameter groups: above 1, the output channels (c, g) come as (g, c), so that a pixel shuffle copies runs.
    init(
        _ w: Weights, _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1, causal: Bool, groups: Int = 1
    ) throws {
        let w = w / "conv"
        func ordered(_ t: Tensor) throws -> Tensor {
            groups == 1 ? t : try t.unflattened(0, [-1, groups]).transposed(0, 1).flattened(from: 0, to: 1)
        }
        weight = try ordered(w.take("weight", outputs, inputs, kernel, kernel, kernel)).channelsLast()
        bias = try ordered(w.take("bias", outputs))
        (self.stride, padding) = (stride, kernel / 2)
        (front, back) = causal ? (kernel - 1, 0) : ((kernel - 1) / 2, (kernel - 1) / 2)
    }

    /// The convolution of x.
    func callAsFunction(_ x: Tensor) throws -> Tensor { try convolved(padded(x)) }

    /// The convolution of silu(norm(x) · (1 + scale) + shift).
    func callAsFunction(activated x: Tensor, _ m: Modulation? = nil) throws -> Tensor {
        try convolved(
            x.channelNorm(scale: m?.scale, shift: m?.shift, epsilon: Self.epsilon, front: front, back: back))
    }

    private func convolved(_ x: Tensor) throws -> Tensor {
        try x.conv3d(weight, bias, stride: [stride, stride, stride], padding: [0, padding, padding])
    }
    private func padded(_ x: Tensor) throws -> Tensor {
        if front == 0 && back == 0 { return try x.channelsLast() }
        let first = try x.slice(2, 0..<1), last = try x.slice(2, from: -1)
        return try concatenated(
            Array(repeating: first, count: front) + [x] + Array(repeating: last, count: back), axis: 2
        ).channelsLast()
    }
}
