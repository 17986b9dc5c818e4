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
    let sampler: TimestepSampler
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
        sampler = try Self.sampler(configuration.flowMatching)
        schedule = try Self.schedule(configuration.optimization)
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

    private static func sampler(_ flow: TrainingConfiguration.FlowMatching) throws -> TimestepSampler {
        let given = flow.timestepSamplingParams
        func check(_ known: [String]) throws {
            for name in given.keys.sorted() where !known.contains(name) {
                throw TrainerError.parameter("flow_matching.timestep_sampling_params", name, known: known)
            }
        }
        switch flow.timestepSamplingMode {
        case .uniform:
            try check(["min_value", "max_value"])
            return .uniform(min: given["min_value"] ?? 0, max: given["max_value"] ?? 1)
        case .shiftedLogitNormal:
            try check(["std"])
            return .shiftedLogitNormal(std: given["std"] ?? 1)
        }
    }

    private static func schedule(_ optimization: TrainingConfiguration.Optimization) throws -> LearningRateSchedule {
        let given = optimization.schedulerParams, steps = optimization.steps
        func check(_ known: [String]) throws {
            for name in given.keys.sorted() where !known.contains(name) {
                throw TrainerError.parameter("optimization.scheduler_params", name, known: known)
            }
        }
        switch optimization.schedulerType {
        case .constant:
            try check([])
            return .constant
        case .linear:
            try check(["start_factor", "end_factor", "total_iters"])
            return .linear(
                start: given["start_factor"] ?? 1, end: given["end_factor"] ?? 0.1,
                over: given["total_iters"].map { Int($0) } ?? steps)
        case .cosine:
            try check(["T_max", "eta_min"])
            return .cosine(minimum: given["eta_min"] ?? 0, over: given["T_max"].map { Int($0) } ?? steps)
        case .cosineWithRestarts:
            try check(["T_0", "T_mult", "eta_min"])
            return .cosineWithRestarts(
                first: given["T_0"].map { Int($0) } ?? max(1, steps / 4), growth: given["T_mult"].map { Int($0) } ?? 1,
                minimum: given["eta_min"] ?? 5e-5)
        case .polynomial:
            try check(["total_iters", "power"])
            return .polynomial(power: given["power"] ?? 1, over: given["total_iters"].map { Int($0) } ?? steps)
        }
    }
}

/// A training that cannot be run as asked.
public enum TrainerError: UserError {
    case unsupported(String, String, String)
    case parameter(String, String, known: [String])
    case notFinite(step: Int)
    case notRunning(String, state: String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .parameter: "config.invalid"
        case .unsupported: "not_supported"
        case .notFinite: "train.not_finite"
        case .notRunning: "run.ended"
        }
    }
    /// See `UserError`.
    public var key: String? {
        switch self {
        case .unsupported(let key, _, _), .parameter(let key, _, _): key
        default: nil
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .unsupported(let key, let value, let advice): "\(key) = \(value) is not supported yet: \(advice)"
        case .parameter(let key, let name, let known):
            "\(key) has no '\(name)'\(Suggestion.hint(for: name, in: known))"
                + (known.isEmpty ? "; there are none for this type" : "; there are: \(known.joined(separator: ", "))")
        case .notFinite(let step):
            "the loss of step \(step) is not finite: the run stopped and its last checkpoint is kept; "
                + "lower optimization.learning_rate, or look at the clips"
        case .notRunning(let name, let state): "\(name) has \(state)"
        }
    }
}
