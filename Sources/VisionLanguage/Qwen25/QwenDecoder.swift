import NN
import Torch

/// Qwen2's decoder, turned by time, row and column.
struct QwenDecoder {
    private let config: QwenConfiguration
    let table: Tensor  // (vocabulary, width)
    private let layers: [QwenDecoderLayer]
    private let norm: RMSNorm

    init(_ w: Weights, _ config: QwenConfiguration) throws {
        self.config = config
        table = try (w / "embed_tokens").take("weight", config.vocabulary, config.width)
        layers = try (0..<config.layers).map { try QwenDecoderLayer(w / "layers" / $0, config) }
        norm = try RMSNorm(w / "norm", config.width, epsilon: config.epsilon)
    }

    /// A cache for so many tokens.
    func cache(room: Int) throws -> [LayerCache] {
        try layers.map { _ in
            try LayerCache(
                batch: 1, heads: config.sources, room: room, size: config.headSize, dtype: table.dtype,
                device: table.device)
        }
    }
    /// States (1, tokens, width) of the next tokens' embeddings at their positions (time, row, column each).
    func callAsFunction(_ embeddings: Tensor, _ positions: VisualPositions, _ cache: [LayerCache]) throws -> Tensor {
        let turn = try turns(positions)
        var x = embeddings
        for (layer, cache) in zip(layers, cache) { x = try layer(x, turn, cache) }
        return try norm(x)
    }
    /// (tokens, head size) each.
    private func turns(_ positions: VisualPositions) throws -> (cos: Tensor, sin: Tensor) {
        let pairs = config.headSize / 2
        let frequency =
            try Tensor.ones([pairs]) / Tensor.power(config.base, Tensor.arange(to: Double(pairs)) / Double(pairs))
        var parts: [Tensor] = [], start = 0
        for (axis, count) in config.sections.enumerated() {
            let places = try Tensor(positions.axes[axis].map { Float($0) }).unsqueezed(1)
            parts.append(try places * frequency.slice(0, start..<start + count).unsqueezed(0))
            start += count
        }
        let half = try concatenated(parts, axis: 1), angles = try concatenated([half, half], axis: 1).to(table.device)
        return (try angles.cos(), try angles.sin())
    }
}

private struct QwenDecoderLayer {
    private let inputNorm: RMSNorm, outputNorm: RMSNorm
    private let q: Linear, k: Linear, v: Linear, out: Linear
    private let mlp: GatedMLP
    private let heads: Int, sources: Int

    init(_ w: Weights, _ config: QwenConfiguration) throws {
        (heads, sources) = (config.heads, config.sources)
        inputNorm = try RMSNorm(w / "input_layernorm", config.width, epsilon: config.epsilon)
        outputNorm = try RMSNorm(w / "post_attention_layernorm", config.width, epsilon: config.epsilon)
        let narrow = sources * config.headSize, attention = w / "self_attn"
        q = try Linear(attention / "q_proj", config.width, config.width)
        k = try Linear(attention / "k_proj", config.width, narrow)
        v = try Linear(attention / "v_proj", config.width, narrow)
        out = try Linear(attention / "o_proj", config.width, config.width, bias: false)
        mlp = try GatedMLP(w / "mlp", config.width, config.hidden, bias: false)
    }
    func callAsFunction(_ x: Tensor, _ turn: (cos: Tensor, sin: Tensor), _ cache: LayerCache) throws -> Tensor {
        let x = try x + attend(inputNorm(x), turn, cache)
        return try x + mlp(outputNorm(x))
    }
    private func attend(_ x: Tensor, _ turn: (cos: Tensor, sin: Tensor), _ cache: LayerCache) throws -> Tensor {
        func split(_ x: Tensor, _ heads: Int) throws -> Tensor { try x.unflattened(2, [heads, -1]).transposed(1, 2) }
        let q = try rotated(split(q(x), heads), turn.cos, turn.sin)  // (1, heads, tokens, size)
        let isFirst = cache.count == 0
        let (keys, values) = try cache.extended(rotated(split(k(x), sources), turn.cos, turn.sin), split(v(x), sources))
        // Heads that share keys and values stand side by side.
        let times = heads / sources
        let k = times == 1 ? keys : try keys.interleaved(times, axis: 1),
            v = times == 1 ? values : try values.interleaved(times, axis: 1)
        // Tokens after the first pass come one at a time and see everything.
        let y = try attention(q, k, v, causal: isFirst && q.size(2) > 1)
        return try out(y.transposed(1, 2).flattened(from: 2))
    }
}
