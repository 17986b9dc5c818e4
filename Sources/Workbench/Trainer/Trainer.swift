import Configuration
import Foundation
import Base
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

    /// Loads the transformer. Throws when the model is missing or incomplete.
    public init(model source: String, dtype: DType = .bfloat16, device: Device) throws {
        model = try ModelFolder(finding: source)
        (self.dtype, self.device) = (dtype, device)
        _ = try model.lease(.transformer, dtype: dtype, device: device, for: "loading")
    }
    /// The model that a configuration names, in the format that it trains in.
    public convenience init(_ configuration: TrainingConfiguration, device: Device) throws {
        let isHalf = configuration.acceleration.mixedPrecisionMode == .bf16
        try self.init(model: configuration.model.modelSource, dtype: isHalf ? .bfloat16 : .float32, device: device)
    }

    /// What a configuration asks for that cannot be trained here yet, a sentence each.
    public static func unsupported(_ configuration: TrainingConfiguration) -> [String] {
        TrainingPlan.unsupported(configuration).map { "\($0)" }
    }

    /// Starts a run on its own thread. Everything that can be known to be wrong is thrown here,
    /// before anything happens.
    ///
    /// The base model stays where it is: a second run with another configuration builds only its adapters anew.
    public func start(_ configuration: TrainingConfiguration) throws -> Run {
        let plan = try TrainingPlan(configuration)
        let number = Run.reserve()
        let lease: ModelLease, folder: String, files: RunFolder
        do {
            lease = try model.lease(.transformer, dtype: plan.dtype, device: device, for: Run.name(number))
            do {
                folder = RunFolder.free(configuration.outputFolder)
                files = try RunFolder(folder, keepLast: configuration.checkpoints.keepLastN)
                try configuration.save(Path.join(folder, "config.yaml"))
            } catch {
                lease.release()
                throw error
            }
        } catch {
            Run.giveBack(number)
            throw error
        }
        let run = Run(number, configuration, folder: folder)
        if folder != configuration.outputFolder {
            run.events.post(.note("'\(configuration.outputDir)' holds another run; this one goes to '\(folder)'"))
        }
        for orphan in plan.data.orphans.prefix(3) {
            run.events.post(.note("'\(orphan)' has latents but no caption embedding: left out"))
        }
        let thread = Thread { Self.body(run, plan, lease, files) }
        thread.name = run.name
        thread.stackSize = 16 << 20
        thread.start()
        return run
    }

    private static func body(_ run: Run, _ plan: TrainingPlan, _ lease: ModelLease, _ files: RunFolder) {
        run.begin()
        do {
            let state = try train(run, plan, lease, files)
            lease.release()
            run.end(state)
        } catch {
            lease.release()
            run.end(.failed, error)
        }
    }
    private static func train(
        _ run: Run, _ plan: TrainingPlan, _ lease: ModelLease, _ files: RunFolder
    ) throws -> Run.State {
        guard case .transformer(let transformer) = lease.model else { return .failed }
        var loop = try TrainingLoop(run, plan, transformer, files)
        return try loop.train()
    }

    /// Parts of this model in memory are forgotten; all when `part` is nil. Throws when one is in use.
    @discardableResult
    public func unload(_ part: ModelKey.Part? = nil) throws -> [ModelKey] {
        try ModelStore.shared.unload { $0.source == model.identity && (part == nil || $0.part == part) }
    }
}
