import NN
import Torch

/// The layers of Llama and its relatives, Qwen's among them.
struct Decoder {
    private let config: DecoderConfiguration
    let table: Tensor  // (vocabulary, width)
    private let layers: [DecoderLayer]
    private let norm: RMSNorm
    private let frequencies: Tensor  // (head size / 2)

    init(_ w: Weights, _ config: DecoderConfiguration) throws {
        self.config = config
        table = try (w / "embed_tokens").take("weight", config.vocabulary, config.width)
        layers = try (0..<config.layers).map { try DecoderLayer(w / "layers" / $0, config) }
        norm = try RMSNorm(w / "norm", config.width, epsilon: config.epsilon)
        let pairs = config.headSize / 2
        let powers = try Tensor.power(config.base, Tensor.arange(to: Double(pairs)) / Double(pairs))
        frequencies = try Tensor.ones([pairs]) / powers / config.factor
    }

    /// A cache for so many tokens of so many prompts.
    func cache(rows: Int, room: Int) throws -> [LayerCache] {
        try layers.map { _ in
            try LayerCache(
                rows: rows, heads: config.sources, room: room, size: config.headSize, dtype: table.dtype,
                device: table.device)
        }
    }
    /// States (rows, tokens, width) of the next tokens, at their turns. `mask` is added to what a token sees of those before it; nil: it
    /// sees all of them. `deep[i]` is added behind layer i.
    func callAsFunction(
        _ embeddings: Tensor, _ turn: Turn, _ cache: [LayerCache], mask: Tensor? = nil, deep: [Tensor] = []
    ) throws -> Tensor {
        var x = embeddings
        for (place, (layer, cache)) in zip(layers, cache).enumerated() {
            x = try layer(x, turn, cache, mask)
            if place < deep.count { x = try x + deep[place] }
        }
        return x
    }
    /// Of the states of the tokens that are asked about.
    func normalized(_ x: Tensor) throws -> Tensor { try norm(x) }

    /// How far channels turn at positions (time, row and column: each a list a row of tokens).
    func turn(_ positions: [[[Int]]]) throws -> Turn {
        let rows = positions.count, axes = config.axes, used = Array(Set(axes)).sorted()
        var angles: Tensor?
        for axis in used {
            let flat = positions.flatMap { $0[axis].map { Float($0) } }
            let places = try Tensor(flat, shape: [rows, 1, flat.count / max(rows, 1), 1])
            let own = try Tensor(axes.map { $0 == axis ? Float(1) : 0 })
            let part = try places * (frequencies.to(.cpu) * own)
            angles = try angles.map { try $0 + part } ?? part
        }
        guard let angles else { throw TorchError.failed("nothing turns") }
        let both = try concatenated([angles, angles], axis: 3).to(table.device)
        return Turn(cos: try both.cos(), sin: try both.sin())
    }
}

/// (rows, 1, tokens, head size) each, fp32.
struct Turn {
    let cos: Tensor, sin: Tensor

    /// Channels turned in pairs that lie half a head apart, in fp32; in the dtype of x.
    func callAsFunction(_ x: Tensor) throws -> Tensor { try x.turned(cos, sin) }
}

private struct DecoderLayer {
    private let inputNorm: RMSNorm, outputNorm: RMSNorm
    private let q: Linear, k: Linear, v: Linear, out: Linear
    private let queryNorm: RMSNorm?, keyNorm: RMSNorm?
    private let mlp: GatedMLP
    private let heads: Int, sources: Int

    init(_ w: Weights, _ config: DecoderConfiguration) throws {
        (heads, sources) = (config.heads, config.sources)
        inputNorm = try RMSNorm(w / "input_layernorm", config.width, epsilon: config.epsilon)
        outputNorm = try RMSNorm(w / "post_attention_layernorm", config.width, epsilon: config.epsilon)
        let wide = heads * config.headSize, narrow = sources * config.headSize, attention = w / "self_attn"
        q = try Linear(attention / "q_proj", config.width, wide, bias: config.hasBias)
        k = try Linear(attention / "k_proj", config.width, narrow, bias: config.hasBias)
        v = try Linear(attention / "v_proj", config.width, narrow, bias: config.hasBias)
        out = try Linear(attention / "o_proj", wide, config.width, bias: false)
        func headNorm(_ key: String) throws -> RMSNorm? {
            guard config.normsHeads else { return nil }
            return try RMSNorm(attention / key, config.headSize, epsilon: config.epsilon)
        }
        (queryNorm, keyNorm) = (try headNorm("q_norm"), try headNorm("k_norm"))
        mlp = try GatedMLP(w / "mlp", config.width, config.hidden, bias: false)
    }
    func callAsFunction(_ x: Tensor, _ turn: Turn, _ cache: LayerCache, _ mask: Tensor?) throws -> Tensor {
        let x = try x + attend(inputNorm(x), turn, cache, mask)
        return try x + mlp(outputNorm(x))
    }
    private func attend(_ x: Tensor, _ turn: Turn, _ cache: LayerCache, _ mask: Tensor?) throws -> Tensor {
        func split(_ x: Tensor, _ heads: Int, _ norm: RMSNorm?) throws -> Tensor {
            let parts = try x.unflattened(2, [heads, -1])
            return try (norm.map { try $0(parts) } ?? parts).transposed(1, 2)
        }
        let parts = try Linear.frozen([q, k, v], x)
        let q = try turn(split(parts[0], heads, queryNorm))  // (rows, heads, tokens, size)
        let isFirst = cache.count == 0
        let (keys, values) = try cache.extended(
            turn(split(parts[1], sources, keyNorm)), split(parts[2], sources, nil))
        let y = try frozenAttention(
            q, keys, values, mask: mask, causal: isFirst && mask == nil && q.size(2) > 1)
        return try out.frozen(y.transposed(1, 2).flattened(from: 2))
    }
}

/// down(silu(gate(x)) · up(x)), as Llama and Qwen have it.
struct GatedMLP {
    private let gate: Linear, up: Linear, down: Linear

    init(_ w: Weights, _ width: Int, _ hidden: Int, bias: Bool) throws {
        gate = try Linear(w / "gate_proj", width, hidden, bias: bias)
        up = try Linear(w / "up_proj", width, hidden, bias: bias)
        down = try Linear(w / "down_proj", hidden, width, bias: bias)
    }
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        let parts = try Linear.frozen([gate, up], x)
        return try down.frozen(parts[0].silu() * parts[1])
    }
}
