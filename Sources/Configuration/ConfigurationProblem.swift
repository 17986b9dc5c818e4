/// One thing that is wrong with a configuration.
public struct ConfigurationProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// What sort of mistake it is; the raw value is the `kind` of the error that a script sees.
    public enum Reason: String, Sendable {
        case invalid = "config.invalid"
        case unknownKey = "config.unknown_key"
        /// A place of a template that no value was given for.
        case unfilled = "config.unfilled"
    }

    /// The dotted path: `"lora.rank"`.
    public let key: String
    /// A sentence that names the key.
    public let message: String
    /// `nil` when the value was not read from a text.
    public let place: YAML.Place?
    /// What sort of mistake it is.
    public let reason: Reason

    init(_ key: String, _ message: String, _ place: YAML.Place? = nil, _ reason: Reason = .invalid) {
        (self.key, self.message, self.place, self.reason) = (key, message, place, reason)
    }
    /// The sentence, with line and column in front when they are known.
    public var description: String { (place.map { "line \($0.line), column \($0.column): " } ?? "") + message }
}
