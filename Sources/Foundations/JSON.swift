/// A JSON value that keeps the order of keys and tells integers from other numbers, so that files survive a round trip.
///
/// Format: RFC 8259. The parser is strict: duplicate keys, `NaN`, lone surrogates, invalid UTF-8 and nesting deeper
/// than 64 are errors with a line and column.
public enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

/// The members of a JSON object in the order of the file.
public struct JSONObject: Sendable, Equatable {
    public private(set) var members: [(key: String, value: JSON)]
    private var places: [String: Int]

    public init(_ members: [(key: String, value: JSON)] = []) {
        (self.members, places) = ([], [:])
        for (key, value) in members { self[key] = value }
    }
    public var keys: [String] { members.map(\.key) }

    /// Setting a new key appends it; setting `nil` removes the key.
    public subscript(key: String) -> JSON? {
        get { places[key].map { members[$0].value } }
        set {
            switch (places[key], newValue) {
            case (let place?, let value?): members[place].value = value
            case (nil, let value?):
                places[key] = members.count
                members.append((key, value))
            case (let place?, nil):
                members.remove(at: place)
                places = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1.key, $0) })
            case (nil, nil): break
            }
        }
    }
    public static func == (a: Self, b: Self) -> Bool {
        a.members.count == b.members.count && a.members.allSatisfy { b[$0.key] == $0.value }
    }
}

// MARK: - Reading values

extension JSON {
    public subscript(key: String) -> JSON? { object?[key] }
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
    public var isNull: Bool { self == .null }
}
