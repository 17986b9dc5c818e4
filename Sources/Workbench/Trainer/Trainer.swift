import Base
import Configuration
import LTXVideo
import NN
import Torch

/// A base model in memory, ready to train adapters on and to sample from.
public final class Trainer: Sendable {
    /// Where the base model is.
    public let model: ModelFolder
    /// Where models are loaded to and runs compute.
    public let device: Device
    /// The number format that the base model was loaded in; a run that asks for another loads it again.
    public let dtype: DType
    /// What else was asked for.
    public let options: LoadOptions
    let runs: RunList

    /// How the models are kept.
    public struct LoadOptions: Sendable, Equatable {
        /// What the transformer's blocks are kept in.
        public var quantization = Quantization.noChange
        /// Blocks whose matrices lie in host memory.
        public var blocksToOffload: OffloadedBlocks = 0
        /// Whether prompts are encoded by a text encoder in int8.
        public var loadsTextEncoderIn8bit = false

        /// Everything as it is published.
        public init() {}
        /// As a configuration says.
        public init(_ acceleration: TrainingConfiguration.Acceleration) {
            quantization = acceleration.quantization ?? .noChange
            blocksToOffload = acceleration.blocksToOffload
            loadsTextEncoderIn8bit = acceleration.loadTextEncoderIn8bit
        }
    }

    /// Loads the transformer. Throws when it is missing or incomplete.
    ///
    /// - Parameter loads: false leaves that to whoever needs it first.
    public init(
        model: ModelFolder, dtype: DType = .bfloat16, device: Device, options: LoadOptions = LoadOptions(),
        runs: RunList = .session, loads: Bool = true, monitor: Monitor = Monitor()
    ) throws {
        (self.model, self.dtype, self.device) = (model, dtype, device)
        (self.options, self.runs) = (options, runs)
        let policy = try weights(dtype, options)
        guard loads else {
            _ = try model.transformerConfiguration()
            return
        }
        _ = try model.lease(.transformer, policy, for: "loading").model(monitor)
    }
    /// How the transformer is kept. Throws for what the device cannot do.
    func weights(_ dtype: DType, _ options: LoadOptions) throws -> WeightPolicy {
        try options.quantization.require(on: device)
        let format = options.quantization.format
        let offloaded =
            switch options.blocksToOffload {
            case .count(let count): count
            case .auto: try model.blocksWithoutRoom(on: device, dtype: dtype, quantization: format)
            }
        return WeightPolicy(dtype, on: device, quantization: format, offloadedBlocks: offloaded)
    }
    /// How the text encoder is kept that prompts are encoded by.
    func textPolicy(_ dtype: DType, _ options: LoadOptions) -> WeightPolicy {
        WeightPolicy(dtype, on: device, quantization: options.loadsTextEncoderIn8bit ? .int8 : nil)
    }
    /// The model that a configuration names, in the format that it trains in. A run that trains the model itself, or whose ranks share
    /// one, loads it itself.
    public convenience init(
        _ configuration: TrainingConfiguration, device: Device, runs: RunList = .session, monitor: Monitor = Monitor()
    ) throws {
        let model = try ModelFolder(finding: configuration.model.modelSource)
        let isShared = configuration.acceleration.shardAcrossRanks && SessionRanks.count > 1
        try self.init(
            model: model, dtype: configuration.acceleration.dtype, device: device,
            options: LoadOptions(Self.resolved(configuration, model, device).acceleration), runs: runs,
            loads: configuration.model.trainingMode == .lora && !isShared, monitor: monitor)
    }

    /// What a configuration asks for that cannot be trained here yet, a sentence each.
    public static func unsupported(_ configuration: TrainingConfiguration) -> [String] {
        TrainingPlan.unsupported(configuration).map { "\($0)" }
    }

    /// Starts a run on its own thread. Everything that can be known to be wrong is thrown here,
    /// before anything happens: a run that is refused leaves no folder and no number.
    ///
    /// The base model stays where it is: a second run with another configuration builds only its adapters anew. One in another
    /// format is loaded on the run's thread. While another run uses the model the new one is queued behind it.
    ///
    /// What has changed since preprocessing (captions, the trigger, files, the text encoder, the VAE) is a note.
    ///
    /// - Parameters:
    ///   - isStrict: it is an error, `PrecomputedError.stale`.
    ///   - refreshes: captions that have changed are encoded first, on the run's thread, with the text encoder in memory.
    public func start(
        _ configuration: TrainingConfiguration, isStrict: Bool = false, refreshes: Bool = false
    ) throws -> Run {
        let ranks = try joinedRanks()
        let (plan, policy) = try placed(TrainingPlan(configuration, model: model), ranks)
        let refresh = try refresh(plan, changed: refreshes)
        let stale = Precomputed.sentences(refresh?.rest ?? plan.changes, of: plan.count)
        if isStrict, !stale.isEmpty { throw PrecomputedError.stale(plan.data.path, stale) }
        return try runs.add { number in
            let files = try claimed(configuration.outputFolder, ranks)
            do { if ranks.isFirst { try plan.configuration.save(Path.join(files.path, "config.yaml")) } } catch {
                files.giveBack()
                throw error
            }
            let run = Run(number, plan.configuration, folder: files.path, trainer: self)
            if files.path != configuration.outputFolder {
                run.note("'\(configuration.outputDir)' holds another run; this one goes to '\(files.path)'")
            }
            if !stale.isEmpty { run.note("\(stale.joined(separator: "; ")): pre:run(ds, …)") }
            begin(run, plan, policy, files, refresh, ranks)
            return run
        }
    }

    /// What is to be encoded before a run begins; nil for nothing.
    func refresh(_ plan: TrainingPlan, changed: Bool) throws -> CaptionRefresh? {
        try CaptionRefresh(plan, changed: changed, model: model, policy: textPolicy(dtype, options))
    }

    /// Throws when a run that is paused has the model: whoever waits for a run behind it would wait for ever.
    public func requireNobodyPaused() throws {
        let paused = runs.all.first { $0.state == .paused && $0.trainer?.model.identity == model.identity }
        if let paused { throw TrainerError.behindPaused(paused.name) }
    }

    /// The plan with what `auto` comes to on this device, and how its run keeps the transformer. Throws for what the device cannot do.
    func placed(_ plan: TrainingPlan, _ ranks: any Ranks) throws -> (TrainingPlan, WeightPolicy) {
        let resolved = try Self.resolved(plan.configuration, model, device)
        try (resolved.acceleration.quantization ?? .noChange).require(on: device)
        var plan = plan, offloaded = 0
        if plan.configuration.optimization.enableGradientCheckpointing == .auto {
            plan.recomputation = Recomputation.Blocks(resolved.optimization.enableGradientCheckpointing)
        }
        if case .count(let count) = resolved.acceleration.blocksToOffload { offloaded = count }
        return (plan, resolved.transformerPolicy(on: device, offloaded: offloaded, shard: ranks.shard))
    }
    /// Starts a run's thread. The run is queued until nobody else has the model.
    func begin(
        _ run: Run, _ plan: TrainingPlan, _ policy: WeightPolicy, _ files: RunFolder, _ refresh: CaptionRefresh?,
        _ ranks: any Ranks
    ) {
        for note in plan.notes { run.note(note) }
        let turn = model.turn(.transformer, policy, for: run.name)
        if let before = turn.before { run.note("queued behind \(before)") }
        run.job.start(after: {
            do { return try turn.lease(run.job.monitor) } catch {
                files.giveBack()  // nothing was trained
                throw error
            }
        }) { lease in
            // Before the run counts as over: somebody may wait for that to go on in its folder, or with its model.
            defer { files.release() }
            let (state, publish) = try self.train(run, plan, policy, files, refresh, ranks, lease)
            // It may take long; the model is free for the next run meanwhile.
            publish?()
            return state
        }
    }
    /// How a run ends that has the model, and what sends its LoRA to the hub, if anything shall. It has the model no more then.
    private func train(
        _ run: Run, _ plan: TrainingPlan, _ policy: WeightPolicy, _ files: RunFolder, _ refresh: CaptionRefresh?,
        _ ranks: any Ranks, _ lease: ModelLease<Transformer>
    ) throws -> (Run.State, publish: (() -> Void)?) {
        // What is trained itself is not the model of its files any more.
        defer { if policy.trainedIn == nil { lease.release() } else { lease.discard() } }
        var plan = plan
        try encode(refresh, of: &plan, run.job.monitor, ranks)
        let kept = [policy.offloadingNote, plan.configuration.shardingNote(ranks)].compactMap(\.self)
        for note in kept + plan.recomputationNotes(plan.configuration, device) { run.note(note) }
        return try explainingOutOfMemory(plan) {
            var loop = try TrainingLoop(run, plan, lease.model(run.job.monitor), files, ranks: ranks)
            return (try loop.train(), loop.publication)
        }
    }

    /// Parts of this model in memory are forgotten; all when `part` is nil. Throws when one is in use.
    @discardableResult
    public func unload(_ part: PartName? = nil) throws -> [ModelKey] {
        try ModelStore.shared.unload { key in
            key.source == model.identity(of: key.part) && (part == nil || key.part == part)
        }
    }
}

extension WeightPolicy {
    fileprivate var offloadingNote: String? {
        guard offloadedBlocks > 0 else { return nil }
        return
            "the weights of \(offloadedBlocks) blocks lie in host memory; those blocks are computed again on the way back"
            + (device == .cpu ? "; on the CPU that saves nothing" : "")
    }
}

extension TrainingConfiguration {
    fileprivate func shardingNote(_ ranks: any Ranks) -> String? {
        guard acceleration.shardAcrossRanks else { return nil }
        guard ranks.count > 1 else { return "shard_across_ranks: one rank has all there is" }
        return model.trainingMode == .full
            ? "\(ranks.count) ranks share the states of the optimizer"
            : "\(ranks.count) ranks share the weights of the blocks, which are computed again on the way back"
    }
}
