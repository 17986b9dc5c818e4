import NN
import Testing
import Torch

/// Products without gradients against sums in fp64 of the same stored weights.
@Suite struct FrozenLinearTests {
    private let draws: Generator

    init() throws { draws = try Generator(seed: 5) }
    /// What codes, scales and shifts say, in fp64.
    private func stored(_ m: QuantizedTensor) throws -> Tensor {
        let codes = try m.integers().to(.float64).reshaped(m.scale.count == 1 ? 1 : m.scale.size(0), -1)
        let matrix = try codes * m.scale.to(.float64)
        return try (m.shift.map { try matrix - $0.to(.float64) } ?? matrix).reshaped(m.rows, m.columns)
    }
    /// Rows of x that are read row by row, the last of them, one more, and many.
    private static let counts = [1, 2, 3, 4, 5, 16, 17, 70]

    @Test(arguments: [(46, 100), (64, 256), (7, 33)], [DType.float32, .bfloat16])
    func `dense matrices give what their weights say`(_ size: (Int, Int), _ dtype: DType) throws {
        let (rows, columns) = size, matrix = try Tensor.randn([rows, columns], dtype: dtype, generator: draws)
        let bias = try Tensor.randn([rows], dtype: dtype, generator: draws)
        for count in Self.counts {
            let x = try Tensor.randn([count, columns], dtype: dtype, generator: draws)
            let y = try x.linears([FrozenMatrix(.dense(matrix), bias: bias), FrozenMatrix(.dense(matrix))])
            let exact = try x.to(.float64).linear(matrix.to(.float64))
            // One rounding to bf16 is at most 2⁻⁹ of each number.
            let bound = dtype == .float32 ? 1e-6 : 2.5e-3
            #expect(y.allSatisfy { $0.shape == [count, rows] && $0.dtype == dtype })
            #expect(try distance(y[0], exact + bias.to(.float64)) < bound, "\(count)")
            #expect(try distance(y[1], exact) < bound, "\(count)")
        }
    }

    @Test(arguments: QuantizedFormat.allCases, [DType.float32, .bfloat16])
    func `matrices in fewer bits give what their codes and scales say`(_ format: QuantizedFormat, _ dtype: DType) throws
    {
        for (rows, columns) in [(46, 96), (64, 256), (34, 640), (7, 64)] {
            let whole = try Tensor.randn([rows, columns], dtype: dtype, generator: draws)
            let matrix = try QuantizedTensor(whole, as: format),
                bias = try Tensor.randn([rows], dtype: dtype, generator: draws)
            for count in Self.counts {
                let x = try Tensor.randn([1, count, columns], dtype: dtype, generator: draws)
                let y = try x.linears([FrozenMatrix(.quantized(matrix), bias: bias)])[0]
                let exact = try x.to(.float64).linear(stored(matrix)) + bias.to(.float64)
                #expect(y.shape == [1, count, rows] && y.dtype == dtype)
                // What goes to libtorch's own products rounds the weights in bf16, too.
                #expect(try distance(y, exact) < (dtype == .float32 ? 2e-6 : 1e-2), "\(rows)x\(columns), \(count) rows")
                if dtype == .bfloat16, count <= 16, format == .int8 || (format == .int4 && rows % 2 == 0) {
                    #expect(try distance(y, exact) < 2.5e-3, "\(rows)x\(columns), \(count) rows")
                }
            }
        }
    }

    @Test func `rows of several matrices are handed out together, whatever each is kept in`() throws {
        let whole = try (0..<3).map { try Tensor.randn([30 + 2 * $0, 128], dtype: .bfloat16, generator: draws) }
        let matrices: [FrozenMatrix] = [
            FrozenMatrix(.dense(whole[0])), FrozenMatrix(.quantized(try QuantizedTensor(whole[1], as: .int8))),
            FrozenMatrix(.quantized(try QuantizedTensor(whole[2], as: .int4))),
        ]
        let x = try Tensor.randn([3, 128], dtype: .bfloat16, generator: draws), together = try x.linears(matrices)
        for (matrix, y) in zip(matrices, together) { #expect(try x.linears([matrix])[0].isEqual(to: y)) }
    }

    @Test func `where something is trained the layer's own product answers, with its gradient`() throws {
        let layers = try ToyLayers().linears, layer = layers[1]
        let x = try Tensor.randn([2, 4], generator: draws)
        let adapted = try LoRA(
            a: Tensor.randn([2, 4], generator: draws), b: Tensor.randn([6, 2], generator: draws), alpha: 2)
        let plain = try layer.frozen(x)
        layer.lora = adapted
        #expect(try layer.frozen(x).isEqual(to: layer(x)))
        #expect(try !layer.frozen(x).isEqual(to: plain))
        layer.lora = nil
        #expect(try layer.frozen(x.cloned().trainable()).requiresGradient)
    }

    @Test func `rows of another length are refused`() throws {
        let matrix = FrozenMatrix(.dense(try Tensor.ones([4, 8])))
        #expect(throws: TorchError.self) { try Tensor.ones([1, 7]).linears([matrix]) }
        #expect(throws: TorchError.self) { try Tensor.ones([40, 7], dtype: .bfloat16).linears([matrix]) }
    }
}
