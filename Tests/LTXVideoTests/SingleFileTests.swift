import Base
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

/// Single-file checkpoints under Lightricks' own names.
@Suite struct SingleFileTests {
    private let path = Scratch.path("single", ".safetensors")
    private let configuration = TransformerConfiguration(
        heads: 2, headSize: 16, layers: 2, crossAttentionWidth: 32, captionChannels: 64)

    /// The fixture's transformer under the original names.
    private func write(_ change: (inout [String: Tensor]) -> Void = { _ in }) throws {
        var tensors: [String: Tensor] = [:]
        let folder = Fixture.path("models/transformer/transformer")
        for (key, tensor) in try Checkpoint.read(folder, stem: "diffusion_pytorch_model") {
            var name = key
            for (ours, theirs) in [
                ("proj_in", "patchify_proj"), ("time_embed", "adaln_single"), ("norm_q", "q_norm"),
                ("norm_k", "k_norm"),
            ] {
                name = name.replacing(ours, with: theirs)
            }
            tensors["model.diffusion_model.\(name)"] = tensor
        }
        change(&tensors)
        try Safetensors.write(tensors, to: path)
    }

    @Test func `the transformer of a single file computes what the folder's does`() throws {
        try write()
        let folder = try Transformer.load(Fixture.path("models/transformer/transformer"))
        let single = try SingleFileCheckpoint(path).transformer(configuration: configuration)
        let input = TransformerInput(
            latents: try Tensor.ones([1, 4, 128]), text: try Tensor.ones([1, 3, 64]), textMask: nil,
            timesteps: .uniform(try Tensor([500] as [Float])),
            rotary: try RotaryTable(width: 32, grid: LatentGrid(frames: 1, height: 2, width: 2), scale: (1, 32, 32)))
        let same = try withoutGradients { try single(input).isEqual(to: folder(input)) }
        #expect(same)
    }
    @Test func `a tensor too many and one too few are named`() throws {
        try write { $0["model.diffusion_model.stray"] = $0.values.first }
        #expect(throws: WeightsError.self) { try SingleFileCheckpoint(path).transformer(configuration: configuration) }
        try write { $0["model.diffusion_model.proj_out.bias"] = nil }
        let error = #expect(throws: WeightsError.self) {
            try SingleFileCheckpoint(path).transformer(configuration: configuration)
        }
        #expect(error?.key == "proj_out.bias")
    }
    @Test func `a LoRA is no checkpoint`() throws {
        try Safetensors.write(["transformer.x.lora_A.weight": Tensor.ones([2, 2])], to: path)
        #expect(throws: WeightsError.self) { try SingleFileCheckpoint(path) }
    }
}
