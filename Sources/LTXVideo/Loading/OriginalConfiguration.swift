import Base
import NN

/// What the metadata of a single file say of its models, in Lightricks' own words.
///
/// It is translated into what diffusers' `config.json` would say, so that sizes are bounded and checked in one place.
struct OriginalConfiguration {
    private let json: JSON, path: String

    /// Nil for a file that says nothing of itself. Throws when what it says is no JSON object.
    init?(_ text: String?, path: String) throws {
        guard let text else { return nil }
        guard let json = try? JSON(parsing: text), json.object != nil else {
            throw ModelConfigurationError.type(
                path, key: "config", found: "'\(text.prefix(40))'", expected: "a JSON object, in the file's metadata")
        }
        (self.json, self.path) = (json, path)
    }

    // MARK: Sampling

    /// What the file says of how it wants to be sampled.
    func sampling() throws -> ModelSampling {
        if let steps = json["allowed_inference_steps"], !steps.isNull {
            let levels = (steps.array ?? []).compactMap(\.number)
            let isFalling = zip(levels, levels.dropFirst()).allSatisfy { $0 > $1 }
            guard !levels.isEmpty, levels.count == steps.array?.count, isFalling,
                levels.allSatisfy({ 0 < $0 && $0 <= 1 })
            else {
                throw ModelConfigurationError.type(
                    path, key: "allowed_inference_steps", found: steps.text(),
                    expected: "a falling list of numbers up to 1")
            }
            return ModelSampling(distilled: levels)
        }
        var sampling = ModelSampling()
        if let scheduler = json["scheduler"], !scheduler.isNull {
            sampling.spacing = try NoiseSpacing(scheduler: scheduler, path: path)
        }
        return sampling
    }

    // MARK: Transformer

    /// Nil when the file says nothing of its transformer.
    func transformer() throws -> TransformerConfiguration? {
        guard let part = json["transformer"], var config = part.object else { return nil }
        let read = ModelConfigurationReader(part, path: path)
        for (key, value) in [
            ("standardization_norm", "rms_norm"), ("positional_embedding_type", "rope"), ("attention_type", "default"),
        ] { try read.require(key, .string(value)) }
        for key in ["double_self_attention", "only_cross_attention", "upcast_attention"] {
            try read.require(key, .bool(false))
        }
        for (key, value) in [("positional_embedding_theta", 10000.0), ("timestep_scale_multiplier", 1000)] {
            let found = try read.number(key, value)
            if found != value {
                throw ModelConfigurationError.unsupported(path, key: key, found: "\(found)", supported: "\(value)")
            }
        }
        let reach = [20, 2048, 2048]
        guard try read.ints("positional_embedding_max_pos", reach) == reach else {
            throw ModelConfigurationError.unsupported(
                path, key: "positional_embedding_max_pos", found: part["positional_embedding_max_pos"]?.text() ?? "",
                supported: "\(reach)")
        }
        // A normed query is what diffusers calls the norm across all heads.
        if config["qk_norm"] == .string("rms_norm") { config["qk_norm"] = .string("rms_norm_across_heads") }
        return try TransformerConfiguration(json: .object(config), path: path)
    }

    // MARK: VAE

    /// Nil when the file says nothing of its VAE.
    func vae() throws -> VideoVAEConfiguration? {
        guard let part = json["vae"], part.object != nil else { return nil }
        let read = ModelConfigurationReader(part, path: path)
        try read.require("dims", .integer(3))
        try read.require("norm_layer", .string("pixel_norm"))
        try read.require("latent_log_var", .string("uniform"))
        try read.require("use_quant_conv", .bool(false))
        var config = JSONObject()
        for key in ["in_channels", "out_channels", "latent_channels", "scaling_factor", "timestep_conditioning"] {
            config[key] = part[key]
        }
        config["patch_size"] = .integer(try read.int("patch_size", 1, atMost: 64))
        config["decoder_causal"] = .bool(try read.bool("causal_decoder", false))
        if part["blocks"] != nil {
            try describeEncoder(blocks("blocks", part), read, &config)
            // One list for both sides, from the picture inwards.
            for (key, decoderKey) in [
                ("block_out_channels", "decoder_block_out_channels"), ("layers_per_block", "decoder_layers_per_block"),
                ("spatio_temporal_scaling", "decoder_spatio_temporal_scaling"),
            ] { config[decoderKey] = config[key] }
            let base = try read.int("encoder_base_channels", 128)
            guard try read.int("decoder_base_channels", 128) == base else { throw foreign("decoder_base_channels") }
        } else {
            try describeEncoder(blocks("encoder_blocks", part), read, &config)
            try describeDecoder(blocks("decoder_blocks", part), read, &config)
        }
        return try VideoVAEConfiguration(json: .object(config), path: path)
    }

    /// One entry of a list of blocks: `["res_x", 4]` or `["res_x", {"num_layers": 4}]`.
    private struct Block {
        let kind: String, values: ModelConfigurationReader
    }
    private func blocks(_ key: String, _ part: JSON) throws -> [Block] {
        guard let items = part[key]?.array, !items.isEmpty, items.count <= 64 else { throw foreign(key) }
        return try items.map { item in
            guard let pair = item.array, pair.count == 2, let kind = pair[0].string else { throw foreign(key) }
            // A plain number counts the layers, and means nothing to other kinds of blocks.
            guard pair[1].object != nil || pair[1].integer != nil else { throw foreign(key) }
            let values = pair[1].object == nil ? JSON.object(JSONObject([("num_layers", pair[1])])) : pair[1]
            return Block(kind: kind, values: ModelConfigurationReader(values, path: path))
        }
    }
    private func foreign(_ key: String) -> ModelConfigurationError {
        .unsupported(
            path, key: key, found: json["vae"]?[key]?.text() ?? "nothing", supported: "what 0.9.0 to 0.9.8 have there")
    }

    private func describeEncoder(
        _ blocks: [Block], _ read: ModelConfigurationReader, _ config: inout JSONObject
    ) throws {
        let kinds = blocks.map(\.kind)
        let key = json["vae"]?["blocks"] == nil ? "encoder_blocks" : "blocks"
        let isSecond = !kinds.contains("compress_all")
        let layers = try blocks.filter { $0.kind == "res_x" }.map { try $0.values.int("num_layers", 1) }
        var width = try read.int("encoder_base_channels", 128), widths = [width], steps: [String] = []
        // Before anything is multiplied: a longer list would leave an Int.
        guard kinds.count <= 10 else { throw foreign(key) }
        if isSecond {
            let names = [
                "compress_space_res": "spatial", "compress_time_res": "temporal", "compress_all_res": "spatiotemporal",
            ]
            for (place, block) in blocks.enumerated() where place % 2 == 1 {
                guard let step = names[block.kind] else { throw foreign(key) }
                width *= try block.values.int("multiplier", 2, atMost: 8)
                widths.append(width)
                steps.append(step)
            }
            // The names of the file's tensors count on five lists of layers with four steps between.
            guard layers.count == 5, steps.count == 4, kinds.count == 9 else { throw foreign(key) }
        } else {
            let expected = [
                "res_x", "compress_all", "res_x_y", "res_x", "compress_all", "res_x_y", "res_x", "compress_all",
                "res_x", "res_x",
            ]
            guard kinds == expected else { throw foreign(key) }
            for block in blocks where block.kind == "res_x_y" {
                width *= try block.values.int("multiplier", 2, atMost: 8)
                widths.append(width)
            }
            widths.append(width)
            steps = ["conv", "conv", "conv", "conv"]
        }
        let type = isSecond ? "LTXVideo095DownBlock3D" : "LTXVideoDownBlock3D"
        config["block_out_channels"] = Self.list(widths)
        config["layers_per_block"] = Self.list(layers)
        config["down_block_types"] = .array(steps.map { _ in .string(type) })
        config["downsample_type"] = .array(steps.map(JSON.string))
        config["spatio_temporal_scaling"] = .array(steps.indices.map { .bool(isSecond || $0 < 3) })
        // How often each axis is halved: the ratios that diffusers' formula gets wrong, unless they are stated.
        let space = isSecond ? steps.filter { $0 != "temporal" }.count : 3
        let time = isSecond ? steps.filter { $0 != "spatial" }.count : 3
        let patch = try read.int("patch_size", 1, atMost: 64)
        config["spatial_compression_ratio"] = .integer(patch << space)
        config["temporal_compression_ratio"] = .integer(1 << time)
    }

    private func describeDecoder(
        _ blocks: [Block], _ read: ModelConfigurationReader, _ config: inout JSONObject
    ) throws {
        var width = try read.int("decoder_base_channels", 128), widths: [Int] = [], layers: [Int] = []
        var noise: [Bool] = [], residual: [Bool] = [], factors: [Int] = []
        // Before anything is multiplied: a longer list would leave an Int.
        guard blocks.count == 7 else { throw foreign("decoder_blocks") }
        for (place, block) in blocks.enumerated() {
            guard block.kind == (place % 2 == 0 ? "res_x" : "compress_all") else { throw foreign("decoder_blocks") }
            if place % 2 == 0 {
                layers.append(try block.values.int("num_layers", 1))
                noise.append(try block.values.bool("inject_noise", false))
            } else {
                let factor = try block.values.int("multiplier", 1, atMost: 8)
                width *= factor
                widths.append(width)
                factors.append(factor)
                residual.append(try block.values.bool("residual", false))
            }
        }
        config["decoder_block_out_channels"] = Self.list(widths)
        config["decoder_layers_per_block"] = Self.list(layers)
        config["decoder_spatio_temporal_scaling"] = .array(factors.map { _ in .bool(true) })
        config["decoder_inject_noise"] = .array(noise.map(JSON.bool))
        config["upsample_residual"] = .array(residual.map(JSON.bool))
        config["upsample_factor"] = Self.list(factors)
    }

    private static func list(_ numbers: [Int]) -> JSON { .array(numbers.map(JSON.integer)) }
}
