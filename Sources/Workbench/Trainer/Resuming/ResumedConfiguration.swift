import Base
import Configuration

/// What a run that is taken up again goes by.
enum ResumedConfiguration {
    /// What the state in `folder` was trained with, or `changed`, checked against it: its rank, targets, data and the like are what
    /// the state is made of. Throws `TrainerError.fixed` with everything that cannot be changed.
    static func of(
        _ state: TrainingState, in folder: String, _ changed: TrainingConfiguration?
    ) throws -> TrainingConfiguration {
        let own = state.configuration
        var wanted = changed ?? own
        if own.model.loadCheckpoint != nil, wanted.model.loadCheckpoint == own.model.loadCheckpoint {
            // That file has decided these, whatever the configuration says.
            let dropout = wanted.lora?.dropout
            wanted.lora = own.lora
            if let dropout { wanted.lora?.dropout = dropout }
        }
        let wrong = wanted.differences(from: own).filter { difference in
            fixed.contains(difference.key) && !isSame(difference.key, wanted, own)
        }
        guard wrong.isEmpty else {
            throw TrainerError.fixed(folder, wrong.map { ($0.key, has: text($0.other), wanted: text($0.value)) })
        }
        if wanted.outputFolder != folder { wanted.outputDir = folder }
        return wanted
    }

    /// What the state is made of. The data are compared clip by clip.
    private static let fixed: Set = [
        "model.model_source", "model.training_mode", "model.load_checkpoint", "lora.rank", "lora.alpha",
        "lora.rank_pattern", "lora.alpha_pattern", "lora.use_dora", "lora.target_modules", "conditioning.mode",
        "optimization.optimizer_type", "optimization.master_weights", "acceleration.mixed_precision_mode",
        "data.validation_split", "seed",
    ]
    /// Two ways of writing one thing.
    static func isSame(_ key: String, _ a: TrainingConfiguration, _ b: TrainingConfiguration) -> Bool {
        switch key {
        case "model.model_source":
            // What is not there any more may have moved: a path then names no other model that happens to be called alike.
            let source = Path.expandingTilde(b.model.modelSource), name = ModelVersion.letters(Path.name(source))
            let isPublished = ModelVersion.allCases.contains { version in
                version.published.contains { ModelVersion.letters($0) == name }
            }
            guard Files.exists(source) || !source.contains("/") || isPublished,
                let own = try? ModelFolder(finding: source)
            else { return true }
            return (try? ModelFolder(finding: a.model.modelSource))?.identity == own.identity
        case "lora.target_modules": return Set(a.lora?.targetModules ?? []) == Set(b.lora?.targetModules ?? [])
        case "acceleration.mixed_precision_mode":
            return (a.acceleration.mixedPrecisionMode ?? .no) == (b.acceleration.mixedPrecisionMode ?? .no)
        default: return false
        }
    }
    private static func text(_ value: YAML) -> String {
        value.list.map { $0.map(text).joined(separator: " and ") } ?? value.scalarText ?? value.brief
    }
}
