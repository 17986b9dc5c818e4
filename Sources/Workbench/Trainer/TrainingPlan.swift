import Base
import Configuration
import LTXVideo
import NN
import Torch

/// A configuration turned into what the loop needs. Making one checks everything that can be known before weights are loaded:
/// the configuration, every clip's files, the LoRA to go on from, and whether both fit the model.
struct TrainingPlan: Sendable {
    /// What is trained: as given, but for what a LoRA file to go on from decides.
    let configuration: TrainingConfiguration
    let dtype: DType
    let sampler: NoiseLevelSampler
    let schedule: LearningRateSchedule
    let lora: TrainingConfiguration.LoRA
    let data: Precomputed
    let usesReference: Bool
    /// What the run is to go on from; nil starts anew.
    let origin: Origin?
    /// What is worth a sentence at the start.
    let notes: [String]

    /// A LoRA that is trained further.
    struct Origin: Sendable {
        let file: HandedOver<LoRAFile>
        /// By module.
        let alphas: [String: Double]
    }

    init(_ configuration: TrainingConfiguration, model: ModelFolder) throws {
        try configuration.check()
        if let first = Self.unsupported(configuration).first { throw first }
        guard let wanted = configuration.lora else {
            throw TrainerError.unsupported("model.training_mode", "full", "only lora is")
        }
        dtype = configuration.acceleration.mixedPrecisionMode == .bf16 ? .bfloat16 : .float32
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
        let sizes = try model.transformerConfiguration()
        var notes = try data.require(
            Precomputed.Demands(
                channels: sizes.inChannels, textWidth: sizes.captionChannels, batch: batch,
                needsReference: usesReference, referenceFolder: configuration.conditioning.referenceLatentsDir))
        notes += data.orphans.prefix(3).map { "'\($0)' has latents but no caption embedding: left out" }

        let skeleton = try Self.skeleton(sizes)
        if let source = configuration.model.loadCheckpoint {
            let file = try LoRAFile(source)
            try file.requireFinite()
            let (alphas, note) = Self.alphas(file, wanted)
            _ = try AdapterSet(skeleton.linears, tensors: file.tensors, alphas: alphas, source: file.path)
            lora = Self.settings(file, alphas, wanted)
            notes += [file.remark, note].compactMap(\.self)
            if lora != wanted { notes.append(Self.differs(file, lora, from: wanted)) }
            origin = Origin(file: HandedOver(file), alphas: alphas)
        } else {
            _ = try AdapterSet(
                skeleton.linears, rank: 1, alpha: 1, targets: wanted.targetModules, generator: nil)
            (lora, origin) = (wanted, nil)
        }
        var trained = configuration
        trained.lora = lora
        (self.configuration, self.notes) = (trained, notes)
    }

    /// The transformer's layers without memory, to try adapters on.
    private static func skeleton(_ sizes: TransformerConfiguration) throws -> Transformer {
        try Transformer(Weights { _, shape in try Tensor.empty(shape, device: .meta) }, sizes)
    }

    // MARK: Going on from a LoRA

    /// Each adapter's alpha: what the file says, else what the configuration says for a file of its rank (the reference trainer
    /// writes no alpha and applies the configuration's), else the rank, which is what every consumer takes.
    private static func alphas(
        _ file: LoRAFile, _ wanted: TrainingConfiguration.LoRA
    ) -> (alphas: [String: Double], note: String?) {
        var alphas = file.alphas
        let silent = file.adapters.filter { alphas[$0.module] == nil }
        for adapter in silent {
            alphas[adapter.module] = Double(adapter.rank == wanted.rank ? wanted.alpha : adapter.rank)
        }
        guard !silent.isEmpty, silent.contains(where: { $0.rank == wanted.rank }), wanted.alpha != wanted.rank else {
            return (alphas, nil)
        }
        return (
            alphas,
            "'\(file.path)' does not say its alpha: lora.alpha = \(wanted.alpha) is taken, as the reference trainer does, so that it "
                + "is trained at \(Double(wanted.alpha) / Double(wanted.rank)) times its plain strength; "
                + "lora.alpha = \(wanted.rank) trains it as it stands"
        )
    }
    /// The configuration's words for what the file holds.
    private static func settings(
        _ file: LoRAFile, _ alphas: [String: Double], _ wanted: TrainingConfiguration.LoRA
    ) -> TrainingConfiguration.LoRA {
        var lora = wanted
        let largest = file.adapters.max { $0.rank < $1.rank }
        lora.rank = largest?.rank ?? wanted.rank
        let alpha = largest.flatMap { alphas[$0.module] } ?? Double(wanted.alpha)
        lora.alpha = Int(exactly: alpha.rounded()) ?? wanted.alpha
        if Set(file.targets) != Set(wanted.targetModules) { lora.targetModules = file.targets }
        return lora
    }
    private static func differs(
        _ file: LoRAFile, _ lora: TrainingConfiguration.LoRA, from wanted: TrainingConfiguration.LoRA
    ) -> String {
        var parts: [String] = []
        if file.ranks.count > 1 || lora.rank != wanted.rank {
            parts.append("rank \(file.ranks.map(String.init).joined(separator: " and ")), not \(wanted.rank)")
        }
        if lora.alpha != wanted.alpha { parts.append("alpha \(lora.alpha), not \(wanted.alpha)") }
        if lora.targetModules != wanted.targetModules {
            parts.append("the targets \(lora.targetModules.joined(separator: ", "))")
        }
        return "'\(file.path)' is trained on as it is: \(parts.joined(separator: "; "))"
    }

    /// What a configuration asks for that cannot be had here yet.
    static func unsupported(_ configuration: TrainingConfiguration) -> [TrainerError] {
        var found: [TrainerError] = []
        if configuration.model.trainingMode != .lora {
            found.append(.unsupported("model.training_mode", "full", "only lora is"))
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

/// A training that cannot be run as asked, or that could not go on.
public enum TrainerError: UserError {
    case unsupported(String, String, String)
    /// Updates one after the other whose gradients were not finite.
    case notFinite(first: Int, last: Int, clips: [String], parameter: String?)
    /// Weights that are not finite after an update.
    case brokenWeights(step: Int, parameter: String)
    case notRunning(String, state: String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .unsupported: "not_supported"
        case .notFinite, .brokenWeights: "train.not_finite"
        case .notRunning: "run.ended"
        }
    }
    /// See `UserError`.
    public var key: String? {
        switch self {
        case .unsupported(let key, _, _): key
        case .brokenWeights(_, let parameter): parameter
        case .notFinite, .notRunning: nil
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .unsupported(let key, let value, let advice): "\(key) = \(value) is not supported yet: \(advice)"
        case .notFinite(let first, let last, let clips, let parameter):
            "the gradients of the steps \(first) to \(last) were not finite"
                + (parameter.map { " (first of '\($0)')" } ?? "")
                + ", so none of them changed the weights; their clips: \(clips.nameList). "
                + "What was trained until then is kept. Lower optimization.learning_rate, or look at those clips"
        case .brokenWeights(let step, let parameter):
            "step \(step) made weights that are not finite ('\(parameter)'): they are not saved, and what was saved before is kept; "
                + "lower optimization.learning_rate"
        case .notRunning(let name, let state): "\(name) has \(state)"
        }
    }
}
