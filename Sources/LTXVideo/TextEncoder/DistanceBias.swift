import Foundation
import NN
import Torch

/// T5's learned attention bias by the distance between two tokens, shared by all blocks.
struct DistanceBias {
    private let table: Tensor  // (buckets, heads)
    private let buckets: Int, farthest: Int

    init(_ w: Weights, _ config: T5Configuration) throws {
        (buckets, farthest) = (config.buckets, config.farthest)
        table = try w.take("weight", config.buckets, config.heads)
    }

    /// (1, heads, tokens, tokens), the last axis the token attended to.
    func callAsFunction(_ tokens: Int) throws -> Tensor {
        let bias = try table.embedding(bucket(tokens).to(table.device))  // (tokens, tokens, heads)
        return try bias.permuted(2, 0, 1).unsqueezed(0).contiguous()
    }

    /// The bucket of every pair. Half of them are for tokens to the right; of each half, half are for one distance each
    /// and the rest grow with its logarithm.
    func bucket(_ tokens: Int) throws -> Tensor {
        let half = buckets / 2, exact = half / 2
        let place = try Tensor.arange(to: Double(tokens), dtype: .int64)
        let offset = try place.unsqueezed(0) - place.unsqueezed(1)  // to the right: above 0
        let distance = try offset.abs()
        let span = Foundation.log(Double(farthest) / Double(exact))
        let growth = try (distance.to(.float32) / Double(exact)).log() / span
        let far = try ((growth * Double(half - exact)).to(.int64) + Double(exact)).clamped(0, Double(half - 1))
        let near = try Tensor.choose(distance.isBelow(Double(exact)), distance, far)
        return try near + offset.isAbove(0).to(.int64) * Double(half)
    }
}
