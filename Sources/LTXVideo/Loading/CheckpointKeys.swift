/// The names of a single-file Lightricks checkpoint, which holds transformer and VAE together,
/// as diffusers' folders have them.
///
/// The tables are those of diffusers' single-file loader (`loaders/single_file_utils.py`).
public enum CheckpointKeys {
    /// The three layouts of the VAE.
    public enum Generation: Sendable, CaseIterable {
        /// 0.9.0.
        case v090
        /// 0.9.1: a decoder with timesteps.
        case v091
        /// 0.9.5 and newer: another encoder too.
        case v095
    }

    /// The names of one checkpoint, each by what diffusers calls it:
    /// `["proj_in.weight": "model.diffusion_model.patchify_proj…"]`.
    public struct Names: Sendable, Equatable {
        /// The tensors of the transformer.
        public var transformer: [String: String] = [:]
        /// The tensors of the VAE; empty for a file without one.
        public var vae: [String: String] = [:]
        /// The layout of the VAE.
        public var generation = Generation.v090
    }

    /// Sorts the names of a single file into the two models. Statistics that diffusers does not keep are left out.
    public static func names(_ keys: some Sequence<String>) -> Names {
        let keys = Array(keys)
        var names = Names(generation: generation(keys))
        for key in keys {
            if let name = transformer(key) { names.transformer[name] = key }
            if let name = vae(key, names.generation) { names.vae[name] = key }
        }
        return names
    }

    /// The layout of the VAE, by the blocks that there are rather than their widths.
    public static func generation(_ keys: some Sequence<String>) -> Generation {
        var hasTimesteps = false, hasTenEncoderBlocks = false
        for key in keys {
            hasTimesteps = hasTimesteps || key.hasPrefix("vae.decoder.last_time_embedder.")
            hasTenEncoderBlocks = hasTenEncoderBlocks || key.hasPrefix("vae.encoder.down_blocks.9.")
        }
        return !hasTimesteps ? .v090 : hasTenEncoderBlocks ? .v091 : .v095
    }

    /// A tensor of the transformer as diffusers names it; `nil` for one of the VAE.
    public static func transformer(_ key: String) -> String? {
        guard !key.contains("vae") else { return nil }
        return ModuleNames.diffusers(key.replacing("model.diffusion_model.", with: ""))
    }

    /// A tensor of the VAE as diffusers names it; `nil` for one of the transformer,
    /// and for statistics that are not kept.
    public static func vae(_ key: String, _ generation: Generation) -> String? {
        guard key.hasPrefix("vae.") else { return nil }
        let key = key.dropFirst(4)
        switch key {
        case "per_channel_statistics.mean-of-means": return "latents_mean"
        case "per_channel_statistics.std-of-means": return "latents_std"
        case _ where key.hasPrefix("per_channel_statistics."): return nil
        default: break
        }
        var parts = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 3, let number = Int(parts[2]), let blocks = blocks(parts[0], parts[1], generation) {
            guard blocks.indices.contains(number) else { return nil }
            parts.replaceSubrange(1...2, with: [blocks[number]])
        }
        if let place = parts.firstIndex(of: "norm3"), place + 1 < parts.count, parts[place + 1] == "norm" {
            parts.remove(at: place + 1)
        }
        return parts.map { vaeModules[$0] ?? $0 }.joined(separator: ".")
    }
    private static let vaeModules = [
        "conv_shortcut": "conv_shortcut.conv", "res_blocks": "resnets", "last_time_embedder": "time_embedder",
        "last_scale_shift_table": "scale_shift_table",
    ]

    /// What the blocks of the encoder or decoder are called, by their number in the file.
    private static func blocks(_ side: String, _ list: String, _ generation: Generation) -> [String]? {
        switch (side, list, generation) {
        case ("decoder", "up_blocks", .v090):
            [
                "mid_block", "up_blocks.0", "up_blocks.1.upsamplers.0", "up_blocks.1", "up_blocks.2.conv_in",
                "up_blocks.2.upsamplers.0", "up_blocks.2", "up_blocks.3.conv_in", "up_blocks.3.upsamplers.0",
                "up_blocks.3",
            ]
        case ("decoder", "up_blocks", .v091), ("decoder", "up_blocks", .v095):
            [
                "mid_block", "up_blocks.0.upsamplers.0", "up_blocks.0", "up_blocks.1.upsamplers.0", "up_blocks.1",
                "up_blocks.2.upsamplers.0", "up_blocks.2", "up_blocks.3.upsamplers.0", "up_blocks.3",
            ]
        case ("encoder", "down_blocks", .v090), ("encoder", "down_blocks", .v091):
            [
                "down_blocks.0", "down_blocks.0.downsamplers.0", "down_blocks.0.conv_out", "down_blocks.1",
                "down_blocks.1.downsamplers.0", "down_blocks.1.conv_out", "down_blocks.2",
                "down_blocks.2.downsamplers.0",
                "down_blocks.3", "mid_block",
            ]
        case ("encoder", "down_blocks", .v095):
            [
                "down_blocks.0", "down_blocks.0.downsamplers.0", "down_blocks.1", "down_blocks.1.downsamplers.0",
                "down_blocks.2", "down_blocks.2.downsamplers.0", "down_blocks.3", "down_blocks.3.downsamplers.0",
                "mid_block",
            ]
        default: nil
        }
    }
}
