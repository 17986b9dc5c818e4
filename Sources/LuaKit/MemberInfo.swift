/// A name that an object has besides its declared members, or that a table may hold: for completion and "did you mean".
public struct MemberInfo: Sendable, Equatable, ExpressibleByStringLiteral {
    /// The name.
    public let name: String
    /// Its type in words; empty where nothing is known.
    public let type: String
    /// One line.
    public let help: String
    /// The values that it takes, as they are written in Lua; empty where any will do.
    public let values: [String]

    /// A name and what is known of it.
    public init(_ name: String, type: String = "", help: String = "", values: [String] = []) {
        (self.name, self.type, self.help, self.values) = (name, type, help, values)
    }
    /// A bare name.
    public init(stringLiteral name: String) { self.init(name) }
}
