import Foundation
import Torch

/// A noise level as a vector: 256 cosines and sines, then a small network (diffusers' `Timesteps` and
/// `TimestepEmbedding`).
public struct TimestepEmbedding {
    private static let channels = 256
    private let first: Linear, second: Linear

    /// `w` stands at the layer that holds `linear_1` and `linear_2`.
    public init(_ w: Weights, _ width: Int) throws {
        first = try Linear(w / "linear_1", Self.channels, width)
        second = try Linear(w / "linear_2", width, width)
    }

    /// (…, width) of noise levels (…), in the dtype of the weights.
    public func callAsFunction(_ t: Tensor) throws -> Tensor {
        try second(first(Self.sinusoid(t).to(first.computeType)).silu())
    }

    /// Cosines, then sines, of t·10000^(−i/128): (…, 256) in fp32.
    static func sinusoid(_ t: Tensor) throws -> Tensor {
        let half = channels / 2
        let index = try Tensor.arange(to: Double(half), device: t.device)
        let rates = try (index * -Foundation.log(10000) / Double(half)).exp()
        let angles = try t.to(.float32).unsqueezed(-1) * rates
        return try concatenated([angles.cos(), angles.sin()], axis: -1)
    }
}
