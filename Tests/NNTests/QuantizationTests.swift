import Base
import NN
import Testing
import Torch

/// Matrices in fewer bits against quanto's own (Tests/Fixtures/make_quantized_fixture.py).
@Suite struct QuantizationTests {
    private let golden: [String: Tensor]

    init() throws {
        let path = Path.join(
            Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures/quantized_matrices.safetensors")
        golden = try Safetensors.read(path)
    }
    private func value(_ name: String) throws -> Tensor { try #require(golden[name], "\(name)") }

    private static let names = ["plain", "grouped", "by96", "by64", "by32", "odd"]
    private static let cases = names.flatMap { name in ["f32", "bf16"].map { "\(name).\($0)" } }

    @Test(arguments: cases, QuantizedFormat.allCases)
    func `codes, scales and what they make are quanto's, to the bit`(_ name: String, _ format: QuantizedFormat) throws {
        let matrix = try QuantizedTensor(value("\(name).w"), as: format), key = "\(name).\(format)"
        let integers = try matrix.integers(), data = try value("\(key).data")
        let bytes = integers.dtype.isNarrow ? try integers.viewed(as: .uint8) : integers
        #expect(try bytes.isEqual(to: data))
        #expect(try matrix.scale.isEqual(to: value("\(key).scale")))
        #expect((matrix.shift == nil) == (format.bits == 8))
        if let shift = matrix.shift { #expect(try shift.isEqual(to: value("\(key).shift"))) }
        #expect(try matrix.dense(matrix.scale.dtype).isEqual(to: value("\(key).deq")))
    }

    @Test(arguments: cases, QuantizedFormat.allCases)
    func `a product and its gradient are those with the matrix that the codes make`(
        _ name: String, _ format: QuantizedFormat
    ) throws {
        let matrix = try QuantizedTensor(value("\(name).w"), as: format), key = "\(name).\(format)"
        let x = try value("\(name).x").cloned().trainable(), y = try x.linear(matrix)
        try y.backward(value("\(name).dy"))
        let gradient = try #require(try x.gradient())
        // Another order of additions, and for few rows in int8 a kernel that scales afterwards.
        let tolerance = name.hasSuffix("f32") ? 1e-6 : 1e-2
        #expect(try distance(y, value("\(key).y")) < tolerance)
        #expect(try distance(gradient, value("\(key).dx")) < tolerance)
    }

    @Test(arguments: QuantizedFormat.allCases)
    func `a row of zeros and a row of one number come back as they were`(_ format: QuantizedFormat) throws {
        let rows = try concatenated(
            [Tensor.zeros([1, 160]), Tensor.ones([1, 160]) * 0.25, Tensor.ones([1, 160]) * -3], axis: 0)
        let back = try QuantizedTensor(rows, as: format).dense(.float32)
        #expect(try back.floats().allSatisfy(\.isFinite))
        #expect(try (back - rows).abs().max().item() <= (format.bits == 8 ? 1e-6 : 0))
    }

    @Test(arguments: QuantizedFormat.allCases)
    func `many rows give what few give`(_ format: QuantizedFormat) throws {
        let draws = try Generator(seed: 3)
        let matrix = try QuantizedTensor(Tensor.randn([64, 128], dtype: .bfloat16, generator: draws), as: format)
        let bias = try Tensor.randn([64], dtype: .bfloat16, generator: draws)
        let x = try Tensor.randn([2, 100, 128], dtype: .bfloat16, generator: draws)
        let many = try x.linear(matrix, bias), few = try x.slice(1, 0..<8).linear(matrix, bias)
        #expect(many.shape == [2, 100, 64] && few.shape == [2, 8, 64])
        #expect(try distance(few, many.slice(1, 0..<8)) < 1e-2)
        let dense = try x.linear(matrix.dense(.bfloat16), bias)
        #expect(try distance(many, dense) < 1e-2)
    }

    @Test func `bytes are what the header of the tensors says`() throws {
        let matrix = try Tensor.ones([7, 288], dtype: .bfloat16)
        for format in QuantizedFormat.allCases {
            let made = try QuantizedTensor(matrix, as: format).byteCount
            #expect(made == format.byteCount(rows: 7, columns: 288, dtype: .bfloat16))
            #expect(made < matrix.byteCount * (format.bits + 2) / 16)
        }
    }
}
