import LTXVideo
import NN
import Parity
import Testing
import Torch

/// Training with dropout on the fixture transformer.
@Suite(.serialized) struct DropoutTrainingTests {
    private struct Result {
        var losses: [Tensor] = [], gradients: [Tensor] = []
    }

    /// Three updates of adapters that are not zero, at dropout 0.3.
    private func train(checkpointing: Bool, seed: UInt64 = 3, dropout: Double = 0.3) throws -> Result {
        let folder = Fixture.path("models/transformer"), goldens = try Goldens(folder + "/golden.safetensors")
        let transformer = try ParityModel(folder).transformer(.float32)
        let adapters = try AdapterSet(
            transformer.linears, tensors: goldens.tensors(after: "lora.rand."), source: "lora.rand")
        let optimizer = try AdamW(adapters.parameters)
        adapters.attach(dropout: Dropout(dropout, generator: try Generator(seed: seed)))
        defer { adapters.detach() }
        let batch = TrainingBatch(
            latents: try goldens["flow.latents"], text: try goldens["flow.text"], textMask: try goldens["flow.mask"],
            grid: LatentGrid(frames: 3, height: 2, width: 3), fps: [24, 24])
        let noisy = try NoisyBatch(
            batch, sigmas: goldens["flow.sigmas"], noise: goldens["flow.noise"], firstFrame: false,
            width: transformer.configuration.width)
        var result = Result()
        for _ in 0..<3 {
            result.losses.append(
                try TrainingStep.gradients(transformer, noisy, checkpointing: Recomputation(checkpointing)).loss)
            result.gradients += try adapters.parameters.map { try #require(try $0.tensor.gradient()).cloned() }
            try optimizer.update(rate: 1e-3)
            try adapters.parameters.clearGradients()
        }
        return result
    }

    @Test func `recomputed blocks use the masks of their forward pass`() throws {
        let whole = try train(checkpointing: false), blocks = try train(checkpointing: true)
        #expect(whole.losses.count == 3 && whole.gradients.count > 6)
        for (a, b) in zip(whole.losses, blocks.losses) { #expect(abs(try a.item() - b.item()) < 1e-6) }
        for (a, b) in zip(whole.gradients, blocks.gradients) {
            #expect(try (a - b).norm().item() <= 1e-5 * Swift.max(1e-3, a.norm().item()))
        }
        let without = try train(checkpointing: true, dropout: 0)
        #expect(try abs(without.losses[0].item() - blocks.losses[0].item()) > 1e-5, "something was dropped")
    }

    @Test func `one seed trains the same twice, another differently, and torch's own generator is left alone`() throws {
        try Backend.seed(17)
        let undisturbed = try Tensor.randn([8])
        try Backend.seed(17)
        let first = try train(checkpointing: true), second = try train(checkpointing: true)
        #expect(try Tensor.randn([8]).isEqual(to: undisturbed))
        for (a, b) in zip(first.losses + first.gradients, second.losses + second.gradients) {
            #expect(try a.isEqual(to: b))
        }
        let other = try train(checkpointing: true, seed: 4)
        #expect(try !other.losses[0].isEqual(to: first.losses[0]))
    }
}
