/// The type of a configuration key.
public indirect enum ConfigurationKind: Sendable, Equatable, CustomStringConvertible {
    case integer, number, boolean, text
    case choice([String])
    case texts
    case dimensions
    case parameters
    /// The type, or one of a few words.
    case orWords(ConfigurationKind, [String])
    /// The type, or null.
    case optional(ConfigurationKind)

    /// The type in words: `"a whole number"`.
    public var description: String {
        switch self {
        case .integer: "a whole number"
        case .number: "a number"
        case .boolean: "true or false"
        case .text: "text"
        case .choice(let names): "one of " + names.joined(separator: ", ")
        case .texts: "a list of texts"
        case .dimensions: "width, height and frames as three whole numbers or \"WxHxF\""
        case .parameters: "a mapping of names to numbers"
        case .orWords(let kind, let words): "\(kind), or \(words.joined(separator: " or "))"
        case .optional(let kind): "\(kind), or null"
        }
    }

    /// The names that the key takes; empty for any other type.
    public var choices: [String] {
        switch self {
        case .choice(let names): names
        case .optional(let kind): kind.choices
        case .boolean: ["true", "false"]
        case .orWords(_, let words): words
        default: []
        }
    }

    /// True for a key that takes null.
    public var isOptional: Bool { if case .optional = self { true } else { false } }
}
