import Torch

extension Linear {
    /// What each of some layers makes of the same x (…, inputs), where no gradient is asked for: all of them in one pass over
    /// memory where x is few rows on the CPU.
    public static func frozen(_ layers: [Linear], _ x: Tensor) throws -> [Tensor] {
        let matrices = layers.compactMap(\.frozenMatrix)
        return try matrices.count == layers.count ? x.linears(matrices) : layers.map { try $0(x) }
    }
    /// x (…, inputs) → (…, outputs), where no gradient is asked for.
    public func frozen(_ x: Tensor) throws -> Tensor {
        try frozenMatrix.map { try x.linears([$0])[0] } ?? self(x)
    }
}
