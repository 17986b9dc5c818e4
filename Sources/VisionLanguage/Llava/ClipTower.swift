import NN
import Torch

/// CLIP's vision tower, up to the layer whose states are taken.
struct ClipTower {
    private let config: LlavaConfiguration.Vision
    private let first: Tensor, patches: Linear, positions: Tensor
    private let norm: LayerNorm
    private let layers: [ClipLayer]

    init(_ w: Weights, _ config: LlavaConfiguration) throws {
        let vision = config.vision, embeddings = w / "embeddings"
        self.config = vision
        first = try embeddings.take("class_embedding", vision.width)
        patches = try Linear(
            kernel: embeddings / "patch_embedding", shape: [vision.width, 3, vision.patch, vision.patch])
        let places = vision.side * vision.side + 1
        positions = try (embeddings / "position_embedding").take("weight", places, vision.width)
        // Older files hold the numbers 0, 1, 2, … too.
        if embeddings.has("position_ids") { _ = try embeddings.take("position_ids", 1, places) }
        norm = try LayerNorm(w / "pre_layrnorm", vision.width, epsilon: vision.epsilon)
        // What lies behind the layer that is asked is in the file, and in no use.
        let all = try (0..<vision.layers).map { try ClipLayer(w / "encoder" / "layers" / $0, vision) }
        _ = try LayerNorm(w / "post_layernorm", vision.width, epsilon: vision.epsilon)
        layers = Array(all.prefix(config.visionLayers))
    }

    /// Patches (pictures, side · side, width) of normalised pictures (pictures, 3, pixels, pixels).
    func callAsFunction(_ pictures: Tensor) throws -> Tensor {
        let side = config.side, count = pictures.size(0), used = 0..<(side * config.patch)
        let rows = try pictures.slice(2, used).slice(3, used)
            .reshaped([count, 3, side, config.patch, side, config.patch]).permuted(0, 2, 4, 1, 3, 5)
            .reshaped(count, side * side, 3 * config.patch * config.patch)
        let begin = try first.reshaped(1, 1, config.width).expanded([count, 1, config.width])
        var x = try norm(concatenated([begin, patches.frozen(rows)], axis: 1) + positions)
        for layer in layers { x = try layer(x) }
        return try x.slice(1, from: 1)
    }
}

private struct ClipLayer {
    private let norm1: LayerNorm, norm2: LayerNorm
    private let q: Linear, k: Linear, v: Linear, out: Linear
    private let first: Linear, second: Linear
    private let heads: Int

    init(_ w: Weights, _ config: LlavaConfiguration.Vision) throws {
        norm1 = try LayerNorm(w / "layer_norm1", config.width, epsilon: config.epsilon)
        norm2 = try LayerNorm(w / "layer_norm2", config.width, epsilon: config.epsilon)
        let attention = w / "self_attn"
        q = try Linear(attention / "q_proj", config.width, config.width)
        k = try Linear(attention / "k_proj", config.width, config.width)
        v = try Linear(attention / "v_proj", config.width, config.width)
        out = try Linear(attention / "out_proj", config.width, config.width)
        first = try Linear(w / "mlp" / "fc1", config.width, config.hidden)
        second = try Linear(w / "mlp" / "fc2", config.hidden, config.width)
        heads = config.heads
    }
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        let parts = try Linear.frozen([q, k, v], norm1(x)).map { try $0.unflattened(2, [heads, -1]).transposed(1, 2) }
        let y = try frozenAttention(parts[0], parts[1], parts[2])  // (pictures, heads, patches, size)
        let x = try x + out.frozen(y.transposed(1, 2).flattened(from: 2))
        let h = try first.frozen(norm2(x))
        return try x + second.frozen(h * (h * 1.702).sigmoid())  // CLIP's quick GELU
    }
}
