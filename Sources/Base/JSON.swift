/// A JSON value that keeps the order of keys and tells integers from other numbers, so that files survive a round trip.
///
/// Format: RFC 8259. The parser is strict: duplicate keys, `NaN`, lone surrogates, invalid UTF-8 and nesting deeper
/// than 64 are errors with a line and column.
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    /// A number by its digits, beyond 64 bits or spelled otherwise than here, where the reader asked for them.
    case digits(String)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

/// The members of a JSON object in the order of the file.
public struct JSONObject: Sendable, Equatable {
    /// All of them in the order of the file; each key once.
    public private(set) var members: [(key: String, value: JSON)]
    /// Two spellings of one text are two keys, as in every other program that reads the file.
    private var places: [ExactText: Int]

    /// The last value of a key that comes twice holds, in the place of the first.
    public init(_ members: [(key: String, value: JSON)] = []) {
        (self.members, places) = ([], [:])
        for (key, value) in members { self[key] = value }
    }
    /// In the order of the file.
    public var keys: [String] { members.map(\.key) }

    /// Setting a new key appends it; setting `nil` removes the key.
    public subscript(key: String) -> JSON? {
        get { places[ExactText(key)].map { members[$0].value } }
        set {
            switch (places[ExactText(key)], newValue) {
            case (let place?, let value?): members[place].value = value
            case (nil, let value?):
                places[ExactText(key)] = members.count
                members.append((key, value))
            case (let place?, nil):
                members.remove(at: place)
                places = Dictionary(uniqueKeysWithValues: members.enumerated().map { (ExactText($1.key), $0) })
            case (nil, nil): break
            }
        }
    }
    /// Two objects with the same members are equal in whatever order they come.
    public static func == (a: Self, b: Self) -> Bool {
        a.members.count == b.members.count && a.members.allSatisfy { b[$0.key] == $0.value }
    }
}

// MARK: - Reading values

extension JSON {
    /// The member of an object; nil when there is none or the value is no object.
    public subscript(key: String) -> JSON? { object?[key] }
    /// The members of an object; nil for any other value.
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    /// The elements of an array; nil for any other value.
    public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    /// The text of a string; nil for any other value.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// True or false; nil for any other value, numbers too.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// An integer, or a number that is whole (`2.0`) and fits an `Int`; nil for any other value.
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        case .digits(let text): Double(text).flatMap { Int(exactly: $0) }
        default: nil
        }
    }
    /// A number or an integer; nil for any other value.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .digits(let text): Double(text)
        default: nil
        }
    }
    /// True for `null` itself; a missing member is nil.
    public var isNull: Bool { self == .null }
}
