import LTXVideo

/// One key of a LoRA file taken apart, whatever program spelt it.
struct LoRAKey: Equatable {
    /// What a tensor is to its module.
    enum Role: Equatable {
        /// rank × inputs.
        case down
        /// outputs × rank.
        case up
        /// The number that scales by alpha / rank.
        case alpha
        /// (outputs), or (outputs, 1): the lengths of the rows of the adapted matrix (DoRA).
        case magnitude
    }
    /// The module's path as diffusers names it, without any prefix: `transformer_blocks.0.attn1.to_q`.
    let module: String
    let role: Role

    private static let endings: [(ending: String, role: Role)] = [
        (".lora_A.weight", .down), (".lora_B.weight", .up), (".lora_A.default.weight", .down),
        (".lora_B.default.weight", .up), (".lora_down.weight", .down), (".lora_up.weight", .up),
        (".lora.down.weight", .down), (".lora.up.weight", .up), (".alpha", .alpha),
        (".lora_magnitude_vector", .magnitude), (".lora_magnitude_vector.default", .magnitude),
        (".lora_magnitude_vector.weight", .magnitude), (".dora_scale", .magnitude),
    ]
    /// Whatever comes before the path, in any order and number: programs that wrap each other's models add their own.
    private static let prefixes = [
        "transformer.", "model.diffusion_model.", "diffusion_model.", "base_model.model.", "lora_unet_",
        "lora_transformer_",
    ]
    /// Marks of kinds of adapters that are no plain LoRA, and what they are called.
    private static let relatives: [(mark: String, name: String)] = [
        ("lokr_", "LoKr"), ("hada_", "LoHa"), ("oft_", "OFT"), ("glora_", "GLoRA"),
    ]

    /// `nil` for a key that is none of a LoRA.
    init?(_ key: String) {
        guard let (ending, role) = Self.endings.first(where: { key.hasSuffix($0.ending) }) else { return nil }
        var path = key.dropLast(ending.count)
        while let prefix = Self.prefixes.first(where: { path.hasPrefix($0) }) { path = path.dropFirst(prefix.count) }
        guard !path.isEmpty else { return nil }
        (module, self.role) = (Self.canonical(path), role)
    }
    /// Whether the transformer of LTX-Video has modules of such a name.
    var isOfTransformer: Bool {
        ["transformer_blocks", "proj_in", "proj_out", "time_embed", "caption_projection"].contains {
            module == $0 || module.hasPrefix($0 + ".")
        }
    }
    /// What the key is of, when it is of an adapter of another kind than LoRA: `"DoRA"`.
    static func otherKind(_ key: String) -> String? { relatives.first { key.contains($0.mark) }?.name }

    /// Dots for underscores, diffusers' names for the original model's, nothing of what `torch.compile` puts between.
    private static func canonical(_ path: Substring) -> String {
        let dotted = path.contains(".") ? String(path) : Self.dotted(path)
        return ModuleNames.diffusers(dotted.replacing("_orig_mod.", with: ""))
    }
    /// Kohya's names have `_` for every dot. The parts of a path that have one of their own are few.
    private static func dotted(_ path: Substring) -> String {
        var path = String(path.replacing("_orig_mod_", with: ""))
        let whole = [
            "transformer_blocks", "to_q", "to_k", "to_v", "to_out", "norm_q", "norm_k", "q_norm", "k_norm", "proj_in",
            "proj_out", "patchify_proj", "adaln_single", "time_embed", "timestep_embedder", "caption_projection",
            "linear_1", "linear_2",
        ]
        for (place, word) in whole.enumerated() { path = path.replacing(word, with: "<\(place)>") }
        path = path.replacing("_", with: ".")
        for (place, word) in whole.enumerated() { path = path.replacing("<\(place)>", with: word) }
        return path
    }

    /// The module as one would name it in `lora.target_modules`: `to_q`, `ff.net.0.proj`.
    var target: String { Self.target(of: module) }
    /// The same for a module's path.
    static func target(of module: String) -> String {
        var parts = module.split(separator: ".")
        if parts.count > 2, parts[0] == "transformer_blocks", Int(parts[1]) != nil { parts.removeFirst(2) }
        if parts.count > 1, parts[0] == "attn1" || parts[0] == "attn2" { parts.removeFirst() }
        return parts.joined(separator: ".")
    }
}
