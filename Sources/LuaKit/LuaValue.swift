/// A Lua value in Swift's hands.
///
/// Tables come as copies (`table`) where a binding asked for their contents, or stay in Lua (`reference`), as functions
/// and coroutines always do.
public enum LuaValue {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    /// A string that is not UTF-8.
    case bytes([UInt8])
    /// A copy of a table's contents.
    case table(LuaTable)
    /// A Swift object of a registered class.
    case object(AnyObject)
    /// A table, function, coroutine or foreign userdata that stays in Lua.
    case reference(LuaReference)
    /// A registered function by its number. Results only.
    case native(Int)
    /// Several values. The outermost value of a result only.
    case results([LuaValue])
}

// MARK: - Reading

extension LuaValue {
    /// True for `nil`.
    public var isNil: Bool { if case .none = self { true } else { false } }
    /// The text of a string, `nil` for other types and for bytes that are not UTF-8.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The bytes of a string, text or not; `nil` for other types.
    var stringBytes: [UInt8]? {
        switch self {
        case .string(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        default: nil
        }
    }
    /// The value of a number that is integral.
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }
    /// The value of a number.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
    /// The value of a boolean.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The contents of a copied table.
    public var table: LuaTable? { if case .table(let value) = self { value } else { nil } }
    /// The Swift object.
    public var object: AnyObject? { if case .object(let value) = self { value } else { nil } }
    /// The reference to a value that stays in Lua.
    public var reference: LuaReference? { if case .reference(let value) = self { value } else { nil } }

    /// Lua's word for the type; for an object its class.
    public var typeName: String {
        switch self {
        case .none: "nil"
        case .bool: "boolean"
        case .integer, .number: "number"
        case .string, .bytes: "string"
        case .table: "table"
        case .object(let object): (type(of: object) as? any LuaObject.Type)?.luaName ?? "\(type(of: object))"
        case .reference(let reference): reference.type.rawValue
        case .native: "function"
        case .results: "values"
        }
    }

    /// The value as an error message shows it: short, on one line, strings quoted.
    public var shown: String {
        switch self {
        case .none: "nil"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): Self.text(value)
        case .string(let value): "\"\(LuaValue.brief(value))\""
        case .bytes(let value): "a string of \(value.count) bytes that is not UTF-8"
        case .table(let table): table.pairs.isEmpty ? "an empty table" : "a table"
        case .object: Self.withArticle(typeName)
        case .reference, .native, .results: Self.withArticle(typeName)
        }
    }

    /// A number as Lua prints it: integral values keep their `.0`.
    public static func text(_ value: Double) -> String {
        if value.isNaN { return "nan" }  // C's sign of it says nothing
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        return "\(value)"
    }
    /// `"a table"`, `"an integer"`.
    public static func withArticle(_ noun: String) -> String {
        guard let first = noun.lowercased().first else { return noun }
        return ("aeiou".contains(first) ? "an " : "a ") + noun
    }
    /// At most 40 characters of the text, printable.
    public static func brief(_ text: String) -> String {
        guard text.utf8.count > 40, text.count > 40 else { return printable(text) }
        return printable(String(text.prefix(39))) + "…"
    }
    /// The text with control characters escaped, so that a value cannot reach the terminal as a command.
    public static func printable(_ text: String) -> String {
        if !text.unicodeScalars.contains(where: { $0.value < 32 || (127..<160).contains($0.value) }) { return text }
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            case _ where scalar.value < 32 || (127..<160).contains(scalar.value): out += "\\\(scalar.value)"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
