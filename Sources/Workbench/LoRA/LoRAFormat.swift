/// How the keys of a LoRA file are spelt.
public enum LoRAFormat: String, Sendable {
    /// `transformer.transformer_blocks.0.attn1.to_q.lora_A.weight`, as diffusers and the reference trainer write.
    case diffusers
    /// `diffusion_model.transformer_blocks.0.attn1.to_q.lora_A.weight`, with the original model's module names.
    case comfyui
    /// `base_model.model.transformer_blocks.0.attn1.to_q.lora_A.weight`.
    case peft
    /// `lora_unet_transformer_blocks_0_attn1_to_q.lora_down.weight`.
    case kohya
    /// LoRA keys without any prefix.
    case bare
    /// No LoRA keys at all: whole weights.
    case weights

    /// What keys start with.
    public var prefix: String {
        switch self {
        case .diffusers: "transformer."
        case .comfyui: "diffusion_model."
        case .peft: "base_model.model."
        case .kohya: "lora_unet_"
        case .bare, .weights: ""
        }
    }
    /// The name in a sentence.
    public var title: String {
        switch self {
        case .diffusers: "diffusers"
        case .comfyui: "ComfyUI"
        case .peft: "PEFT"
        case .kohya: "Kohya"
        case .bare: "LoRA keys without a prefix"
        case .weights: "a file of whole weights"
        }
    }

    /// The format of a file by its keys.
    public init(keys: some Sequence<String>) {
        let adapters = keys.filter { LoRAKey($0) != nil }
        let known: [LoRAFormat] = [.diffusers, .comfyui, .peft, .kohya]
        self =
            adapters.isEmpty
            ? .weights : known.first { format in adapters.contains { $0.hasPrefix(format.prefix) } } ?? .bare
    }

    // MARK: Names

    /// The key of one of a module's matrices.
    ///
    /// - Parameter module: the path as diffusers names it.
    func key(_ module: String, _ role: LoRAKey.Role) -> String {
        switch (self, role) {
        case (.kohya, .down): "\(prefix)\(Self.underscored(module)).lora_down.weight"
        case (.kohya, .up): "\(prefix)\(Self.underscored(module)).lora_up.weight"
        case (.kohya, .alpha): "\(prefix)\(Self.underscored(module)).alpha"
        case (.comfyui, .down): "\(prefix)\(Self.originalNames(module)).lora_A.weight"
        case (.comfyui, .up): "\(prefix)\(Self.originalNames(module)).lora_B.weight"
        case (.comfyui, .alpha): "\(prefix)\(Self.originalNames(module)).alpha"
        case (_, .down): "\(prefix)\(module).lora_A.weight"
        case (_, .up): "\(prefix)\(module).lora_B.weight"
        case (_, .alpha): "\(prefix)\(module).alpha"
        }
    }

    /// Modules whose names in diffusers differ from the original model's, which ComfyUI uses. None is a default target.
    private static let originals = [
        "proj_in": "patchify_proj", "time_embed": "adaln_single", "norm_q": "q_norm", "norm_k": "k_norm",
    ]
    private static let replacements = Dictionary(uniqueKeysWithValues: originals.map { ($1, $0) })

    /// A module's path with the original model's names as diffusers spells it.
    static func diffusersNames(_ module: String) -> String { renamed(module, replacements) }
    private static func originalNames(_ module: String) -> String { renamed(module, originals) }
    private static func underscored(_ module: String) -> String { module.replacing(".", with: "_") }
    private static func renamed(_ module: String, _ names: [String: String]) -> String {
        module.split(separator: ".", omittingEmptySubsequences: false).map { names[String($0)] ?? String($0) }
            .joined(separator: ".")
    }
}
