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
    /// Nil where the model itself is trained.
    let lora: TrainingConfiguration.LoRA?
    let model: ModelFolder
    /// The clips that are trained on.
    let data: Precomputed
    let buckets: Precomputed.Buckets
    /// What the loss is measured over besides.
    let heldOut: HeldOut?
    /// Clips in the folder that is trained on, held-out ones included.
    let count: Int
    let usesReference: Bool
    /// Whether captions are dropped, and the embedding that stands for them is still to be made.
    let lacksEmptyCaption: Bool
    /// The clips of now, for the states of the run.
    private(set) var identity: DataIdentity
    /// The weights that the run begins with; nil draws new ones.
    let origin: Origin?
    /// What a run that is taken up again goes on from.
    let state: HandedOver<TrainingState>?
    /// What is worth a sentence at the start.
    let notes: [String]
    /// What has changed of clips since they were preprocessed.
    let changes: [Precomputed.Change]
    /// What `auto` comes to on the device; nil where the configuration says it itself.
    var recomputation: Recomputation.Blocks?

    /// A LoRA, or a model, that is trained further.
    struct Origin: Sendable {
        /// As `AdapterSet`, or `WholeModel`, takes them.
        let tensors: HandedOver<[String: Tensor]>
        /// By module; none for a model.
        let alphas: [String: Double]
        /// The file, or the folder of the run.
        let path: String
    }

    /// - Parameters:
    ///   - state: what the run goes on from, instead of a beginning.
    ///   - folder: where that was found.
    init(
        _ configuration: TrainingConfiguration, model: ModelFolder, goingOnFrom state: TrainingState? = nil,
        in folder: String = ""
    ) throws {
        try configuration.check()
        if let first = Self.unsupported(configuration).first { throw first }
        try TrainingLoop.requirePublishing(configuration)
        self.model = model
        for file in (configuration.validation.images ?? []) + (configuration.validation.referenceVideos ?? [])
        where configuration.validation.interval != nil && !Files.exists(Path.expandingTilde(file)) {
            throw FileError.missing(Path.expandingTilde(file))
        }
        dtype = configuration.acceleration.dtype
        usesReference = configuration.conditioning.mode == .referenceVideo
        sampler = NoiseLevelSampler(configuration.flowMatching)
        let whole = try Precomputed(
            opening: configuration.data.preprocessedDataRoot,
            references: configuration.conditioning.referenceLatentsDir)
        count = whole.items.count
        (data, heldOut) = try HeldOut.divide(whole, configuration)
        let batch = configuration.optimization.batchSize
        guard data.items.count >= batch else {
            throw PrecomputedError.tooFew(data.path, clips: data.items.count, batch: batch)
        }
        let sizes = try model.transformerConfiguration()
        let demands = Precomputed.Demands(
            channels: sizes.inChannels, textWidth: sizes.captionChannels, needsReference: usesReference,
            referenceFolder: configuration.conditioning.referenceLatentsDir)
        var (clips, notes) = try data.require(demands)
        if configuration.wandb.enabled {
            notes.append(
                "wandb.enabled = true: nothing is sent there; the figures are in metrics.jsonl, and for TensorBoard beside it"
            )
        }
        buckets = Precomputed.Buckets(clips)
        let accumulation = configuration.optimization.gradientAccumulationSteps
        notes += [buckets.note(data.items.map(\.name), batch: batch, accumulation: accumulation)].compactMap(\.self)
        if let heldOut {
            let names = heldOut.data.items.map(\.name)
            notes += try heldOut.data.require(demands).remarks.filter { !notes.contains($0) }
            notes.append("\(counted(names.count, "clip")) held out, to measure the loss by: \(names.nameList)")
        }
        let isMissing = !Files.exists(EmptyCaption.path(data))
        lacksEmptyCaption = configuration.conditioning.captionDropoutP > 0 && isMissing
        notes += data.orphans.prefix(3).map { "'\($0)' has latents but no caption embedding: left out" }

        identity = try DataIdentity(data, usesReference: usesReference)
        changes = try whole.changes(for: model)
        let skeleton = try Self.skeleton(sizes, configuration)
        self.state = state.map { HandedOver($0) }
        if let state {
            if let difference = state.data.difference(from: identity) {
                throw TrainerError.otherData(folder, data.path, difference)
            }
            let tensors = state.tensors("adapter.")
            lora = configuration.trainedLoRA
            if lora == nil {
                try WholeModel(skeleton.trained).load(tensors, source: folder)
            } else {
                _ = try AdapterSet(skeleton.linears, tensors: tensors, alphas: state.alphas, source: folder)
            }
            origin = Origin(tensors: HandedOver(tensors), alphas: state.alphas, path: folder)
        } else if configuration.model.trainingMode == .full {
            let weights = try configuration.model.loadCheckpoint.map { try ModelWeights($0) }
            if let weights { try WholeModel(skeleton.trained).load(weights.tensors, source: weights.path) }
            lora = nil
            origin = weights.map { Origin(tensors: HandedOver($0.tensors), alphas: [:], path: $0.path) }
        } else if let wanted = configuration.trainedLoRA, let source = configuration.model.loadCheckpoint {
            let file = try LoRAFile(source)
            try file.requireFinite()
            let (alphas, note) = Self.alphas(file, wanted)
            _ = try AdapterSet(skeleton.linears, tensors: file.tensors, alphas: alphas, source: file.path)
            let found = Self.settings(file, alphas, wanted)
            lora = found
            notes += [file.remark, note].compactMap(\.self)
            if found != wanted { notes.append(Self.differs(file, found, from: wanted)) }
            origin = Origin(tensors: HandedOver(file.tensors), alphas: alphas, path: file.path)
        } else {
            lora = configuration.trainedLoRA
            if let lora {
                _ = try AdapterSet(
                    skeleton.linears, lora.adapters, targets: lora.targetModules, dtype: .float32, generator: nil)
            }
            origin = nil
        }
        var trained = configuration
        trained.lora = lora ?? configuration.lora
        (self.configuration, self.notes) = (trained, notes)
    }

    /// The transformer's layers without memory, to try adapters on.
    private static func skeleton(
        _ sizes: TransformerConfiguration, _ configuration: TrainingConfiguration
    ) throws -> Transformer {
        let policy = configuration.transformerPolicy(on: .meta)
        return try Transformer(Weights(policy: policy) { _, shape in try .empty(shape, device: .meta) }, sizes)
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
        lora.useDora = file.adapters.contains { $0.magnitude != nil }
        return lora
    }
    private static func differs(
        _ file: LoRAFile, _ lora: TrainingConfiguration.LoRA, from wanted: TrainingConfiguration.LoRA
    ) -> String {
        var parts: [String] = []
        if file.ranks.count > 1 || lora.rank != wanted.rank {
            parts.append("rank \(file.ranks.map(String.init).joined(separator: " and ")), not \(wanted.rank)")
        }
        if lora.useDora != wanted.useDora { parts.append(lora.useDora ? "as DoRA" : "without DoRA") }
        if lora.alpha != wanted.alpha { parts.append("alpha \(lora.alpha), not \(wanted.alpha)") }
        if lora.targetModules != wanted.targetModules {
            parts.append("the targets \(lora.targetModules.joined(separator: ", "))")
        }
        return "'\(file.path)' is trained on as it is: \(parts.joined(separator: "; "))"
    }

    /// Takes note of clips that were encoded anew since.
    mutating func identifyData() throws { identity = try DataIdentity(data, usesReference: usesReference) }

    /// How the text encoder is kept that validation prompts are encoded by.
    func textPolicy(on device: Device) -> WeightPolicy {
        let format: QuantizedFormat? = configuration.acceleration.loadTextEncoderIn8bit ? .int8 : nil
        return WeightPolicy(dtype, on: device, quantization: format)
    }

    /// What a configuration asks for that cannot be had here yet.
    static func unsupported(_ configuration: TrainingConfiguration) -> [TrainerError] {
        var found: [TrainerError] = []
        if configuration.acceleration.mixedPrecisionMode == .fp16, !configuration.optimization.masterWeights {
            let way = "fp16 needs copies of the weights in fp32: set it to true, or use bf16"
            found.append(.unsupported("optimization.master_weights", "false", way))
        }
        if configuration.hub.pushToHub, configuration.model.trainingMode == .full {
            let way =
                "a LoRA is sent, a whole model is not; set it to false, and send the folder with a program of the hub's"
            found.append(.unsupported("hub.push_to_hub", "true", way))
        }
        return found
    }
}

extension TrainingConfiguration.LoRA {
    /// How its adapters are made.
    var adapters: AdapterOptions {
        var options = AdapterOptions(rank: rank, alpha: Double(alpha))
        (options.ranks, options.alphas) = (rankPattern.mapValues { Int($0) }, alphaPattern)
        options.isDecomposed = useDora
        return options
    }
}

extension TrainingConfiguration {
    /// The adapters that are trained; nil where the model itself is, whatever `lora` says.
    var trainedLoRA: LoRA? { model.trainingMode == .lora ? lora : nil }
}

extension CommunicationDType {
    /// The format itself.
    var dtype: DType { self == .bf16 ? .bfloat16 : .float32 }
}

extension TrainingConfiguration.Acceleration {
    /// What the model is loaded and computed in.
    var dtype: DType {
        switch mixedPrecisionMode {
        case .bf16: .bfloat16
        case .fp16: .float16
        case .no, nil: .float32
        }
    }
}
