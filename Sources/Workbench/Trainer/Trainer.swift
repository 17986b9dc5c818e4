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
    let runs: RunList

    /// Loads the transformer. Throws when the model is missing or incomplete.
    public init(
        model source: String, dtype: DType = .bfloat16, device: Device, runs: RunList = .session,
        monitor: Monitor = Monitor()
    ) throws {
        model = try ModelFolder(finding: source)
        (self.dtype, self.device, self.runs) = (dtype, device, runs)
        _ = try model.lease(.transformer, dtype: dtype, device: device, for: "loading").model(monitor)
    }
    /// The model that a configuration names, in the format that it trains in.
    public convenience init(
        _ configuration: TrainingConfiguration, device: Device, runs: RunList = .session, monitor: Monitor = Monitor()
    ) throws {
        try self.init(
            model: configuration.model.modelSource, dtype: configuration.acceleration.dtype, device: device, runs: runs,
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
    /// format is loaded on the run's thread.
    public func start(_ configuration: TrainingConfiguration) throws -> Run {
        let plan = try TrainingPlan(configuration, model: model)
        return try runs.add { number in
            let lease = try lease(for: plan, number)
            let files = try RunFolder.claim(configuration.outputFolder)
            do { try plan.configuration.save(Path.join(files.path, "config.yaml")) } catch {
                files.giveBack()
                throw error
            }
            let run = Run(number, plan.configuration, folder: files.path, trainer: self)
            if files.path != configuration.outputFolder {
                run.note("'\(configuration.outputDir)' holds another run; this one goes to '\(files.path)'")
            }
            begin(run, plan, files) { lease }
            return run
        }
    }

    func lease(for plan: TrainingPlan, _ number: Int) throws -> ModelLease<Transformer> {
        try model.lease(.transformer, dtype: plan.dtype, device: device, for: "run #\(number)")
    }
    /// Starts a run's thread. `lease` is called on it.
    func begin(
        _ run: Run, _ plan: TrainingPlan, _ files: RunFolder,
        _ lease: @escaping @Sendable () throws -> ModelLease<Transformer>
    ) {
        for note in plan.notes { run.note(note) }
        run.job.start {
            // Before the run counts as over: somebody may wait for that to go on in its folder, or with its model.
            defer { files.release() }
            let lease = try lease()
            defer { lease.release() }
            var loop = try TrainingLoop(run, plan, lease.model(run.job.monitor), files)
            return try loop.train()
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
