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
        #expect(throws: SingleFileError.self) { try SingleFileCheckpoint(path) }
    }
}

/// Single files as they are published, with the configuration in the metadata (Tests/Fixtures/make_single_files.py).
@Suite struct PublishedSingleFileTests {
    private func folder(_ variant: String) -> String { Fixture.path("single/\(variant)") }
    private static func many(_ kind: String) -> String {
        String(repeating: "[\"res_x\", 1], [\"\(kind)\", {\"multiplier\": 8}], ", count: 25)
    }
    private func single(_ variant: String, _ kind: String = "") throws -> SingleFileCheckpoint {
        try SingleFileCheckpoint("\(folder(variant))/ltxv-\(variant)\(kind).safetensors")
    }
    private func input(_ latents: Tensor, _ text: Tensor, width: Int) throws -> TransformerInput {
        TransformerInput(
            latents: latents, text: text, textMask: nil, timesteps: .uniform(try Tensor([500] as [Float])),
            rotary: try RotaryTable(width: width, grid: LatentGrid(frames: 1, height: 2, width: 2), scale: (1, 32, 32)))
    }

    @Test(arguments: ["2b-090", "2b-091", "2b-095", "13b-097"])
    func `a single file holds the transformer of its folder, to the bit`(_ variant: String) throws {
        let policy = WeightPolicy(.float32)
        let ours = try single(variant).transformer(policy)
        let theirs = try Transformer.load(folder(variant) + "/transformer", policy)
        #expect(ours.configuration == theirs.configuration)
        let input = try input(Tensor.ones([1, 4, 16]), Tensor.ones([1, 3, 32]), width: ours.configuration.width)
        let same = try withoutGradients { try ours(input).isEqual(to: theirs(input)) }
        #expect(same)
    }
    @Test(arguments: ["2b-090", "2b-091", "2b-095"])
    func `a single file holds the VAE of its folder, with ratios 32 and 8`(_ variant: String) throws {
        let policy = WeightPolicy(.float32)
        let ours = try single(variant).vae(policy), theirs = try VideoVAE.load(folder(variant) + "/vae", policy)
        #expect(ours.config == theirs.config)
        #expect([ours.config.spatialCompression, ours.config.temporalCompression] == [32, 8])
        let video = try Tensor.ones([1, 3, 9, 32, 64])
        let same = try withoutGradients { try ours.encode(video).mean.isEqual(to: theirs.encode(video).mean) }
        #expect(same)
    }
    @Test(arguments: ["fp8", "fp8-scaled"])
    func `weights in fp8 count as what the reference makes of them`(_ kind: String) throws {
        let golden = try Safetensors.read(folder("2b-095") + "/golden.safetensors")
        let ours = try single("2b-095", "-\(kind)").transformer(WeightPolicy(.float32))
        let input = try input(#require(golden["latents"]), #require(golden["text"]), width: ours.configuration.width)
        let out = try withoutGradients { try ours(input).floats() }
        let expected = try #require(golden["\(kind).out"]).floats()
        // The same arithmetic in fp32 in another order; without the scales it is off by more than the values.
        let worst = zip(out, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(out.count == expected.count && worst < 2e-5, "\(worst)")
    }
    /// The text encoder of a folder as ComfyUI keeps one: a single file, its large weights in `dtype`.
    private func textEncoder(_ dtype: DType, scale: Double? = nil) throws -> (path: String, weights: [String: Tensor]) {
        let path = Scratch.path("t5xxl", ".safetensors"), source = Fixture.path("models/0.9.5/text_encoder")
        var written: [String: Tensor] = [:], meant: [String: Tensor] = [:]
        for (key, weight) in try Checkpoint.read(source, stem: "model") {
            let isLarge = weight.rank == 2 && !key.contains("relative_attention_bias")
            let stored = try isLarge ? (weight.to(.float32) * (1 / (scale ?? 1))).to(dtype) : weight.cloned()
            written[key] = stored
            meant[key] = try isLarge ? stored.to(.float32) * (scale ?? 1) : weight
            guard isLarge, let scale else { continue }
            written[key.replacing(".weight", with: ".scale_weight")] = try Tensor.full([], scale)
        }
        if scale != nil { written["scaled_fp8"] = try Tensor.empty([0], dtype: dtype) }
        try Safetensors.write(written, to: path)
        return (path, meant)
    }
    @Test(arguments: [(DType.float32, nil), (.float8e4m3fn, nil), (.float8e4m3fn, 0.25)] as [(DType, Double?)])
    func `T5 in one file is that of its folder, plain, in fp8 and in scaled fp8`(
        _ dtype: DType, _ scale: Double?
    ) throws {
        let folder = Fixture.path("models/0.9.5/text_encoder"), policy = WeightPolicy(.float32)
        let (path, weights) = try textEncoder(dtype, scale: scale)
        let config = try T5Configuration(json: Files.json(folder + "/config.json"), path: folder)
        let theirs = try Weights(weights, source: folder, policy: policy).whole { try T5Encoder($0, config) }
        let ours = try T5File(path).encoder(policy)
        #expect(ours.config == config)
        let ids = try Tensor([5, 17, 3, 1] as [Int], shape: [1, 4])
        let same = try withoutGradients { try ours(ids).isEqual(to: theirs(ids)) }
        #expect(same)
    }
    @Test func `a file without T5 and a tensor too many are named`() throws {
        let other = Scratch.path("other", ".safetensors")
        try Safetensors.write(["a": Tensor.ones([2])], to: other)
        #expect { try T5File(other) } throws: { "\($0)".contains("relative_attention_bias") }
        let (path, _) = try textEncoder(.float32)
        var tensors = try Safetensors.read(path).mapValues { try $0.cloned() }
        tensors["decoder.final_layer_norm.weight"] = try Tensor.ones([2])
        try Safetensors.write(tensors, to: path)
        #expect { try T5File(path).encoder() } throws: { "\($0)".contains("decoder.final_layer_norm") }
    }
    @Test func `a quantisation that is not read and a missing VAE are named`() throws {
        let path = Scratch.path("quantised", ".safetensors")
        try Safetensors.write(
            [
                "model.diffusion_model.patchify_proj.weight": Tensor.ones([2, 2]),
                "model.diffusion_model.patchify_proj.comfy_quant": Tensor.ones([1]),
            ], to: path)
        #expect { try SingleFileCheckpoint(path) } throws: {
            "\($0)".contains("quantised") && "\($0)".contains("plain fp8")
        }
        #expect { try single("13b-097").vae() } throws: { "\($0)".contains("holds no video VAE") }
    }
    @Test func `a file says how its noise levels are spaced, and what a distilled model was taught`() throws {
        #expect(try single("2b-090").sampling().spacing == .uniform(NoiseShift()))
        #expect(try single("2b-095").sampling() == ModelSampling())
        let distilled = try single("2b-095", "-fp8").sampling()
        #expect(distilled == ModelSampling(distilled: ModelSampling.distilledLevels))
        #expect(distilled.steps == 8 && distilled.guidance == 1 && !distilled.isStochastic)
    }
    @Test(arguments: [
        ("{\"_class_name\": \"RectifiedFlowScheduler\", \"shifting\": \"SimpleDiffusion\"}", "shifting"),
        ("{\"sampler\": \"Cosine\"}", "sampler"), ("{\"sampler\": 3}", "sampler"),
        ("{\"shifting\": \"SD3\", \"target_shift_terminal\": 1.5}", "target_shift_terminal"),
        (
            "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\", \"use_dynamic_shifting\": true, \"max_image_seq_len\": 1}",
            "max_image_seq_len"
        ),
    ])
    func `a scheduler that is not implemented is named`(_ text: String, _ key: String) throws {
        let error = #expect(throws: ModelConfigurationError.self) {
            try NoiseSpacing(scheduler: JSON(parsing: text), path: "scheduler_config.json")
        }
        #expect(error?.key == key)
    }
    @Test(arguments: [
        ([], "vae-0.9.0"),
        (["vae.decoder.last_time_embedder.x", "vae.encoder.down_blocks.9.x"], "vae-0.9.1"),
        (["vae.decoder.last_time_embedder.x"], "vae-0.9.5"),
    ])
    func `a file without metadata has the published VAE of its generation`(_ keys: [String], _ name: String) throws {
        let path = Scratch.path("bare", ".safetensors"), published = Fixture.path("shapes/\(name).json")
        let names = ["model.diffusion_model.patchify_proj.weight"] + keys
        let tensors = try names.map { ($0, try Tensor.ones([2, 2])) }
        try Safetensors.write(Dictionary(uniqueKeysWithValues: tensors), metadata: [:], to: path)
        let found = try SingleFileCheckpoint(path).vaeConfiguration()
        #expect(try found == VideoVAEConfiguration(json: Files.json(published), path: published))
        #expect([found.spatialCompression, found.temporalCompression] == [32, 8])
    }
    @Test(arguments: [
        ("\"qk_norm\": \"rms_norm\"", "\"qk_norm\": \"layer_norm\"", "qk_norm"),
        ("\"compress_all_res\"", "\"attn_res_x\"", "encoder_blocks"),
        ("\"residual\": true", "\"residual\": 3", "residual"), ("10000.0", "5", "positional_embedding_theta"),
        // Twenty-five times eight wide, each: no number of channels, and beyond an Int.
        ("\"encoder_blocks\": [", "\"encoder_blocks\": [" + many("compress_all_res"), "encoder_blocks"),
        ("\"decoder_blocks\": [", "\"decoder_blocks\": [" + many("compress_all"), "decoder_blocks"),
    ])
    func `what a file's metadata ask for and nobody has is named`(
        _ old: String, _ new: String, _ key: String
    ) throws {
        let file = try Safetensors.File(folder("2b-095") + "/ltxv-2b-095.safetensors")
        let text = try #require(file.header.metadata["config"]).replacing(old, with: new)
        let path = Scratch.path("odd", ".safetensors")
        try Safetensors.write(file.tensors(), metadata: ["config": text], to: path)
        let error = #expect(throws: ModelConfigurationError.self) {
            let checkpoint = try SingleFileCheckpoint(path)
            _ = try checkpoint.transformer()
            _ = try checkpoint.vae()
        }
        #expect(error?.key == key)
    }
}
