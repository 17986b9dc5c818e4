import Base
import LuaKit

/// `json`: text to values and back.
var jsonFunctions: LuaNamespace {
    LuaNamespace("json", "JSON to Lua values and back.") {
        $0.function(
            "decode",
            "The value of a JSON text. null becomes nil unless another value is given; a whole number beyond 64 bits "
                + "becomes a string of its digits.",
            .string("text", "JSON"), .nullValue("json"), example: "json.decode('{\"rank\": 8}').rank", returns: "any"
        ) {
            LuaValue(
                try JSON(parsing: Array($0.utf8), largeIntegers: .text, isStopped: { Signals.stopRequested }), null: $1)
        }
        $0.function(
            "encode",
            "JSON for a value; keys sorted. An empty table is [], but {} where decode made it of one, or with "
                + "setmetatable({}, { __jsontype = \"object\" }).",
            .any("value", "what to write", isOptional: false),
            .bool("pretty", "over several lines", default: false).named, example: "json.encode({ rank = 8 })"
        ) { value, pretty in try JSON(value).text(indent: pretty ? 2 : nil) }
        $0.null()
    }
}

extension LuaValue {
    /// A JSON value; members keep their names, arrays become lists, nulls what is said.
    init(_ json: JSON, null: LuaValue = .none) {
        switch json {
        case .null: self = null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .string(let value), .digits(let value): self = .string(value)
        case .array(let items): self = .table(LuaTable(list: items.map { LuaValue($0, null: null) }))
        case .object(let object):
            var table = LuaTable(fields: object.members.map { ($0.key, LuaValue($0.value, null: null)) })
            table.isMapping = object.members.isEmpty
            self = .table(table)
        }
    }
}

extension JSON {
    /// A Lua value. Throws for what JSON cannot hold.
    init(_ value: LuaValue) throws {
        switch value {
        case .none: self = .null
        case .object(let object) where object is Null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value):
            guard value.isFinite else { throw EncodingError(LuaValue.text(value), "JSON") }
            self = .number(value)
        case .string(let text): self = .string(text)
        case .table(let table):
            if let list = table.list {
                self = .array(try list.map { try JSON($0) })
            } else {
                self = .object(JSONObject(try table.namedFields("JSON").map { ($0.name, try JSON($0.value)) }))
            }
        case .object(let list as RecordList):
            let records = (1..<list.records.count + 1).map { list.record($0).map(LuaValue.table) ?? .none }
            self = .array(try records.map { try JSON($0) })
        default: throw EncodingError(value.shown, "JSON")
        }
    }
}

extension LuaTable {
    /// The pairs sorted by name; number keys of a table with gaps are written as names. Throws for other keys.
    func namedFields(_ format: String) throws -> [(name: String, value: LuaValue)] {
        try pairs.map { key, value in
            switch key {
            case .string(let name): (name, value)
            case .integer(let number): ("\(number)", value)
            default: throw EncodingError("\(key.shown) as a key", format)
            }
        }.sorted { $0.0 < $1.0 }
    }
}

/// A Lua value that a text format has no words for.
struct EncodingError: UserError {
    let value: String, format: String
    init(_ value: String, _ format: String) { (self.value, self.format) = (value, format) }
    var kind: String { "encode" }
    var description: String { "\(format) cannot hold \(value)" }
}
