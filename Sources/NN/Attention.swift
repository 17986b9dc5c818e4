import Torch

/// Attention in several heads that lie side by side: q (batch, tokens, heads·size), k and v (batch, source tokens,
/// heads·size) → (batch, tokens, heads·size). `mask` and `scale` are those of `attention`.
public func attention(
    heads: Int, _ q: Tensor, _ k: Tensor, _ v: Tensor, mask: Tensor? = nil, scale: Double? = nil
) throws -> Tensor {
    func split(_ x: Tensor) throws -> Tensor { try x.unflattened(2, [heads, -1]).transposed(1, 2) }
    let y = try attention(split(q), split(k), split(v), mask: mask, scale: scale)  // (batch, heads, tokens, size)
    return try y.transposed(1, 2).flattened(from: 2)
}
