/// A YAML value with its place in the text, so that whoever reads it can name line and column in an error.
///
/// Equality compares values; places do not count.
public struct YAML: Sendable, Equatable {
    /// What a node holds.
    public enum Value: Sendable, Equatable {
        case null
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case string(String)
        case list([YAML])
        case mapping([Member])
    }

    /// One `key: value` of a mapping, in the order of the text.
    public struct Member: Sendable, Equatable {
        /// A scalar: everything but a list or a mapping.
        public var key: YAML
        /// The value.
        public var value: YAML

        /// Joins a key and its value.
        public init(_ key: YAML, _ value: YAML) { (self.key, self.value) = (key, value) }

        /// The key as text, as it would be written without quotes.
        public var name: String { key.scalarText ?? "" }
    }

    /// Where a node starts.
    public struct Place: Sendable, Equatable {
        /// 1-based.
        public var line: Int
        /// 1-based, in characters.
        public var column: Int

        /// A place in a text.
        public init(line: Int, column: Int) { (self.line, self.column) = (line, column) }
    }

    /// What the node holds.
    public var value: Value
    /// `nil` for a value that was not read from a text.
    public var place: Place?

    /// A value, with its place when it was read from a text.
    public init(_ value: Value, at place: Place? = nil) { (self.value, self.place) = (value, place) }

    /// Equal values; places do not count.
    public static func == (a: Self, b: Self) -> Bool { a.value == b.value }
}

// MARK: - Making values

extension YAML: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral
{
    /// YAML's `null`.
    public static let null = YAML(.null)

    /// `nil` is null.
    public init(nilLiteral: ()) { self.init(.null) }
    /// A boolean.
    public init(booleanLiteral value: Bool) { self.init(.bool(value)) }
    /// An integer.
    public init(integerLiteral value: Int) { self.init(.integer(value)) }
    /// A number.
    public init(floatLiteral value: Double) { self.init(.number(value)) }
    /// A string.
    public init(stringLiteral value: String) { self.init(.string(value)) }
    /// A list.
    public init(arrayLiteral items: YAML...) { self.init(.list(items)) }
    /// A mapping: `YAML(["rank": 32, "alpha": 32])`.
    public init(_ members: KeyValuePairs<String, YAML>) {
        self.init(.mapping(members.map { Member(YAML(.string($0.key)), $0.value) }))
    }
}

// MARK: - Reading values

extension YAML {
    /// True for null.
    public var isNull: Bool { value == .null }
    /// The text of a string.
    public var string: String? { if case .string(let text) = value { text } else { nil } }
    /// The items of a list.
    public var list: [YAML]? { if case .list(let items) = value { items } else { nil } }
    /// The members of a mapping.
    public var mapping: [Member]? { if case .mapping(let members) = value { members } else { nil } }

    /// The value of a key in a mapping.
    public subscript(name: String) -> YAML? { mapping?.first { $0.name == name }?.value }

    /// The text of a scalar; `nil` for a list or a mapping.
    public var scalarText: String? {
        switch value {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): YAMLWriter.text(of: value)
        case .string(let text): text
        case .list, .mapping: nil
        }
    }

    /// The value in one line and at most about 40 characters, for an error message.
    public var brief: String {
        switch value {
        case .string(let text): "\"\(text.count > 40 ? text.prefix(37) + "…" : text[...])\""
        case .list(let items): items.isEmpty ? "an empty list" : "a list of \(items.count)"
        case .mapping: "a mapping"
        default: scalarText ?? ""
        }
    }
}
