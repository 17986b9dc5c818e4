import NN
import Torch

/// What a noise level does to every block (diffusers' `AdaLayerNormSingle`, PixArt-α).
struct AdaLNSingle {
    private let embedding: TimestepEmbedding, modulation: Linear

    init(_ w: Weights, width: Int) throws {
        embedding = try TimestepEmbedding(w / "emb" / "timestep_embedder", width)
        modulation = try Linear(w / "linear", width, 6 * width)
    }

    /// t (batch, rows) in 0 … 1000 → the modulation (batch, rows, 6·width) and the embedding (batch, rows, width).
    func callAsFunction(_ t: Tensor) throws -> (modulation: Tensor, embedding: Tensor) {
        let embedded = try embedding(t)
        return (try modulation(embedded.silu()), embedded)
    }
}
