import Configuration
import Base
import LTXVideo
import NN
import Torch

/// A configuration turned into what the loop needs.
/// Making one checks everything that can be known before a model is loaded.
struct TrainingPlan: Sendable {
    let configuration: TrainingConfiguration
    let dtype: DType
    let sampler: NoiseLevelSampler
    let schedule: LearningRateSchedule
    let lora: TrainingConfiguration.LoRA
    let data: Precomputed
    let usesReference: Bool

    init(_ configuration: TrainingConfiguration) throws {
        self.configuration = configuration
        try configuration.check()
        if let first = Self.unsupported(configuration).first { throw first }
        guard let lora = configuration.lora else {
            throw TrainerError.unsupported("model.training_mode", "full", "only lora is")
        }
        dtype = configuration.acceleration.mixedPrecisionMode == .bf16 ? .bfloat16 : .float32
        self.lora = lora
        usesReference = configuration.conditioning.mode == .referenceVideo
        sampler = NoiseLevelSampler(configuration.flowMatching)
        schedule = LearningRateSchedule(configuration.optimization)
        data = try Precomputed(
            opening: configuration.data.preprocessedDataRoot,
            references: configuration.conditioning.referenceLatentsDir)
        let batch = configuration.optimization.batchSize
        guard data.items.count >= batch else {
            throw PrecomputedError.tooFew(data.path, clips: data.items.count, batch: batch)
        }
        if usesReference, let bare = data.items.first(where: { $0.reference == nil }) {
            throw PrecomputedError.noReference(data.path, bare.name)
        }
    }

    /// What a configuration asks for that cannot be had here yet.
    static func unsupported(_ configuration: TrainingConfiguration) -> [TrainerError] {
        var found: [TrainerError] = []
        if configuration.model.trainingMode != .lora {
            found.append(.unsupported("model.training_mode", "full", "only lora is"))
        }
        if let quantization = configuration.acceleration.quantization, quantization != .noChange {
            found.append(.unsupported("acceleration.quantization", quantization.rawValue, "leave it null"))
        }
        let optimizer = configuration.optimization.optimizerType
        if optimizer != .adamw {
            found.append(.unsupported("optimization.optimizer_type", optimizer.rawValue, "only adamw is"))
        }
        if configuration.acceleration.mixedPrecisionMode == .fp16 {
            found.append(.unsupported("acceleration.mixed_precision_mode", "fp16", "use bf16, or no for fp32"))
        }
        if let interval = configuration.validation.interval, !configuration.validation.prompts.isEmpty {
            let way = "set it to null (nil in Lua) and call tr:sample{…} after the run"
            found.append(.unsupported("validation.interval", "\(interval)", way))
        }
        if configuration.hub.pushToHub { found.append(.unsupported("hub.push_to_hub", "true", "set it to false")) }
        return found
    }
}

/// A training that cannot be run as asked.
public enum TrainerError: UserError {
    case unsupported(String, String, String)
    case notFinite(step: Int)
    case notRunning(String, state: String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .unsupported: "not_supported"
        case .notFinite: "train.not_finite"
        case .notRunning: "run.ended"
        }
    }
    /// See `UserError`.
    public var key: String? {
        switch self {
        case .unsupported(let key, _, _): key
        default: nil
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .unsupported(let key, let value, let advice): "\(key) = \(value) is not supported yet: \(advice)"
        case .notFinite(let step):
            "the loss of step \(step) is not finite: the run stopped and its last checkpoint is kept; "
                + "lower optimization.learning_rate, or look at the clips"
        case .notRunning(let name, let state): "\(name) has \(state)"
        }
    }
}
