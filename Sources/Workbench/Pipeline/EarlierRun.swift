import Base
import Configuration

/// What was trained before, beside what would be trained now.
struct EarlierRun: Equatable {
    /// What that means for a run with the configuration of now.
    enum Standing: Equatable {
        /// It is that run, and it has all its steps.
        case done
        /// It is that run, and it was stopped or killed.
        case goesOn
        /// It is another one: the settings and clips that differ, a few words each.
        case other([String])
    }
    let folder: String
    /// Whole updates that it has.
    let step: Int
    let standing: Standing

    /// The newest run that is the one asked for; else the newest of these clips' folder, which is another; nil for none.
    ///
    /// What a run was trained on is told by the sums in its state, and not by names. Throws where what there is to train on cannot
    /// be read.
    static func find(_ wanted: TrainingConfiguration) throws -> EarlierRun? {
        let whole = try Precomputed(
            opening: wanted.data.preprocessedDataRoot, references: wanted.conditioning.referenceLatentsDir)
        let usesReference = wanted.conditioning.mode == .referenceVideo
        let data = try DataIdentity(HeldOut.divide(whole, wanted).training, usesReference: usesReference)
        var other: EarlierRun?
        for folder in folders(wanted.outputFolder).reversed() {
            guard let state = try? RunFolder(folder).newestState().state else { continue }
            var differences = Self.differences(wanted, state.configuration)
            if let difference = state.data.difference(from: data) {
                let root = Path.absolute(state.configuration.data.preprocessedDataRoot)
                // Another project's run, that happens to be called alike.
                guard root == Path.absolute(wanted.data.preprocessedDataRoot) else { continue }
                differences.append("other clips (now \(difference))")
            }
            let isDone = state.step >= wanted.optimization.steps
            let standing: Standing = !differences.isEmpty ? .other(differences) : isDone ? .done : .goesOn
            let run = EarlierRun(folder: folder, step: state.step, standing: standing)
            if differences.isEmpty { return run }
            other = other ?? run
        }
        return other
    }

    /// The folder that a run would be given, and those that later ones got because it was taken.
    private static func folders(_ wanted: String) -> [String] {
        var found: [String] = [], number = 1
        while true {
            let path = number == 1 ? wanted : "\(wanted)_\(number)"
            guard Files.isFolder(path) else { return found }
            found.append(path)
            number += 1
        }
    }

    /// What would have made other weights: `"lora.rank = 16"`, as it was.
    private static func differences(_ wanted: TrainingConfiguration, _ had: TrainingConfiguration) -> [String] {
        // A LoRA that is trained further decides these, whatever the configuration says.
        let goesOn = wanted.model.loadCheckpoint != nil && wanted.model.loadCheckpoint == had.model.loadCheckpoint
        return wanted.differences(from: had).filter { difference in
            if goesOn, difference.key.hasPrefix("lora."), difference.key != "lora.dropout" { return false }
            return !free.contains { difference.key == $0 || $0.hasSuffix(".") && difference.key.hasPrefix($0) }
                && !ResumedConfiguration.isSame(difference.key, wanted, had)
        }.map { "\($0.key) = \($0.other.scalarText ?? $0.other.brief)" }
    }
    /// What the weights do not come of. The data are compared clip by clip.
    private static let free = [
        "checkpoints.", "validation.", "hub.", "wandb.", "output_dir", "data.preprocessed_data_root",
        "data.num_dataloader_workers", "optimization.steps", "optimization.enable_gradient_checkpointing",
        "acceleration.blocks_to_offload", "acceleration.offload_activations", "acceleration.shard_across_ranks",
        "acceleration.load_text_encoder_in_8bit",
        "acceleration.compile_with_inductor", "acceleration.compilation_mode",
    ]
}
