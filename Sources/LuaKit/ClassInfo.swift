/// A bound class or namespace, as help, completion and the generated references see it.
public struct ClassInfo: Sendable {
    /// The name in Lua.
    public let name: String
    /// One line.
    public let help: String
    /// Functions of the global table of that name: `Dataset.open`.
    public internal(set) var functions: [FunctionInfo] = []
    /// Functions called with a colon on an object.
    public internal(set) var methods: [FunctionInfo] = []
    /// Fields of an object.
    public internal(set) var properties: [PropertyInfo] = []
    /// The type of `object[1]`.
    public internal(set) var element: String?
    /// The type of `object["name"]`.
    public internal(set) var namedElement: String?
    /// What every object has besides the declared members, and what is in those, by their names from the outside in.
    public internal(set) var knownMembers: @Sendable ([String]) -> [MemberInfo] = { _ in [] }
    /// Whether there are objects of it, or only the table of functions.
    public internal(set) var hasObjects = true
    /// Lua code that shows it in use.
    public internal(set) var examples: [String] = []

    /// A class without members.
    public init(name: String, help: String) { (self.name, self.help) = (name, help) }

    /// A global table of functions?
    public var isNamespace: Bool { !functions.isEmpty || !hasObjects }
    /// Every member's name, sorted.
    public var memberNames: [String] { (methods.map(\.name) + properties.map(\.name)).sorted() }
}

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
