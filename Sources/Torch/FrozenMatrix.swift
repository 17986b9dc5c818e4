import CTorch

/// A matrix (outputs, inputs) in which nothing is trained, as it is kept, and the bias (outputs) behind it.
public struct FrozenMatrix {
    /// As it is kept.
    public enum Form {
        case dense(Tensor)
        case quantized(QuantizedTensor)
    }
    let form: Form, bias: Tensor?

    /// Neither is copied.
    public init(_ form: Form, bias: Tensor? = nil) { (self.form, self.bias) = (form, bias) }
}

extension FrozenMatrix: Lendable {
    func lend<R>(_ body: (ct_frozen) throws -> R) rethrows -> R {
        try bias.lend { bias in
            switch form {
            case .dense(let matrix):
                try matrix.lend { matrix in
                    let dense = ct_quantized(codes: matrix, scale: nil, shift: nil, bits: 0, rows: 0, columns: 0)
                    return try body(ct_frozen(matrix: dense, bias: bias))
                }
            case .quantized(let matrix): try matrix.lend { try body(ct_frozen(matrix: $0, bias: bias)) }
            }
        }
    }
}

/// Several, lent together.
private struct FrozenMatrices: Lendable {
    let all: ArraySlice<FrozenMatrix>

    func lend<R>(_ body: ([ct_frozen]) throws -> R) rethrows -> R { try lend([], body) }
    private func lend<R>(_ lent: [ct_frozen], _ body: ([ct_frozen]) throws -> R) rethrows -> R {
        guard let first = all.first else { return try body(lent) }
        return try first.lend { try FrozenMatrices(all: all.dropFirst()).lend(lent + [$0], body) }
    }
}

extension Tensor {
    /// What stands for x·Wᵀ + b, x (…, inputs), where nobody reads it and gradients go back through it all the same, to x alone: nothing
    /// is computed on the way there.
    public func unreadLinear(_ matrix: FrozenMatrix) throws -> Tensor { try make(self, matrix, ct_unread_linear) }
    /// x·Wᵀ + b + scale·(x·Aᵀ)·Bᵀ, x (…, inputs), A (rank, inputs) and B (outputs, rank) of the dtype of x, with gradients for the three.
    ///
    /// - Parameter isRead: false where nobody reads what comes out, and gradients go back through it all the same: see `unreadLinear`.
    public func linear(
        _ matrix: FrozenMatrix, adaptedBy a: Tensor, _ b: Tensor, scale: Double, isRead: Bool = true
    ) throws -> Tensor {
        try matrix.lend { matrix in
            try make(self, a, b) { ct_adapted_linear($0, matrix, $1, $2, scale, isRead, $3) }
        }
    }
    /// x·Wᵀ + b of each matrix, x (…, inputs), in the dtype of x; without gradients. On the CPU weights are read as they are kept, all of them in
    /// one go for few rows of x, and sums are in fp32, rounded once.
    public func linears(_ matrices: [FrozenMatrix]) throws -> [Tensor] {
        var out = [ct_tensor?](repeating: nil, count: matrices.count)
        try check(self, FrozenMatrices(all: matrices[...])) { ct_frozen_linears($0, $1, Int64($1.count), &out) }
        return out.compactMap { $0.map(Tensor.init(owning:)) }
    }
    /// Pairs of channels that lie half of the last axis apart, turned in fp32: x · cos + (−second half, first half) · sin, which
    /// broadcast to x; in the dtype of x.
    public func turned(_ cos: Tensor, _ sin: Tensor) throws -> Tensor { try make(self, cos, sin, ct_turn_halves) }
}

/// `attention` where no gradients are asked for and heads may share keys and values: q (batch, heads, tokens, size), k and v (batch, sources,
/// source tokens, size), sources a divisor of heads. One token at a time on the CPU reads keys and values where they are.
public func frozenAttention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, mask: Tensor? = nil, causal: Bool = false
) throws -> Tensor {
    try make(q, k, v, mask) { ct_frozen_attention($0, $1, $2, $3, causal, $4) }
}
