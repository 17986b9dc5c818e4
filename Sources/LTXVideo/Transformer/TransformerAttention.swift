import NN
import Torch

/// Attention of video tokens over themselves, or over the caption.
final class TransformerAttention {
    private let query: Linear, key: Linear, value: Linear, out: Linear
    private let queryNorm: RMSNorm, keyNorm: RMSNorm
    private let heads: Int

    init(_ w: Weights, _ config: TransformerConfiguration, source: Int) throws {
        let width = config.width, bias = config.attentionBias
        heads = config.heads
        queryNorm = try RMSNorm(w / "norm_q", width, epsilon: 1e-5)
        keyNorm = try RMSNorm(w / "norm_k", width, epsilon: 1e-5)
        query = try Linear(w / "to_q", width, width, bias: bias)
        key = try Linear(w / "to_k", source, width, bias: bias)
        value = try Linear(w / "to_v", source, width, bias: bias)
        out = try Linear(w / "to_out" / 0, width, width, bias: config.attentionOutBias)
    }

    /// x (batch, tokens, width), source (batch, source tokens, source width) → (batch, tokens, width).
    func callAsFunction(
        _ x: Tensor, _ source: Tensor, rotary: RotaryTable? = nil, bias: Tensor? = nil,
        skipped: SkippedAttention.Mode? = nil
    ) throws -> Tensor {
        if let skipped { return try out(skipped == .attentionValues ? value(source) : x) }
        var q = try queryNorm(query(x)), k = try keyNorm(key(source))
        if let rotary { (q, k) = (try rotary(q), try rotary(k)) }
        return try out(attention(heads: heads, q, k, value(source), mask: bias))
    }
}
