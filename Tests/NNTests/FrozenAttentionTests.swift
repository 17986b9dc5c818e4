import NN
import Testing
import Torch

/// Attention over a cache, and turned channels, against their formulas.
@Suite struct FrozenAttentionTests {
    private let draws: Generator

    init() throws { draws = try Generator(seed: 6) }
    // (heads, sources, size): of Llama's, of Qwen's, of none.
    @Test(arguments: [(10, 10, 64), (6, 2, 128), (5, 1, 40), (4, 2, 12)], [DType.float32, .bfloat16])
    func `one token and several see what the formula says, behind a mask and without`(
        _ heads: (Int, Int, Int), _ dtype: DType
    ) throws {
        let (asking, sources, size) = heads, room = 90
        func wide(_ x: Tensor) throws -> Tensor { try x.to(.float64).interleaved(asking / sources, axis: 1) }
        // In place, in a cache that has room for more.
        let keys = try Tensor.randn([3, sources, room, size], dtype: dtype, generator: draws).slice(2, 0..<77)
        let values = try Tensor.randn([3, sources, room, size], dtype: dtype, generator: draws).slice(2, 0..<77)
        let hidden = try (Tensor.rand([3, 1, 1, 77], generator: draws).isAbove(0.7).to(.float32) * -3e4)
            .to(dtype)
        for count in [1, 4] {
            let q = try Tensor.randn([3, count, asking, size], dtype: dtype, generator: draws).transposed(1, 2)
            for mask in [nil, hidden] {
                let y = try frozenAttention(q, keys, values, mask: mask)
                let scores = try q.to(.float64).matmul(wide(keys).transposed(2, 3)) * (1 / Double(size).squareRoot())
                let shares = try (mask.map { try scores + $0.to(.float64) } ?? scores).softmax(3)
                let exact = try shares.matmul(wide(values))
                #expect(y.shape == q.shape && y.dtype == dtype)
                #expect(try distance(y, exact) < (dtype == .float32 ? 2e-6 : count == 1 ? 2.5e-3 : 1e-2), "\(count)")
            }
        }
    }

    @Test(arguments: [DType.float32, .bfloat16])
    func `channels turn as the formula has it, to the bit`(_ dtype: DType) throws {
        let x = try Tensor.randn([2, 9, 3, 20], dtype: dtype, generator: draws).transposed(1, 2)
        let angles = try Tensor.randn([2, 1, 9, 20], generator: draws), cos = try angles.cos(), sin = try angles.sin()
        let wide = try x.to(.float32), halves = try wide.chunked(2, axis: -1)
        let expected = try (wide * cos + concatenated([-halves[1], halves[0]], axis: -1) * sin).to(dtype)
        #expect(try x.turned(cos, sin).isEqual(to: expected))
        // What leads to a gradient takes the same formula.
        let trained = try wide.cloned().trainable().turned(cos, sin)
        #expect(trained.requiresGradient)
        #expect(try trained.detached().to(dtype).isEqual(to: expected))
    }

    // Rows that one thread takes and rows that several do, a width of whole lanes and one with a rest.
    @Test(arguments: [(3, 64), (700, 64), (90, 403)], [DType.float32, .bfloat16])
    func `the norm of tokens and its gradient are those of libtorch in more digits`(_ shape: (Int, Int), _ dtype: DType)
        throws
    {
        let (rows, size) = shape, weight = try Tensor.randn([size], dtype: dtype, generator: draws)
        let x = try Tensor.randn([2, rows, size], dtype: dtype, generator: draws)
        let gradient = try Tensor.randn([2, rows, size], dtype: dtype, generator: draws)
        for weight in [weight, nil] {
            // libtorch's own, in more digits.
            let wide = try x.to(.float64).trainable(), own = try x.cloned().trainable()
            let expected = try wide.rmsNorm(size, weight: weight?.to(.float64), epsilon: 1e-3)
            let y = try own.rmsNorm(size, weight: weight, epsilon: 1e-3)
            #expect(y.shape == x.shape && y.dtype == dtype)
            #expect(try distance(y.detached(), expected.detached()) < (dtype == .float32 ? 1e-6 : 4e-3))
            try accumulateGradients(of: [expected], from: [gradient.to(.float64)])
            try accumulateGradients(of: [y], from: [gradient])
            let found = try #require(try own.gradient()), right = try #require(try wide.gradient())
            #expect(found.dtype == dtype)
            #expect(try distance(found, right) < (dtype == .float32 ? 1e-6 : 4e-3))
            // The same without gradients, to the bit, and of a view.
            let plain = try x.rmsNorm(size, weight: weight, epsilon: 1e-3)
            #expect(try plain.isEqual(to: y.detached()))
            let turned = try x.transposed(0, 1).rmsNorm(size, weight: weight, epsilon: 1e-3)
            #expect(try distance(turned, plain.transposed(0, 1).to(.float64)) < (dtype == .float32 ? 1e-6 : 8e-3))
        }
        // A weight that is trained gets a gradient.
        let trained = try weight.cloned().trainable()
        try accumulateGradients(of: [x.rmsNorm(size, weight: trained, epsilon: 1e-3)], from: [gradient])
        #expect(try #require(try trained.gradient()).abs().max().item() > 0)
    }
}
