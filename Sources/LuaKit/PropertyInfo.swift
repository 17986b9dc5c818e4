/// A property of a bound class, as help, completion and the generated references see it.
public struct PropertyInfo: Sendable {
    /// The class.
    public let owner: String
    /// Its own name.
    public let name: String
    /// One line.
    public let help: String
    /// The type of its value.
    public let type: String
    /// Values, range and unit of what can be assigned.
    public let assigned: TypeInfo?
    /// Whether reading it takes long (it opens a file): completion does not.
    public let isSlow: Bool

    /// Whether it can be assigned.
    public var isSettable: Bool { assigned != nil }
    /// `Clip.caption`.
    public var path: String { "\(owner).\(name)" }
}
