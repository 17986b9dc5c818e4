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
    private let runs: RunList

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

    /// Loads the transformer. Throws when the model is missing or incomplete.
    public init(
        model source: String, dtype: DType = .bfloat16, device: Device, options: LoadOptions = LoadOptions(),
        runs: RunList = .session, monitor: Monitor = Monitor()
    ) throws {
        model = try ModelFolder(finding: source)
        (self.dtype, self.device, self.options, self.runs) = (dtype, device, options, runs)
        let policy = try weights(dtype, options)
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
    /// The model that a configuration names, in the format that it trains in.
    public convenience init(
        _ configuration: TrainingConfiguration, device: Device, runs: RunList = .session, monitor: Monitor = Monitor()
    ) throws {
        let isHalf = configuration.acceleration.mixedPrecisionMode == .bf16
        try self.init(
            model: configuration.model.modelSource, dtype: isHalf ? .bfloat16 : .float32, device: device,
            options: LoadOptions(configuration.acceleration), runs: runs, monitor: monitor)
    }

    /// What a configuration asks for that cannot be trained here yet, a sentence each.
    public static func unsupported(_ configuration: TrainingConfiguration) -> [String] {
        TrainingPlan.unsupported(configuration).map { "\($0)" }
    }

    /// Starts a run on its own thread. Everything that can be known to be wrong is thrown here,
    /// before anything happens: a run that is refused leaves no folder and no number.
    ///
    /// The base model stays where it is: a second run with another configuration builds only its adapters anew. One in another
    /// format is loaded on the run's thread.
    public func start(_ configuration: TrainingConfiguration) throws -> Run {
        let plan = try TrainingPlan(configuration, model: model)
        let policy = try weights(plan.dtype, LoadOptions(configuration.acceleration))
        return try runs.add { number in
            let lease = try model.lease(.transformer, policy, for: "run #\(number)")
            let files = try RunFolder.claim(configuration.outputFolder, keepLast: configuration.checkpoints.keepLastN)
            do { try plan.configuration.save(Path.join(files.path, "config.yaml")) } catch {
                files.giveBack()
                throw error
            }
            let run = Run(number, plan.configuration, folder: files.path)
            if files.path != configuration.outputFolder {
                run.note("'\(configuration.outputDir)' holds another run; this one goes to '\(files.path)'")
            }
            for note in plan.notes { run.note(note) }
            if policy.offloadedBlocks > 0 { run.note(policy.offloadingNote) }
            run.job.start {
                defer { lease.release() }
                var loop = try TrainingLoop(run, plan, lease.model(run.job.monitor), files)
                return try loop.train()
            }
            return run
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
    fileprivate var offloadingNote: String {
        "the weights of \(offloadedBlocks) blocks lie in host memory; those blocks are computed again on the way back"
            + (device == .cpu ? "; on the CPU that saves nothing" : "")
    }
}
