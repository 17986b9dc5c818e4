/// The keys of a configuration that take one of a few names. The raw values are the names in YAML.

/// LoRA or full fine-tuning.
public enum TrainingMode: String, ConfigurationChoice { case lora, full }

/// What conditions the training besides the text.
public enum ConditioningMode: String, ConfigurationChoice {
    case none
    case referenceVideo = "reference_video"
}

/// The optimizer.
public enum OptimizerType: String, ConfigurationChoice { case adamw, adamw8bit, adafactor, lion, prodigy }

/// The learning-rate schedule.
public enum SchedulerType: String, ConfigurationChoice {
    case constant, linear, cosine
    case cosineWithRestarts = "cosine_with_restarts"
    case polynomial
}

/// The number format of the forward pass.
public enum MixedPrecision: String, ConfigurationChoice { case no, fp16, bf16 }

/// The number format in which ranks sum their gradients.
public enum CommunicationDType: String, ConfigurationChoice { case fp32, bf16 }

/// The number format of the frozen weights.
public enum Quantization: String, ConfigurationChoice {
    case noChange = "no_change"
    case int8 = "int8-quanto"
    case int4 = "int4-quanto"
    case int2 = "int2-quanto"
    case fp8 = "fp8-quanto"
    case fp8uz = "fp8uz-quanto"
}

/// Inductor's modes.
public enum CompilationMode: String, ConfigurationChoice {
    case `default`
    case reduceOverhead = "reduce-overhead"
    case maxAutotune = "max-autotune"
}

/// How noise levels are drawn.
public enum TimestepSamplingMode: String, ConfigurationChoice {
    case uniform
    case shiftedLogitNormal = "shifted_logit_normal"
}

/// The model versions that `model.model_source` knows by name (spellings differ from version to version upstream).
public enum ModelVersion: String, CaseIterable, Sendable {
    case v090 = "LTXV_2B_0.9.0"
    case v091 = "LTXV_2B_0.9.1"
    case v095 = "LTXV_2B_0.9.5"
    case v096Dev = "LTXV_2B_0.9.6_DEV"
    case v096Distilled = "LTXV_2B_0.9.6_DISTILLED"
    case v097Dev = "LTXV_13B_097_DEV"
    case v097Distilled = "LTXV_13B_097_DISTILLED"
    case v098Dev = "LTXV_13B_098_DEV"
    case v098Distilled = "LTXV_13B_098_DISTILLED"
    case v098Distilled2B = "LTXV_2B_0.9.8_DISTILLED"

    /// The version that is meant, whatever its case and punctuation: `ltxv-2b-0.9.6-dev`.
    public init?(spelled name: String) {
        guard let found = Self.allCases.first(where: { Self.letters($0.rawValue) == Self.letters(name) }) else {
            return nil
        }
        self = found
    }
    /// What a name is compared by: lowercase letters and digits.
    public static func letters(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

    /// Whether it was taught to do with few steps and without guidance.
    public var isDistilled: Bool { rawValue.hasSuffix("DISTILLED") }
    /// Whether it is one of the large models.
    public var is13B: Bool { rawValue.contains("13B") }

    /// The folders (repositories) and single files that it is published as, the first choice first.
    public var published: [String] {
        switch self {
        case .v090: ["LTX-Video", "LTX-Video-0.9.0", "ltx-video-2b-v0.9.safetensors"]
        case .v091: ["LTX-Video-0.9.1", "ltx-video-2b-v0.9.1.safetensors"]
        case .v095: ["LTX-Video-0.9.5", "ltx-video-2b-v0.9.5.safetensors"]
        case .v096Dev: ["LTX-Video-0.9.6-dev", "ltxv-2b-0.9.6-dev-04-25.safetensors"]
        case .v096Distilled: ["LTX-Video-0.9.6-distilled", "ltxv-2b-0.9.6-distilled-04-25.safetensors"]
        case .v097Dev:
            [
                "LTX-Video-0.9.7-dev", "LTX-Video-0.9.7-diffusers", "ltxv-13b-0.9.7-dev.safetensors",
                "ltxv-13b-0.9.7-dev-fp8.safetensors",
            ]
        case .v097Distilled:
            [
                "LTX-Video-0.9.7-distilled", "ltxv-13b-0.9.7-distilled.safetensors",
                "ltxv-13b-0.9.7-distilled-fp8.safetensors",
            ]
        case .v098Dev:
            ["LTX-Video-0.9.8-dev", "ltxv-13b-0.9.8-dev.safetensors", "ltxv-13b-0.9.8-dev-fp8.safetensors"]
        case .v098Distilled:
            [
                "LTX-Video-0.9.8-13B-distilled", "ltxv-13b-0.9.8-distilled.safetensors",
                "ltxv-13b-0.9.8-distilled-fp8.safetensors",
            ]
        case .v098Distilled2B:
            [
                "LTX-Video-0.9.8-2B-distilled", "ltxv-2b-0.9.8-distilled.safetensors",
                "ltxv-2b-0.9.8-distilled-fp8.safetensors",
            ]
        }
    }
}
