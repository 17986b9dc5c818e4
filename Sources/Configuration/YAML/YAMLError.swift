import Base

/// What is wrong with a YAML text, and where.
public struct YAMLError: UserError {
    /// What is wrong, without its place.
    public let reason: String
    /// Where, when that is known.
    public let place: YAML.Place?
    /// The file, when the text came out of one.
    public var path: String?

    /// `"yaml.malformed"`.
    public var kind: String { "yaml.malformed" }
    /// One line with file, line and column.
    public var description: String {
        "\(path.map { "'\($0)': " } ?? "")\(place.map { "line \($0.line), column \($0.column): " } ?? "")\(reason)"
    }

    init(_ reason: String, _ place: YAML.Place?) { (self.reason, self.place) = (reason, place) }
}
