/// One key of a LoRA file taken apart.
struct LoRAKey: Equatable {
    /// What a tensor is to its module.
    enum Role: Equatable {
        /// rank × inputs.
        case down
        /// outputs × rank.
        case up
        /// The number that scales by alpha / rank.
        case alpha
    }
    /// The module's path without any prefix: `transformer_blocks.0.attn1.to_q`. Kohya's underscores stay.
    let module: String
    let role: Role

    private static let endings: [(ending: String, role: Role)] = [
        (".lora_A.weight", .down), (".lora_B.weight", .up), (".lora_A.default.weight", .down),
        (".lora_B.default.weight", .up), (".lora_down.weight", .down), (".lora_up.weight", .up), (".alpha", .alpha),
    ]
    private static let prefixes = ["transformer.", "diffusion_model.", "base_model.model.", "lora_unet_"]

    /// `nil` for a key that is none of a LoRA.
    init?(_ key: String) {
        guard let (ending, role) = Self.endings.first(where: { key.hasSuffix($0.ending) }) else { return nil }
        let path = key.dropLast(ending.count)
        let prefix = Self.prefixes.first { path.hasPrefix($0) } ?? ""
        guard path.count > prefix.count else { return nil }
        (module, self.role) = (String(path.dropFirst(prefix.count)), role)
    }

    /// The module as one would name it in `lora.target_modules`: `to_q`, `ff.net.0.proj`.
    var target: String {
        var parts = module.split(separator: ".")
        if parts.count > 2, parts[0] == "transformer_blocks", Int(parts[1]) != nil { parts.removeFirst(2) }
        if parts.count > 1, parts[0] == "attn1" || parts[0] == "attn2" { parts.removeFirst() }
        return parts.joined(separator: ".")
    }
}
