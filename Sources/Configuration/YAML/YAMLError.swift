import Foundations

/// What is wrong with a YAML text, and where.
public struct YAMLError: UserError {
    public let reason: String
    public let place: YAML.Place?
    /// The file, when the text came out of one.
    public var path: String?

    public var kind: String { "yaml.malformed" }
    public var description: String {
        "\(path.map { "'\($0)': " } ?? "")\(place.map { "line \($0.line), column \($0.column): " } ?? "")\(reason)"
    }

    init(_ reason: String, _ place: YAML.Place?) { (self.reason, self.place) = (reason, place) }
}
