import Base
import Configuration

extension Pipeline {
    /// A template with its places filled as far as a pipeline knows what goes there, or a whole configuration; in either the rank is
    /// the one that was asked for. Throws as `TrainingConfiguration.template`, for places that are left open, too.
    ///
    /// - Parameters:
    ///   - template: a name in `configs/`, or a path.
    ///   - rank: nil leaves a whole configuration's own, and is 32 for a template.
    public static func configuration(
        _ template: String, project: String, rank: Int?, model: String?, trigger: String?,
        note: (String) -> Void = { _ in }
    ) throws -> TrainingConfiguration {
        let path = try TrainingConfiguration.templatePath(template)
        let known = [
            "BASENAME": name(of: project), "RANK": "\(rank ?? 32)", "MODEL_SOURCE": model,
            "TRIGGER_WORD": trigger ?? name(of: project), "DATASET_PATH": place(of: project).path,
        ]
        let places = TrainingConfiguration.places(inTemplate: path)
        let values = known.compactMapValues(\.self).filter { places.contains($0.key) }
        return try TrainingConfiguration.template(path, values, note: note).ranked(rank)
    }
    /// What a project is called in file names.
    public static func name(of project: String) -> String { Path.name(Path.absolute(project)) }
}

extension TrainingConfiguration {
    /// The same with another rank; the strength alpha / rank stays where it is one.
    public func ranked(_ rank: Int?) -> TrainingConfiguration {
        guard let rank, let had = lora else { return self }
        var changed = self
        changed.lora?.rank = rank
        if had.alpha == had.rank { changed.lora?.alpha = rank }
        return changed
    }
}
