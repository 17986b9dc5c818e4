import Base
import Configuration
import LTXVideo
import NN
import Torch

extension Trainer {
    /// What a configuration would take, from sizes alone: nothing is loaded, and neither model nor data need be there where their
    /// sizes are known. Throws for a configuration that cannot be trained, and for a model that nobody knows the sizes of.
    public static func plan(
        _ configuration: TrainingConfiguration, _ options: PlanOptions = PlanOptions(), device: Device
    ) throws -> MemoryPlan {
        let model = try? ModelFolder(finding: configuration.model.modelSource)
        return try MemoryPlan(configuration, options, model: model, device: device)
    }
    /// The same on the model in memory.
    public func plan(
        _ configuration: TrainingConfiguration, _ options: PlanOptions = PlanOptions()
    ) throws -> MemoryPlan {
        try MemoryPlan(configuration, options, model: model, device: device)
    }
}

extension MemoryPlan {
    /// `model`: nil where it is not on this machine.
    init(
        _ configuration: TrainingConfiguration, _ options: PlanOptions, model: ModelFolder?, device: Device
    ) throws {
        try configuration.check()
        let batches = try Self.batches(configuration, options)
        guard let largest = batches.first?.shape else {
            throw PrecomputedError.empty(configuration.data.preprocessedDataRoot, orphans: 0)
        }
        let planner = try Planner(configuration, largest, model: model, ranks: options.ranks)
        let room = (options.memory ?? device.memory).map(PlanOptions.usable)
        let resolved = try planner.resolved(configuration, in: room), footprint = try planner.footprint(resolved)

        self.configuration = resolved
        (size, batch, tokens) = (largest.size, largest.count, largest.tokens)
        let ranks =
            options.ranks > 1
            ? RanksPlan(
                options.ranks, footprint, dtype: resolved.acceleration.communicationDtype.dtype, link: options.link)
            : nil
        self.ranks = ranks
        // The buffer lives when the activations have gone.
        let surplus = (ranks?.buffer ?? 0) - max(0, footprint.update - footprint.gradients)
        parts =
            Self.parts(footprint, resolved, ranks: options.ranks)
            + (surplus > 0
                ? [
                    Part(
                        name: "ranks", bytes: surplus,
                        setting: "the sum of gradients in \(resolved.acceleration.communicationDtype.rawValue)")
                ] : [])
        hostMemory = footprint.host + footprint.waiting
        validation = planner.validation(resolved, footprint)
        self.room = room
        let speed =
            try options.teraflops.map { DeviceSpeed(stated: $0) }
            ?? (options.memory == nil ? DeviceSpeed(measuring: device, resolved.acceleration.dtype) : nil)
        self.speed = speed
        // Of all sizes as often as they come.
        func work(_ configuration: TrainingConfiguration, _ shape: BatchShape) throws -> Double {
            try UpdateWork(configuration, planner.sizes, shape, planner.footprint(configuration)).operations
        }
        let clips = batches.reduce(0) { $0 + $1.clips }
        operations = try batches.reduce(0) { $0 + (try work(resolved, $1.shape)) * Double($1.clips) / Double(clips) }
        guard let room, max(footprint.total, validation ?? 0) > room else {
            choices = []
            return
        }
        choices = try planner.choices(resolved, in: room).map { found, shape in
            let seconds = try speed.map { try work(found, shape) / $0.operations }
            return Choice(
                configuration: found, total: try planner.footprint(found, shape).total, seconds: seconds,
                size: shape == largest ? nil : shape.size)
        }
    }

    /// The batches that there would be, the largest first, and of how many clips.
    static func batches(
        _ configuration: TrainingConfiguration, _ options: PlanOptions
    ) throws -> [(shape: BatchShape, clips: Int)] {
        if let size = options.size { return [(BatchShape(size, configuration), 1)] }
        let root = configuration.data.preprocessedDataRoot
        if Files.isFolder(Path.absolute(root)) {
            let data = try Precomputed(opening: root, references: configuration.conditioning.referenceLatentsDir)
            return try BatchShape.all(of: data, configuration)
        }
        let dims = configuration.validation.videoDims
        let size = try VideoSize(width: dims.width, height: dims.height, frames: (dims.frames - 1) / 8 * 8 + 1)
        return [(BatchShape(size, configuration), 1)]
    }

    private static func parts(
        _ footprint: TrainingFootprint, _ configuration: TrainingConfiguration, ranks: Int
    ) -> [Part] {
        let isFull = configuration.model.trainingMode == .full, acceleration = configuration.acceleration
        let format = acceleration.quantization?.format.map(\.rawValue) ?? (isFull ? "fp32" : "\(acceleration.dtype)")
        var offloaded = "", recomputed = "no block recomputed"
        if case .count(let count) = acceleration.blocksToOffload, count > 0 {
            offloaded = ", \(count) blocks offloaded"
        }
        let sharing = acceleration.shardAcrossRanks && ranks > 1 ? ", shared by \(ranks) ranks" : ""
        if !isFull { offloaded += sharing }
        if footprint.recomputed == footprint.blocks {
            recomputed = "all blocks recomputed"
        } else if footprint.recomputed > 0 {
            recomputed = "\(counted(footprint.recomputed, "block")) recomputed"
        }
        if acceleration.offloadActivations { recomputed += ", inputs in host memory" }
        let optimization = configuration.optimization
        let copies = !isFull && optimization.masterWeights && acceleration.dtype != .float32 ? ", copies in fp32" : ""
        let parts = [
            Part(name: "transformer", bytes: footprint.weights, setting: format + offloaded),
            Part(name: "adapters", bytes: footprint.adapters, setting: "rank \(configuration.lora?.rank ?? 0)"),
            Part(
                name: "optimizer", bytes: footprint.optimizer,
                setting: optimization.optimizerType.rawValue + copies + (isFull ? sharing : "")),
            Part(name: "average", bytes: footprint.average, setting: "ema_decay"),
            Part(
                name: "gradients", bytes: min(footprint.gradients, footprint.update),
                setting: optimization.gradientAccumulationSteps > 1 ? "kept over batches" : "of one batch"),
            Part(
                name: "activations", bytes: max(0, footprint.update - footprint.gradients),
                setting: recomputed),
        ]
        return parts.filter { $0.bytes > 0 }
    }
}

extension Planner {
    /// Of a model on this machine, or of a published one by its name.
    convenience init(
        _ configuration: TrainingConfiguration, _ batch: BatchShape, model: ModelFolder?, ranks: Int
    ) throws {
        let dtype = configuration.acceleration.dtype
        if let model {
            try self.init(model.transformerConfiguration(), batch, ranks: ranks) { in8bit in
                try? model.textEncoderBytes(WeightPolicy(dtype, on: .meta, quantization: in8bit ? .int8 : nil))
            }
            return
        }
        let source = configuration.model.modelSource
        guard let version = ModelVersion(spelled: Path.name(source)) ?? ModelVersion(published: Path.name(source))
        else {
            _ = try ModelFolder(finding: source)  // says what was looked for
            throw ModelFolderError.missing(source, lookedIn: [])
        }
        self.init(version.is13B ? .ltxv13B : .ltxv2B, batch, ranks: ranks) { in8bit in
            let policy = WeightPolicy(dtype, on: .meta, quantization: in8bit ? .int8 : nil)
            return try? T5Encoder.bytes(T5Configuration(), policy)
        }
    }
}

extension ModelVersion {
    /// The version that a folder, repository or file of this name is.
    init?(published name: String) {
        let letters = Self.letters(name)
        let found = Self.allCases.first { version in version.published.contains { Self.letters($0) == letters } }
        guard let found else { return nil }
        self = found
    }
}

extension T5Encoder {
    /// Bytes of an encoder of these sizes.
    fileprivate static func bytes(_ sizes: T5Configuration, _ policy: WeightPolicy) throws -> Int {
        let kept = policy.dtype ?? .bfloat16
        let weights = Weights(policy: policy) { _, shape in try .empty(shape, dtype: kept, device: .meta) }
        return try T5Encoder(weights, sizes).byteCount
    }
}

extension ModelFolder {
    /// Bytes of the text encoder, from its sizes alone.
    fileprivate func textEncoderBytes(_ policy: WeightPolicy) throws -> Int {
        let path = textEncoder
        guard Files.isFolder(path) else { return try T5Encoder.bytes(T5File(path).configuration(), policy) }
        let config = Path.join(path, "config.json")
        return try T5Encoder.bytes(T5Configuration(json: Files.json(config), path: config), policy)
    }
}

extension Device {
    /// Bytes that it has in all; nil when nobody can tell.
    var memory: Int? {
        switch self {
        case .cuda(let index): (try? Backend.cudaMemory(index))?.total
        case .cpu: (try? Files.text("/proc/meminfo")).flatMap { MemoryBudget.line("MemTotal", of: $0) }
        case .meta: nil
        }
    }
}
