import Base
import NN
import TestSupport
import Testing
import Torch

/// Layers out of a checkpoint under a policy.
@Suite struct QuantizedWeightsTests {
    private func weights(_ tensors: [String: Tensor], _ policy: WeightPolicy, _ scales: [String: Tensor] = [:])
        -> Weights
    {
        Weights(tensors, source: "model.safetensors", policy: policy, stored: StoredScales(scales, dtype: .bfloat16))
    }
    private func matrix(_ dtype: DType = .bfloat16) throws -> Tensor {
        try Tensor.randn([8, 128], dtype: .float32, generator: Generator(seed: 5)).to(dtype)
    }

    @Test func `a policy quantizes matrices, and leaves alone what a model says and what is no matrix`() throws {
        let w = try matrix(.float32), bias = try Tensor.ones([8])
        let store = weights(
            ["in.weight": w, "in.bias": bias, "out.weight": w, "out.bias": bias, "norm.weight": bias],
            WeightPolicy(.bfloat16, quantization: .int8))
        let quantized = try Linear(store / "in", 128, 8), plain = try Linear(store.unquantized / "out", 128, 8)
        let norm = try (store / "norm").take("weight", 8)
        try store.finish()
        #expect(quantized.quantized != nil && plain.quantized == nil && norm.dtype == .bfloat16)
        #expect(quantized.computeType == .bfloat16 && plain.computeType == .bfloat16)
        #expect(store.byteCount == 8 * 128 + 8 * 2 + 8 * 128 * 2 + 3 * 8 * 2)
        #expect(quantized.byteCount == 8 * 128 + 8 * 2)
        // The rounding is that of the dtype that is computed in.
        let reference = try QuantizedTensor(w.to(.bfloat16), as: .int8)
        #expect(try quantized.quantized?.codes.isEqual(to: reference.codes) == true)
    }

    @Test func `a matrix in another dtype is brought to the one that is computed in before it is rounded`() throws {
        for format in QuantizedFormat.allCases {
            let w = try matrix(.float32)
            let ours = try QuantizedTensor(w, as: format, in: .bfloat16),
                theirs = try QuantizedTensor(w.to(.bfloat16), as: format)
            #expect(ours.scale.dtype == .bfloat16)
            #expect(try ours.dense(.bfloat16).isEqual(to: theirs.dense(.bfloat16)))
        }
    }

    @Test func `an adapter trains on a quantized layer, whose matrix stays as it is`() throws {
        let store = weights(["a.weight": try matrix()], WeightPolicy(quantization: .int4))
        let linear = try Linear(store / "a", 128, 8, bias: false), before = try linear.quantized?.codes.cloned()
        let lora = try LoRA(for: linear, rank: 2, alpha: 2, generator: Generator(seed: 1))
        #expect(lora.a.dtype == .bfloat16)
        linear.lora = lora
        let x = try Tensor.randn([3, 128], dtype: .bfloat16, generator: Generator(seed: 2)).trainable()
        try linear(x).to(.float32).sum().backward()
        #expect(try lora.b.gradient() != nil && x.gradient() != nil)
        #expect(try before.map { try linear.quantized?.codes.isEqual(to: $0) == true } == true)
    }

    @Test(arguments: [QuantizedFormat.int8, .fp8, .fp8uz])
    func `weights in fp8 stay as the file has them where eight bits are asked for`(_ format: QuantizedFormat) throws {
        let codes = try matrix().to(.float8e4m3fn), scale = try Tensor([0.5] as [Float])
        let store = weights(["a.weight": codes], WeightPolicy(.bfloat16, quantization: format), ["a.weight": scale])
        let linear = try Linear(store / "a", 128, 8, bias: false)
        #expect(try linear.quantized?.codes.viewed(as: .uint8).isEqual(to: codes.viewed(as: .uint8)) == true)
        let plain = try Linear(
            weights(["a.weight": codes], WeightPolicy(.bfloat16), ["a.weight": scale]) / "a", 128, 8, bias: false)
        let x = try Tensor.randn([100, 128], dtype: .bfloat16, generator: Generator(seed: 2))
        #expect(try linear(x).isEqual(to: plain(x)), "the same numbers as a file that is made dense")
    }
    @Test(arguments: [QuantizedFormat.int4, .int2])
    func `weights in fp8 are not rounded a second time`(_ format: QuantizedFormat) throws {
        let store = weights(["a.weight": try matrix().to(.float8e4m3fn)], WeightPolicy(.bfloat16, quantization: format))
        let error = #expect(throws: WeightsError.self) { try Linear(store / "a", 128, 8, bias: false) }
        #expect(error.map { "\($0)".contains("model.safetensors") && "\($0)".contains("int8 or fp8") } == true)
        #expect(error?.key == "a.weight")
    }

    @Test func `reading a file through a policy does not leave it in memory`() throws {
        let path = Scratch.path("large", ".safetensors")
        let large = try Tensor.full([2048, 4096], 0.5, dtype: .bfloat16)
        try Safetensors.write(["a.weight": large, "b.weight": Tensor.ones([4])], to: path)
        let store = Weights(try Safetensors.read(path), source: path, policy: WeightPolicy(quantization: .int8))
        let linear = try Linear(store / "a", 4096, 2048, bias: false)
        #expect(linear.byteCount == 2048 * 4096 + 2048 * 2)
        // Not mapped any more is as good.
        guard let file = try Files.text("/proc/self/smaps").range(of: path) else { return }
        let section = try Files.text("/proc/self/smaps")[file.upperBound...].prefix { $0 != "V" }
        let line = try #require(section.split(separator: "\n").first { $0.hasPrefix("Rss:") })
        let kilobytes = try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        #expect(kilobytes < 1024, "of 16 MiB")
        // The other tensor keeps the file mapped, as a model's other tensors do.
        #expect(store.has("b.weight"))
    }
}
