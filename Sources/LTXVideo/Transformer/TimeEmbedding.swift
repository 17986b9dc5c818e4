import Foundation
import NN
import Torch

/// The embedding of a noise level (diffusers `AdaLayerNormSingle`, PixArt-α).
struct TimeEmbedding {
    private let up: Linear, down: Linear, modulation: Linear

    init(_ w: Weights, width: Int) throws {
        up = try Linear(w / "emb" / "timestep_embedder" / "linear_1", 256, width)
        down = try Linear(w / "emb" / "timestep_embedder" / "linear_2", width, width)
        modulation = try Linear(w / "linear", width, 6 * width)
    }

    /// t (batch, rows) in 0 … 1000 → the modulation (batch, rows, 6·width) and the embedding (batch, rows, width).
    func callAsFunction(_ t: Tensor, dtype: DType) throws -> (modulation: Tensor, embedding: Tensor) {
        let embedding = try down(up(sinusoid(t).to(dtype)).silu())
        return (try modulation(embedding.silu()), embedding)
    }

    /// 128 cosines, then 128 sines, of t·10000^(−i/128); (batch, rows, 256) in fp32.
    private func sinusoid(_ t: Tensor) throws -> Tensor {
        let exponents = try Tensor.arange(to: 128, device: t.device) * (-log(10000) / 128)
        let angles = try t.to(.float32).unsqueezed(-1) * exponents.exp()
        return try concatenated([angles.cos(), angles.sin()], axis: -1)
    }
}
