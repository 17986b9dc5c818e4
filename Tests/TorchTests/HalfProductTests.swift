import Testing
import Torch

/// Products in bf16, which a CPU without them computes in fp32, against fp64.
@Suite struct HalfProductTests {
    private let draws: Generator

    init() throws { draws = try Generator(seed: 8) }
    private func random(_ shape: [Int]) throws -> Tensor {
        try Tensor.randn(shape, dtype: .bfloat16, generator: draws)
    }
    /// How far y is from what it should be, as a share of that.
    private func distance(_ y: Tensor?, _ exact: Tensor) throws -> Double {
        guard let y, y.shape == exact.shape, y.dtype == .bfloat16 else { return .infinity }
        return try (y.detached().to(.float64) - exact).norm().item() / exact.norm().item()
    }

    // One row, several, more than are widened at a time, and a matrix that is more than one block.
    @Test(arguments: [(1, 40, 24), (7, 33, 129), (150, 40, 24), (5, 2050, 2100)])
    func `a layer and its way back are what the formulas say, rounded once`(_ rows: Int, _ inputs: Int, _ outputs: Int)
        throws
    {
        let x = try random([2, rows, inputs]).trainable(), g = try random([2, rows, outputs])
        let weight = try random([outputs, inputs]).trainable(), bias = try random([outputs]).trainable()
        let y = try x.linear(weight, bias)
        try (y.to(.float32) * g.to(.float32)).sum().backward()
        let (x64, w64, g64) = try (x.detached().to(.float64), weight.detached().to(.float64), g.to(.float64))
        #expect(try distance(y, x64.matmul(w64.transposed(0, 1)) + bias.detached().to(.float64)) < 3e-3)
        #expect(try distance(x.gradient(), g64.matmul(w64)) < 3e-3)
        let flat = try g64.reshaped(-1, outputs).transposed(0, 1)
        #expect(try distance(weight.gradient(), flat.matmul(x64.reshaped(-1, inputs))) < 3e-3)
        #expect(try distance(bias.gradient(), g64.sum(0).sum(0)) < 3e-3)
    }

    @Test func `only what is trained has a way back`() throws {
        let x = try random([3, 16]), weight = try random([8, 16])
        #expect(try !x.linear(weight).requiresGradient)
        let trained = try weight.trainable(), y = try x.linear(trained)
        try y.to(.float32).sum().backward()
        #expect(try x.gradient() == nil)
        let sums = try x.to(.float64).sum(0).unsqueezed(0).expanded([8, 16])
        #expect(try distance(trained.gradient(), sums) < 3e-3)
        // A matrix that lies in memory the other way round.
        let turned = try random([16, 8]).transposed(0, 1)
        #expect(try distance(x.linear(turned), x.to(.float64).matmul(turned.to(.float64).transposed(0, 1))) < 3e-3)
    }

    @Test func `a convolution is what the formula says, rounded once`() throws {
        let x = try random([2, 6, 5, 7, 9]), weight = try random([4, 6, 3, 3, 3]), bias = try random([4])
        let y = try x.conv3d(weight, bias, stride: [1, 2, 2], padding: [0, 1, 1])
        let exact = try x.to(.float64).conv3d(
            weight.to(.float64), bias.to(.float64), stride: [1, 2, 2], padding: [0, 1, 1])
        #expect(try distance(y, exact) < 3e-3)
    }

    /// Without a mask, with one that is added, one that keeps where it is true, and where nobody looks ahead; keys as many as queries, and
    /// fewer.
    @Test(arguments: ["none", "added", "kept", "causal"]) func `attention and its way back are what the formulas say`(
        masked: String
    ) throws {
        let keys = masked == "causal" ? 37 : 21
        let q = try random([2, 3, 37, 16]).trainable(), k = try random([2, 3, keys, 16]).trainable()
        let v = try random([2, 3, keys, 16]).trainable(), g = try random([2, 3, 37, 16])
        var mask: Tensor?
        if masked == "added" { mask = try random([2, 1, 37, keys]) }
        if masked == "kept" {
            let shown = (0..<2 * keys).map { Float($0 % keys < ($0 < keys ? keys : 9) ? 1 : 0) }
            mask = try Tensor(shown).reshaped(2, 1, 1, keys).expanded([2, 1, 37, keys]).isAbove(0)
        }
        let y = try attention(q, k, v, mask: mask, causal: masked == "causal", scale: 0.3)
        try (y.to(.float32) * g.to(.float32)).sum().backward()

        let wide = try [q, k, v].map { try $0.detached().to(.float64).trainable() }
        let exact = try attention(
            wide[0], wide[1], wide[2], mask: mask.map { $0.dtype == .bool ? $0 : try $0.to(.float64) },
            causal: masked == "causal", scale: 0.3)
        try (exact * g.to(.float64)).sum().backward()
        #expect(try distance(y, exact.detached()) < 3e-3)
        for (half, wide) in zip([q, k, v], wide) {
            let gradient = try #require(try wide.gradient())
            #expect(try distance(half.gradient(), gradient) < 6e-3)
        }
    }
    @Test func `attention of which nothing is trained has no way back`() throws {
        let q = try random([1, 2, 5, 8]), k = try random([1, 2, 5, 8]).trainable()
        #expect(try !attention(q, q, q).requiresGradient)
        try attention(q, k, q).to(.float32).sum().backward()
        #expect(try q.gradient() == nil && k.gradient() != nil)
        let recorded = try withoutGradients { try attention(q, k, q).requiresGradient }
        #expect(!recorded)
    }
}
