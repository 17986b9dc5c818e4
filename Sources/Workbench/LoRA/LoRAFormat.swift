import LTXVideo

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

    /// Whether a reader of this spelling looks for alpha: in a tensor a module, or in `adapter_config.json`. For the others it is
    /// multiplied into B.
    var statesAlpha: Bool { self == .kohya || self == .peft }
    /// What the name of a file in this spelling ends with by default.
    var suffix: String { self == .comfyui ? "_comfy" : "_\(rawValue)" }
    /// Spellings that a LoRA can be written in.
    public static let written: [LoRAFormat] = [.comfyui, .diffusers, .kohya, .peft]

    // MARK: Names

    /// The key of one of a module's matrices.
    ///
    /// - Parameter module: the path as diffusers names it.
    func key(_ module: String, _ role: LoRAKey.Role) -> String {
        let path =
            switch self {
            // ComfyUI looks for the original model's names in this spelling, too.
            case .kohya: prefix + ModuleNames.original(module).replacing(".", with: "_")
            case .comfyui: prefix + ModuleNames.original(module)
            default: prefix + module
            }
        return switch (self, role) {
        case (.kohya, .down): "\(path).lora_down.weight"
        case (.kohya, .up): "\(path).lora_up.weight"
        case (_, .down): "\(path).lora_A.weight"
        case (_, .up): "\(path).lora_B.weight"
        case (_, .alpha): "\(path).alpha"
        case (.kohya, .magnitude), (.comfyui, .magnitude): "\(path).dora_scale"
        case (_, .magnitude): "\(path).lora_magnitude_vector"
        }
    }
}
