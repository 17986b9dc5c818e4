import NN
import Torch

/// The encoder of T5 v1.1 (Raffel et al. 2020; transformers' `T5EncoderModel`): pre-norm blocks, attention without
/// scale and with a learned bias by distance, a gated GELU.
public final class T5Encoder {
    /// The sizes.
    public let config: T5Configuration
    /// Bytes of its weights.
    public let byteCount: Int
    private let table: Tensor  // (vocabulary, width)
    private let distances: DistanceBias
    private let blocks: [T5Block]
    private let norm: RMSNorm

    /// Takes its tensors out of `w`, which stands at the top of the checkpoint. Throws `WeightsError`.
    public init(_ w: Weights, _ config: T5Configuration) throws {
        self.config = config
        // Files hold the table once or twice: it is tied.
        let copy = w / "encoder" / "embed_tokens"
        if w.has("shared.weight") || !copy.has("weight") {
            table = try (w / "shared").take("weight", config.vocabulary, config.width)
            if copy.has("weight") { _ = try copy.take("weight", config.vocabulary, config.width) }
        } else {
            table = try copy.take("weight", config.vocabulary, config.width)
        }
        let blocks = w / "encoder" / "block"
        distances = try DistanceBias(blocks / 0 / "layer" / 0 / "SelfAttention" / "relative_attention_bias", config)
        self.blocks = try (0..<config.layers).map { try T5Block(blocks / $0 / "layer", config) }
        norm = try RMSNorm(w / "encoder" / "final_layer_norm", config.width, epsilon: config.epsilon)
        byteCount = w.byteCount
    }

    /// The dtype of the weights and so of the output.
    public var dtype: DType { table.dtype }
    /// Where the weights are.
    public var device: Device { table.device }

    /// Embeddings (batch, tokens, width) of token IDs (batch, tokens), int64.
    ///
    /// - Parameter mask: (batch, tokens), 1 or true for tokens that may be attended to; nil attends to all, padding
    ///   too, which is what upstream's preprocessing does (docs/reference-behaviour.md#caption-encoding).
    public func callAsFunction(_ identifiers: Tensor, mask: Tensor? = nil) throws -> Tensor {
        var x = try table.embedding(identifiers.to(device))  // (batch, tokens, width)
        let bias = try bias(tokens: identifiers.size(1), mask)
        for block in blocks { x = try block(x, bias) }
        return try norm(x)
    }

    /// What is added to the attention logits: (1 or batch, heads, tokens, tokens).
    private func bias(tokens: Int, _ mask: Tensor?) throws -> Tensor {
        let near = try distances(tokens)
        guard let mask else { return near }
        // The least number of the dtype rather than -∞: a row without a token then averages instead of giving NaN.
        let least = dtype == .float16 ? -65504 : dtype == .bfloat16 ? -3.3895313892515355e38 : -3.4028234663852886e38
        let hidden = try mask.to(device).equals(0).unsqueezed(1).unsqueezed(1)  // (batch, 1, 1, tokens)
        let floor = try Tensor.full([], least, dtype: dtype, device: device)
        return try Tensor.choose(hidden, floor, near).contiguous()
    }
}

/// Self-attention, then the feed-forward net, each added to what came in.
struct T5Block {
    private let attention: T5Attention, feedForward: T5FeedForward
    private let attentionNorm: RMSNorm, feedForwardNorm: RMSNorm

    init(_ w: Weights, _ config: T5Configuration) throws {
        attention = try T5Attention(w / 0 / "SelfAttention", config)
        attentionNorm = try RMSNorm(w / 0 / "layer_norm", config.width, epsilon: config.epsilon)
        feedForward = try T5FeedForward(w / 1 / "DenseReluDense", config)
        feedForwardNorm = try RMSNorm(w / 1 / "layer_norm", config.width, epsilon: config.epsilon)
    }

    func callAsFunction(_ x: Tensor, _ bias: Tensor) throws -> Tensor {
        let x = try x + attention(attentionNorm(x), bias)  // (batch, tokens, width)
        return try x + feedForward(feedForwardNorm(x))
    }
}

struct T5Attention {
    private let q: Linear, k: Linear, v: Linear, out: Linear
    private let heads: Int

    init(_ w: Weights, _ config: T5Configuration) throws {
        let inner = config.heads * config.headSize
        heads = config.heads
        q = try Linear(w / "q", config.width, inner, bias: false)
        k = try Linear(w / "k", config.width, inner, bias: false)
        v = try Linear(w / "v", config.width, inner, bias: false)
        out = try Linear(w / "o", inner, config.width, bias: false)
    }

    func callAsFunction(_ x: Tensor, _ bias: Tensor) throws -> Tensor {
        try out(attention(heads: heads, q(x), k(x), v(x), mask: bias, scale: 1))  // (batch, tokens, width)
    }
}

struct T5FeedForward {
    private let gate: Linear, up: Linear, down: Linear

    init(_ w: Weights, _ config: T5Configuration) throws {
        gate = try Linear(w / "wi_0", config.width, config.hidden, bias: false)
        up = try Linear(w / "wi_1", config.width, config.hidden, bias: false)
        down = try Linear(w / "wo", config.hidden, config.width, bias: false)
    }

    func callAsFunction(_ x: Tensor) throws -> Tensor {
        let h = try gate(x).gelu()  // (batch, tokens, hidden)
        return try down(h * up(x))
    }
}
