import Base
import Configuration
import NN
import Torch

/// What `auto` comes to, and what to say when memory was not enough.
extension Trainer {
    /// The configuration with numbers for `auto`: as few as make it fit into the device. Its size counts, not what is free now: a
    /// second run must not have another number, and load the model again for it. Where nothing is preprocessed yet the size of the
    /// validation's videos counts.
    static func resolved(
        _ configuration: TrainingConfiguration, _ model: ModelFolder, _ device: Device
    ) throws -> TrainingConfiguration {
        var wanted = configuration
        // Host memory is the device's own on the CPU.
        if device == .cpu, wanted.acceleration.blocksToOffload == .auto { wanted.acceleration.blocksToOffload = 0 }
        let isOpen =
            wanted.optimization.enableGradientCheckpointing == .auto || wanted.acceleration.blocksToOffload == .auto
        guard isOpen, let largest = try MemoryPlan.batches(wanted, PlanOptions()).first else { return wanted }
        let planner = try Planner(wanted, largest.shape, model: model, ranks: SessionRanks.count)
        return try planner.resolved(wanted, in: device.memory.map(PlanOptions.usable))
    }

    /// Runs a training; when memory ends, the error says which settings would fit. What was loaded stays.
    func explainingOutOfMemory<R>(_ plan: TrainingPlan, _ body: () throws -> R) throws -> R {
        do { return try body() } catch let error as TorchError where error.isOutOfMemory {
            try? Backend.emptyCache()
            throw TrainerError.outOfMemory("\(error)", advice: advice(plan.configuration))
        }
    }
    /// The end of a sentence: what would fit into what the device has, or into less than the training that did not fit would have
    /// taken, since others may have had the rest.
    private func advice(_ configuration: TrainingConfiguration) -> String {
        let general = "lower optimization.batch_size, or the size of the clips"
        do {
            let resolved = try Self.resolved(configuration, model, device)
            guard let largest = try MemoryPlan.batches(resolved, PlanOptions()).first?.shape else { return general }
            let planner = try Planner(resolved, largest, model: model, ranks: SessionRanks.count),
                total = try planner.footprint(resolved).total
            let room = min(device.memory.map(PlanOptions.usable) ?? total, total / 5 * 4)
            guard let (found, shape) = try planner.choices(resolved, in: room).first else { return general }
            let changes = found.differences(from: resolved).map { "\($0.key) = \($0.value.scalarText ?? "null")" }
            let size = shape == largest ? [] : ["clips of \(shape.size)"]
            return
                "it takes \(ByteCount(try planner.footprint(found, shape).total)) instead of \(ByteCount(total)) with "
                + (changes + size).joined(separator: ", ") + "; tr:plan(cfg) has more"
        } catch { return general }
    }
}

extension TrainingPlan {
    /// What `auto` has come to, and where what recomputed blocks keep lies.
    func recomputationNotes(_ configuration: TrainingConfiguration, _ device: Device) -> [String] {
        let auto: String? =
            switch recomputation {
            case nil: nil
            case .none?: "enable_gradient_checkpointing = auto: no block is recomputed"
            case .all?: "enable_gradient_checkpointing = auto: every block is recomputed"
            case .first(let count)?: "enable_gradient_checkpointing = auto: \(count) blocks are recomputed"
            }
        let offloading =
            configuration.acceleration.offloadActivations
            ? "what recomputed blocks keep waits in host memory"
                + (device == .cpu ? "; on the CPU that saves nothing" : "")
            : nil
        return [auto, offloading].compactMap(\.self)
    }
}
