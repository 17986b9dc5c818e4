import Torch

/// What an adapter adds to its weight, B · A · strength, by its singular values: without ever making the whole matrix.
struct LoRAFactors {
    /// Orthonormal columns, (outputs, n) and (inputs, n).
    private let u: Tensor, v: Tensor
    private let singular: Tensor
    /// Descending.
    let values: [Double]
    private let adapter: LoRAFile.Adapter

    /// In fp64: small values of a product are differences of large ones.
    init(_ adapter: LoRAFile.Adapter) throws {
        let (qb, rb) = try adapter.b.to(.float64).qr()
        let (qa, ra) = try adapter.a.to(.float64).transposed(0, 1).qr()
        let (u, s, v) = try (rb.matmul(ra.transposed(0, 1)) * adapter.strength).svd()
        (self.u, self.v, singular) = (try qb.matmul(u), try qa.matmul(v), s)
        values = try s.floats().map(Double.init)
        self.adapter = adapter
    }

    /// The Frobenius norm.
    var norm: Double { energy(values.count).squareRoot() }
    private func energy(_ count: Int) -> Double { values.prefix(count).reduce(0) { $0 + $1 * $1 } }
    /// How much of the norm the first values have, 0…1.
    func share(_ count: Int) -> Double {
        let whole = energy(values.count)
        return whole > 0 ? (energy(count) / whole).squareRoot() : 1
    }
    /// How many values it takes for a share of the norm.
    func rank(for share: Double) -> Int { (1...max(values.count, 1)).first { self.share($0) >= share } ?? values.count }

    /// The nearest adapter of a lower rank, with strength 1; in the dtypes of the first.
    func cut(to rank: Int) throws -> LoRAFile.Adapter {
        let count = max(1, min(rank, values.count)), root = try singular.slice(0, 0..<count).sqrt()
        let a = try (v.slice(1, 0..<count) * root).transposed(0, 1).contiguous().to(adapter.a.dtype)
        let b = try (u.slice(1, 0..<count) * root).contiguous().to(adapter.b.dtype)
        return LoRAFile.Adapter(module: adapter.module, a: a, b: b, alpha: nil)
    }
}
