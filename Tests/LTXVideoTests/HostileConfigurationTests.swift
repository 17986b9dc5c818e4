import Base
import LTXVideo
import TestSupport
import NN
import Testing
import Torch

@Suite struct HostileConfigurationTests {
    private static let scalings = [JSON](repeating: .bool(true), count: 63)

    @Test(
        arguments: [
            ("num_attention_heads", .integer(1 << 40)), ("attention_head_dim", .integer(.max)),
            ("num_layers", .integer(1 << 20)),
            ("num_attention_heads", .integer(1 << 20)), ("in_channels", .number(9e18)),
            ("caption_channels", .integer(-1)),
            ("cross_attention_dim", .number(1e300)), ("in_channels", .digits("18446744073709551616")),
        ] as [(String, JSON)])
    func `a transformer of impossible sizes is an error with file and key`(key: String, value: JSON) {
        let json = JSON.object(JSONObject([(key, value)]))
        let error = #expect(throws: ModelConfigurationError.self) {
            try TransformerConfiguration(json: json, path: "t/config.json").width * 4
        }
        #expect(error?.path == "t/config.json" && error?.description.contains("must be") != nil)
    }
    @Test(
        arguments: [
            ("spatio_temporal_scaling", .array(scalings)), ("spatio_temporal_scaling", .array(scalings + scalings)),
            ("patch_size", .integer(1 << 40)), ("block_out_channels", [.integer(1 << 62), 1]),
            ("upsample_factor", [0, 0, 0, 0]), ("layers_per_block", [-1, 1, 1, 1, 1]),
            ("latent_channels", .integer(.max)),
            ("temporal_compression_ratio", .integer(1 << 50)),
        ] as [(String, JSON)])
    func `a VAE of impossible sizes is an error with the file`(key: String, value: JSON) {
        let json = JSON.object(JSONObject([(key, value)]))
        let error = #expect(throws: ModelConfigurationError.self) {
            try VideoVAEConfiguration(json: json, path: "v/config.json")
        }
        #expect(error?.path == "v/config.json")
    }
    @Test(
        arguments: [
            ("num_heads", .integer(1 << 62)), ("d_kv", .integer(1 << 40)), ("num_layers", .integer(1 << 40)),
            ("relative_attention_num_buckets", .integer(1 << 62)), ("relative_attention_max_distance", .integer(.max)),
        ] as [(String, JSON)])
    func `a text encoder of impossible sizes is an error with the file`(key: String, value: JSON) {
        let json = JSON.object(JSONObject([(key, value)]))
        let error = #expect(throws: ModelConfigurationError.self) {
            try T5Configuration(json: json, path: "e/config.json")
        }
        #expect(error?.path == "e/config.json")
    }

    @Test func `a grid of more than anything could hold has the most tokens there are`() {
        #expect(LatentGrid(frames: 1 << 40, height: 1 << 40, width: 2).tokens == .max)
        #expect(LatentGrid(frames: 3, height: 2, width: 4).tokens == 24)
    }

    @Test func `a single file whose tensors are no matrices is an error that names it`() throws {
        let path = Scratch.path("single", ".safetensors"), model = "model.diffusion_model."
        try Safetensors.write(
            [
                model + "patchify_proj.weight": .zeros([]), model + "proj_out.weight": .zeros([8, 64]),
                model + "caption_projection.linear_1.weight": .zeros([64, 4]),
                model + "transformer_blocks.": .zeros([1]),
            ], to: path)
        let error = #expect(throws: SafetensorsError.self) { try SingleFileCheckpoint(path).transformer() }
        #expect(error?.path == path)
    }
}
