import NN
import Testing
import Torch

@Suite(.serialized) struct DropoutTests {
    @Test func `the mask is torch's for the same seed, draw after draw`() throws {
        for entry in try Values().list("dropout") {
            let shape = try entry.ints("shape"), dtype = try entry.dtype(), p = try entry.number("p")
            let generator = try Generator(seed: UInt64(entry.number("seed")))
            let x = try Tensor.arange(1, to: Double(1 + shape.reduce(1, *))).reshaped(shape).to(dtype)
            for key in ["first", "second"] {
                let expected = try #require(entry[key]).tensor(shape, dtype)
                #expect(try x.dropout(p, generator: generator).isEqual(to: expected), "\(entry["p"] ?? .null) \(key)")
            }
        }
    }

    @Test func `an adapter drops its input and leaves torch's own generator alone`() throws {
        let layers = try ToyLayers(), linear = layers.linears[1]
        let set = try AdapterSet(
            layers.linears, tensors: ToyLayers.file(["blocks.0.attn.to_q": 2]), source: "x")
        let x = try Tensor.randn([5, 4], generator: Generator(seed: 3)), base = try linear(x)
        try Backend.seed(11)
        let undisturbed = try Tensor.randn([4])
        try Backend.seed(11)
        set.attach(dropout: Dropout(0.5, generator: try Generator(seed: 7)))
        let y = try linear(x), lora = try #require(linear.lora)
        #expect(try Tensor.randn([4]).isEqual(to: undisturbed))
        let dropped = try x.dropout(0.5, generator: Generator(seed: 7))
        #expect(try (y - (base + dropped.linear(lora.a).linear(lora.b))).abs().max().item() < 1e-5)
        set.attach()
        #expect(try !linear(x).isEqual(to: y), "without dropout outside training")
    }

    @Test func `what is replayed draws the same, and the draws after it go on`() throws {
        struct Stop: Error {}
        let generator = try Generator(seed: 4), state = try generator.state()
        let first = try Tensor.randn([3], generator: generator)
        let undisturbed = try Generator(seed: 4)
        _ = try Tensor.randn([3], generator: undisturbed)
        let again = try generator.replaying(state) { try Tensor.randn([3], generator: generator) }
        #expect(try again.isEqual(to: first))
        #expect(throws: Stop.self) {
            try generator.replaying(state) {
                _ = try Tensor.randn([7], generator: generator)
                throw Stop()
            }
        }
        #expect(try Tensor.randn([3], generator: generator).isEqual(to: Tensor.randn([3], generator: undisturbed)))
    }
}
