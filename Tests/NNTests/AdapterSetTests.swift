import NN
import Testing
import Torch

@Suite struct AdapterSetTests {
    private let q0 = "blocks.0.attn.to_q", q1 = "blocks.1.attn.to_q", out1 = "blocks.1.attn.to_out.0"

    @Test func `each adapter of a file keeps its own rank and alpha`() throws {
        let layers = try ToyLayers(), tensors = try ToyLayers.file([q0: 2, q1: 3, out1: 1])
        let set = try AdapterSet(
            layers.linears, tensors: tensors, alphas: [q1: 12, out1: 0.5], source: "x.safetensors")
        #expect(set.adapters.map(\.linear.path) == [q0, q1, out1])
        #expect(set.adapters.map(\.lora.rank) == [2, 3, 1])
        #expect(set.alphas == [q0: 2, q1: 12, out1: 0.5])
        set.attach(strength: 0.5)
        #expect(set.adapters.map(\.lora.scale) == [0.5, 2, 0.25])
        // y = Wx + b + scale·BAx, layer by layer.
        let x = try Tensor.randn([5, 4], generator: Generator(seed: 3))
        for (linear, lora) in set.adapters {
            let with = try linear(x)
            linear.lora = nil
            let expected = try linear(x) + x.linear(lora.a).linear(lora.b) * lora.scale
            #expect(try (with - expected).abs().max().item() < 1e-5, "\(linear.path)")
        }
    }

    @Test func `what was read is what is saved, however often it goes round`() throws {
        let layers = try ToyLayers(), tensors = try ToyLayers.file([q0: 2, q1: 3])
        var set = try AdapterSet(layers.linears, tensors: tensors, alphas: [q1: 12], source: "x")
        for _ in 0..<3 {
            set = try AdapterSet(layers.linears, tensors: set.tensors(), alphas: set.alphas, source: "x")
            set.attach()
            set.detach()
        }
        let saved = try set.tensors(prefix: "transformer.")
        #expect(saved.count == 4 && set.alphas == [q0: 2, q1: 12])
        for (key, tensor) in tensors { #expect(try saved["transformer.\(key)"]?.isEqual(to: tensor) == true, "\(key)") }
    }

    @Test func `parameters are the leaves in order, named as in files, and the file is not trained on`() throws {
        let layers = try ToyLayers(), tensors = try ToyLayers.file([q0: 2, q1: 3])
        let before = try tensors.mapValues { try $0.cloned() }
        let set = try AdapterSet(layers.linears, tensors: tensors, source: "x")
        #expect(
            set.parameters.map(\.name) == [q0, q1].flatMap { ["\($0).lora_A.weight", "\($0).lora_B.weight"] })
        #expect(set.parameterCount == 2 * 4 + 6 * 2 + 3 * 4 + 6 * 3)
        try withoutGradients { for parameter in set.parameters { try parameter.tensor.fill(0) } }
        for (key, tensor) in before { #expect(try tensors[key]?.isEqual(to: tensor) == true) }
    }

    @Test func `new adapters change nothing, and the same seed draws the same`() throws {
        let layers = try ToyLayers(), x = try Tensor.randn([2, 4], generator: Generator(seed: 3))
        let base = try layers.linears[1](x)
        func make() throws -> AdapterSet {
            try AdapterSet(
                layers.linears, rank: 3, alpha: 6, targets: ["to_q", "to_out.0"], generator: Generator(seed: 9))
        }
        let set = try make(), again = try make()
        #expect(set.adapters.count == 4 && set.alphas.values.allSatisfy { $0 == 6 })
        for (a, b) in zip(set.parameters, again.parameters) { #expect(try a.tensor.isEqual(to: b.tensor)) }
        set.attach()
        #expect(try layers.linears[1](x).isEqual(to: base))
        #expect(layers.linears[1].lora != nil && layers.linears[0].lora == nil)
        again.detach()
        #expect(layers.linears[1].lora != nil, "another set's adapters stay")
        set.detach()
        #expect(layers.linears.allSatisfy { $0.lora == nil })
    }

    @Test func `a file that does not fit speaks of a LoRA, and says the same each time`() throws {
        let layers = try ToyLayers()
        func refusal(_ tensors: [String: Tensor], _ alphas: [String: Double] = [:]) -> String {
            let texts = (0..<20).map { _ in
                do {
                    _ = try AdapterSet(layers.linears, tensors: tensors, alphas: alphas, source: "x.safetensors")
                    return "accepted"
                } catch { return "\(error)" }
            }
            return Set(texts).count == 1 ? texts[0] : "says different things"
        }
        let good = try ToyLayers.file([q0: 2, q1: 3, out1: 1])
        #expect(refusal(good) == "accepted")
        #expect(refusal([:]) == "'x.safetensors' has no tensors: it is no LoRA, or nothing was saved into it")
        #expect(
            refusal(try ToyLayers.file([q0: 2, q1: 3, out1: 1], inputs: 8, outputs: 12))
                == "'x.safetensors' was made for another model: its '\(q0)' goes from 8 to 12 channels, "
                + "this model's from 4 to 6")
        var half = good
        half["\(q1).lora_B.weight"] = nil
        #expect(refusal(half).hasPrefix("'x.safetensors' lacks '\(q1).lora_B.weight', the other half"))
        half["\(q1).lora_B.weight"] = try Tensor.zeros([6, 2])
        #expect(refusal(half).contains("'\(q1)' has the shapes [3, 4] and [6, 2]"))
        half["\(q1).lora_A.weight"] = try Tensor.zeros([0, 4])
        half["\(q1).lora_B.weight"] = try Tensor.zeros([6, 0])
        #expect(refusal(half).contains("no two matrices of one rank"))
        let foreign = try ToyLayers.file(["blocks.7.attn.to_q": 1, "blocks.8.attn.to_q": 1, q0: 1])
        #expect(
            refusal(foreign).hasPrefix(
                "'x.safetensors' was made for another model: 4 of its keys belong to no layer of this one "
                    + "('blocks.7.attn.to_q.lora_A.weight', 'blocks.7.attn.to_q.lora_B.weight', "))
        #expect(refusal(good, ["blocks.7.attn.to_q": 1]).contains("'blocks.7.attn.to_q.alpha'"))
        #expect(refusal(good, [q0: .nan]).contains("the alpha of '\(q0)' is nan"))
        #expect(!refusal(foreign).contains("config.json"))
    }

    @Test func `a target that no layer has is named with the nearest`() throws {
        let layers = try ToyLayers()
        #expect {
            try AdapterSet(layers.linears, rank: 1, alpha: 1, targets: ["to_qq"], generator: nil)
        } throws: {
            "\($0)".contains("no layer of the model is called 'to_qq'") && "\($0)".contains("attn.to_out.0")
        }
    }
}
