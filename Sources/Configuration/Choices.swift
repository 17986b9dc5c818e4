/// The keys of a configuration that take one of a few names. The raw values are the names in YAML.

/// LoRA or full fine-tuning.
public enum TrainingMode: String, ConfigurationChoice { case lora, full }

/// What conditions the training besides the text.
public enum ConditioningMode: String, ConfigurationChoice {
    case none
    case referenceVideo = "reference_video"
}

/// The optimizer.
public enum OptimizerType: String, ConfigurationChoice { case adamw, adamw8bit }

/// The learning-rate schedule.
public enum SchedulerType: String, ConfigurationChoice {
    case constant, linear, cosine
    case cosineWithRestarts = "cosine_with_restarts"
    case polynomial
}

/// The number format of the forward pass.
public enum MixedPrecision: String, ConfigurationChoice { case no, fp16, bf16 }

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

    /// The folder, or repository, that it is published under.
    public var folder: String {
        switch self {
        case .v090: "LTX-Video"
        case .v091: "LTX-Video-0.9.1"
        case .v095: "LTX-Video-0.9.5"
        case .v096Dev: "LTX-Video-0.9.6-dev"
        case .v096Distilled: "LTX-Video-0.9.6-distilled"
        case .v097Dev: "LTX-Video-0.9.7-dev"
        case .v097Distilled: "LTX-Video-0.9.7-distilled"
        }
    }
}
