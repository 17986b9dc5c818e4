import Base
import Configuration

/// The combinations of some values of a configuration's keys, in the order in which they are to be trained.
public struct Sweep: Sendable {
    /// The keys that differ, by dotted path, sorted.
    public let keys: [String]
    /// One configuration a combination, each with an output folder of its own.
    public let configurations: [TrainingConfiguration]

    /// Throws, before anything is trained, `ConfigurationError` for an unknown key or a value out of range, `SweepError` for a key without
    /// values, and what `Trainer.start` would for a combination that cannot be trained.
    public init(_ configuration: TrainingConfiguration, _ values: [String: [YAML]], on trainer: Trainer) throws {
        keys = values.keys.sorted()
        var made = [configuration]
        for key in keys {
            guard let choices = values[key], !choices.isEmpty else { throw SweepError.noValues(key) }
            made = try made.flatMap { base in
                try choices.map { value in
                    var changed = base
                    try changed.set(key, to: value)
                    changed.outputDir += "_\(Self.name(key, value))"
                    return changed
                }
            }
        }
        for one in made { _ = try TrainingPlan(one, model: trainer.model) }
        configurations = made
    }

    /// `learning_rate-0.0002`: the end of a folder's name.
    private static func name(_ key: String, _ value: YAML) -> String {
        let text =
            value.list.map { $0.map { $0.scalarText ?? $0.brief }.joined(separator: "+") } ?? value.scalarText
            ?? value.brief
        let safe = text.map { $0.isLetter || $0.isNumber || "+-._".contains($0) ? $0 : "_" }
        return "\(key.split(separator: ".").last ?? "")-\(String(safe))"
    }
}

/// A sweep over nothing.
public enum SweepError: UserError {
    case noValues(String)

    /// See `UserError`.
    public var kind: String { "sweep.empty" }
    /// See `UserError`.
    public var key: String? { if case .noValues(let key) = self { key } else { nil } }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .noValues(let key): "'\(key)' has no values to try; give a list, such as { 1e-4, 2e-4 }"
        }
    }
}
