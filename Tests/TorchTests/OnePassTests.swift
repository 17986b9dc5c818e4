import Testing
import Torch

/// Functions that the CPU computes in one pass, against plain operators in fp64.
@Suite struct OnePassTests {
    private let draws: Generator
    init() throws { draws = try Generator(seed: 5) }

    /// The largest difference to `exact`, as a part of the largest number in that.
    private func distance(_ y: Tensor?, _ exact: Tensor?) throws -> Double {
        let y = try #require(y).detached().to(.float64), exact = try #require(exact).detached()
        return try (y - exact).abs().max().item() / exact.abs().max().item()
    }
    /// What comes out of `function` and `exact`, and the gradients of x, are the same to the precision of its dtype, rounded so many
    /// times.
    private func compare(
        _ x: Tensor, roundings: Double = 1, _ function: (Tensor) throws -> Tensor, _ exact: (Tensor) throws -> Tensor
    ) throws {
        let bound = (x.dtype == .float32 ? 1e-6 : 4e-3) * roundings
        let leaf = try x.detached().trainable(), wide = try x.detached().to(.float64).cloned().trainable()
        let y = try function(leaf), expected = try exact(wide)
        #expect(y.shape == expected.shape && y.dtype == x.dtype)
        #expect(try distance(y, expected) < bound)
        #expect(try withoutGradients { try function(x).isEqual(to: y.detached()) })
        let gradient = try Tensor.randn(y.shape, dtype: x.dtype, generator: draws)
        try accumulateGradients(of: [y], from: [gradient])
        try accumulateGradients(of: [expected], from: [try gradient.to(.float64)])
        #expect(try leaf.gradient()?.dtype == x.dtype)
        #expect(try distance(leaf.gradient(), wide.gradient()) < bound)
    }

    @Test(arguments: [DType.float32, .bfloat16], [[1], [7], [3, 33], [64, 129]])
    func `GELU and its gradient are those of the tanh formula`(_ dtype: DType, _ shape: [Int]) throws {
        func formula(_ x: Tensor) throws -> Tensor {
            try 0.5 * x * (1 + ((x + 0.044715 * x * x * x) * (2 / Double.pi).squareRoot()).tanh())
        }
        let x = try (Tensor.randn(shape, generator: draws) * 3).to(dtype)
        try compare(x, { try $0.gelu() }, formula)
        if shape.count == 2 { try compare(x.transposed(0, 1), { try $0.gelu() }, formula) }
    }
    @Test func `GELU of large numbers is the number or nothing, and of no number none`() throws {
        let x = try Tensor([-1e4, -30, 0, 30, 1e4, .nan, .infinity] as [Float])
        let y = try x.gelu().floats()
        #expect(y[..<2].allSatisfy { abs($0) < 1e-30 } && y[2] == 0)
        #expect(y[3] == 30 && y[4] == 1e4 && y[5].isNaN && y[6] == .infinity)
    }

    @Test(
        arguments: [DType.float32, .bfloat16],
        [
            ([2, 5, 12], [1, 5, 6]), ([2, 5, 12], [2, 5, 6]), ([2, 5, 34], [5, 17]), ([3, 2], [1]),
            ([2, 3, 4, 8], [3, 1, 4]),
        ])
    func `pairs are turned by their factors, and gradients back`(_ dtype: DType, _ shapes: ([Int], [Int])) throws {
        let angles = try Tensor.randn(shapes.1, generator: draws) * 3
        let cos = try angles.cos(), sin = try angles.sin(), factors = try Tensor.complex(cos, sin)
        func formula(_ x: Tensor) throws -> Tensor {
            let pairs = try x.unflattened(-1, [-1, 2]), c = try cos.to(.float64), s = try sin.to(.float64)
            let a = try pairs.select(-1, 0), b = try pairs.select(-1, 1)
            return try stacked([a * c - b * s, a * s + b * c], axis: -1).flattened(from: -2)
        }
        let x = try Tensor.randn(shapes.0, dtype: dtype, generator: draws)
        try compare(x, { try $0.rotated(by: factors) }, formula)
        guard shapes.0.count > 2 else { return }
        // Not as it lies in memory.
        let turned = try Tensor.randn(
            [shapes.0[1], shapes.0[0]] + shapes.0[2...], dtype: dtype, generator: draws
        ).transposed(0, 1)
        try compare(turned, { try $0.rotated(by: factors) }, formula)
    }

    @Test(
        arguments: [DType.float32, .bfloat16],
        [([2, 5, 40], [2, 1, 40]), ([2, 5, 40], [1, 1, 40]), ([2, 5, 33], [2, 5, 33]), ([4, 96], [96])])
    func `a norm is weighed and shifted in its pass, and gradients go back`(
        _ dtype: DType, _ shapes: ([Int], [Int])
    ) throws {
        // Two rows of six, as a model has them: not side by side in memory.
        let rows = try Tensor.randn(
            Array(shapes.1.dropLast()) + [6] + shapes.1.suffix(1), dtype: dtype, generator: draws)
        let axis = shapes.1.count - 1
        let shift = try rows.select(axis, 1), scale = try rows.select(axis, 4)
        let x = try Tensor.randn(shapes.0, dtype: dtype, generator: draws), size = shapes.0[shapes.0.count - 1]
        try compare(x, roundings: 2, { try $0.rmsNorm(size, times: scale, plus: shift, epsilon: 1e-3) }) { x in
            try x / (x.squared().mean(-1, keep: true) + 1e-3).sqrt() * scale.to(.float64) + shift.to(.float64)
        }
        // What is trained beside it gets its gradient.
        let trained = try scale.detached().cloned().trainable()
        let y = try x.rmsNorm(size, times: trained, plus: shift, epsilon: 1e-3)
        try y.sum().backward()
        #expect(try trained.gradient()?.shape == scale.shape)
    }
}
