import Base
import Configuration
import LTXVideo
import Torch

/// A base model in memory, ready to train adapters on and to sample from.
public final class Trainer: Sendable {
    /// Where the base model is.
    public let model: ModelFolder
    /// Where models are loaded to and runs compute.
    public let device: Device
    /// The number format that the base model was loaded in; a run that asks for another loads it again.
    public let dtype: DType
    private let runs: RunList

    /// Loads the transformer. Throws when it is missing or incomplete.
    public init(
        model: ModelFolder, dtype: DType = .bfloat16, device: Device, runs: RunList = .session,
        monitor: Monitor = Monitor()
    ) throws {
        (self.model, self.dtype, self.device, self.runs) = (model, dtype, device, runs)
        _ = try model.lease(.transformer, dtype: dtype, device: device, for: "loading").model(monitor)
    }
    /// The model that a configuration names, in the format that it trains in.
    public convenience init(
        _ configuration: TrainingConfiguration, device: Device, runs: RunList = .session, monitor: Monitor = Monitor()
    ) throws {
        let isHalf = configuration.acceleration.mixedPrecisionMode == .bf16
        try self.init(
            model: ModelFolder(finding: configuration.model.modelSource), dtype: isHalf ? .bfloat16 : .float32,
            device: device, runs: runs,
            monitor: monitor)
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
        let plan = try TrainingPlan(configuration, model: model)
        let refresh = refreshes ? try CaptionRefresh(plan, model: model, device: device, dtype: dtype) : nil
        let stale = Precomputed.sentences(refresh?.rest ?? plan.changes, of: plan.data.items.count)
        if isStrict, !stale.isEmpty { throw PrecomputedError.stale(plan.data.path, stale) }
        return try runs.add { number in
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
            if !stale.isEmpty { run.note("\(stale.joined(separator: "; ")): pre:run(ds, …)") }
            let turn = model.turn(.transformer, dtype: plan.dtype, device: device, for: run.name)
            if let before = turn.before { run.note("queued behind \(before)") }
            run.job.start(after: {
                do { return try turn.lease(run.job.monitor) } catch {
                    files.giveBack()  // nothing was trained
                    throw error
                }
            }) { lease in
                defer { lease.release() }
                try refresh?.run(run.job.monitor)
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
