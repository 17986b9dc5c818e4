import NN
import Testing
import Torch

/// A frozen layer with an adapter beside it in one function, and one whose output nobody reads.
@Suite struct AdaptedLinearTests {
    private static let formats: [QuantizedFormat?] = [nil] + QuantizedFormat.allCases

    /// One layer from 64 to 24 channels, in one format.
    private func layer(_ dtype: DType, _ format: QuantizedFormat?) throws -> Linear {
        let weights = Weights(
            ["down.weight": try Self.matrix(dtype), "down.bias": try Self.bias(dtype)], source: "toy",
            policy: WeightPolicy(dtype, quantization: format))
        return try Linear(weights / "down", 64, 24)
    }
    private static func matrix(_ dtype: DType) throws -> Tensor {
        try Tensor.randn([24, 64], dtype: dtype, generator: Generator(seed: 4))
    }
    private static func bias(_ dtype: DType) throws -> Tensor {
        try Tensor.randn([24], dtype: dtype, generator: Generator(seed: 5))
    }
    /// What comes out, and the gradients of x, A, B and the magnitude.
    private func pass(
        _ layer: Linear, _ dtype: DType, isRead: Bool, dropout: Double = 0
    ) throws -> (y: Tensor, gradients: [Tensor]) {
        let draws = try Generator(seed: 6)
        let x = try Tensor.randn([2, 5, 64], dtype: dtype, generator: draws).trainable()
        layer.lora?.dropout = Dropout(dropout, generator: draws)
        let leaves = [x] + (layer.lora.map { [$0.a, $0.b] + ($0.magnitude.map { [$0] } ?? []) } ?? [])
        for leaf in leaves { try leaf.setGradient(nil) }
        let y = try layer(x, isRead: isRead)
        #expect(y.shape == [2, 5, 24] && y.dtype == dtype)
        let gradient = try Tensor.randn([2, 5, 24], dtype: dtype, generator: draws)
        try accumulateGradients(of: [y], from: [gradient])
        return (try y.detached(), try leaves.map { try #require(try $0.gradient()).cloned() })
    }

    @Test(arguments: formats, [DType.float32, .bfloat16])
    func `an adapter is added as plain operators add it, there and back`(
        _ format: QuantizedFormat?, _ dtype: DType
    ) throws {
        let layer = try layer(dtype, format), draws = try Generator(seed: 8)
        let lora = try LoRA(for: layer, rank: 4, alpha: 6, dtype: dtype, generator: draws)
        try lora.b.detached().fillUniform(-1, 1, generator: draws)
        layer.lora = lora
        let (y, gradients) = try pass(layer, dtype, isRead: true)
        // The same in fp64, of the matrix as it is kept.
        let again = try Generator(seed: 6)
        let x = try Tensor.randn([2, 5, 64], dtype: dtype, generator: again).to(.float64).trainable()
        let gradient = try Tensor.randn([2, 5, 24], dtype: dtype, generator: again).to(.float64)
        let a = try lora.a.detached().to(.float64).trainable(), b = try lora.b.detached().to(.float64).trainable()
        let matrix = try layer.quantized?.dense(dtype) ?? Self.matrix(dtype)
        let exact = try x.linear(matrix.to(.float64), Self.bias(dtype).to(.float64))
            .adding(x.linear(a).linear(b), scaledBy: 1.5)
        try accumulateGradients(of: [exact], from: [gradient])
        let bound = dtype == .float32 ? 2e-6 : 1.5e-2
        #expect(try distance(y, exact.detached()) < bound)
        for (own, leaf) in zip(gradients, [x, a, b]) {
            #expect(own.dtype == dtype)
            #expect(try distance(own, #require(try leaf.gradient())) < bound)
        }
    }

    @Test func `an adapter of another shape or dtype is refused or converted`() throws {
        let layer = try layer(.bfloat16, nil)
        layer.lora = try LoRA(for: layer, rank: 4, alpha: 4, dtype: .float32)
        #expect(try pass(layer, .bfloat16, isRead: true).y.dtype == .bfloat16)
        let matrix = FrozenMatrix(.dense(try Tensor.ones([24, 64]))), x = try Tensor.ones([3, 64])
        for (a, b) in [([4, 63], [24, 4]), ([4, 64], [23, 4]), ([4, 64], [24, 5]), ([64], [24, 4])] {
            let error = #expect(throws: TorchError.self) {
                try x.linear(matrix, adaptedBy: Tensor.ones(a), Tensor.ones(b), scale: 1)
            }
            #expect(error.map { "\($0)".contains("does not fit a matrix of 24 rows and 64 columns") } == true)
        }
    }

    @Test(arguments: formats, [DType.float32, .bfloat16])
    func `gradients go through what nobody reads as if it were computed`(_ format: QuantizedFormat?, _ dtype: DType)
        throws
    {
        for kind in ["alone", "LoRA", "dropout", "DoRA"] {
            let layer = try layer(dtype, format)
            if kind != "alone" {
                let draws = try Generator(seed: 8)
                let lora = try LoRA(
                    for: layer, rank: 4, alpha: 4, isDecomposed: kind == "DoRA", dtype: .float32, generator: draws)
                try lora.b.detached().fillUniform(-1, 1, generator: draws)
                layer.lora = lora
            }
            let dropout = kind == "dropout" ? 0.4 : 0
            let read = try pass(layer, dtype, isRead: true, dropout: dropout)
            let unread = try pass(layer, dtype, isRead: false, dropout: dropout)
            #expect(read.gradients.count == ["alone": 1, "DoRA": 4][kind] ?? 3)
            for (a, b) in zip(read.gradients, unread.gradients) { #expect(try a.isEqual(to: b), "\(kind)") }
            // The gradient of a magnitude is made of the values.
            #expect(try read.y.isEqual(to: unread.y) == (kind == "DoRA"), "\(kind)")
        }
    }

    @Test func `what nobody reads takes no room`() throws {
        let weights = Weights(policy: WeightPolicy(.float32, on: .meta)) { _, shape in
            try Tensor.empty(shape, dtype: .float32, device: .meta)
        }
        let layer = try Linear(weights, 64, 1000), x = try Tensor.empty([50, 64], dtype: .float32, device: .meta)
        func most(_ isRead: Bool) throws -> Int {
            try Allocations(on: .meta).peak { _ = try layer(x, isRead: isRead) }.1
        }
        #expect(try most(true) >= 50 * 1000 * 4)
        #expect(try most(false) < 100)
    }

    @Test func `other rows than the matrix has columns are refused`() throws {
        let layer = try layer(.float32, .int8)
        let error = #expect(throws: TorchError.self) { try layer(Tensor.ones([3, 63]), isRead: false) }
        #expect(error.map { "\($0)".contains("rows of 64 elements were expected, got 63") } == true)
    }
}
