import Base
import Configuration
import LuaKit

/// `yaml`: text to values and back.
var yamlFunctions: LuaNamespace {
    LuaNamespace("yaml", "YAML text: encode and decode.") {
        $0.function(
            "encode", "A value as YAML text. An empty table is [], but {} where decode made it of one.",
            .any("value", "a table, string, number, boolean or nil"),
            example: "print(yaml.encode{ name = \"APT\", sizes = { 768, 448, 89 } })"
        ) { try YAML(lua: $0).text }
        $0.function(
            "decode",
            "The value of a YAML text, read as a configuration is (YAML 1.1, strict; 1e-3 is a number too). null becomes "
                + "nil unless another value is given; a whole number beyond 64 bits becomes a string of its digits.",
            .string("text", "the text"), .nullValue("yaml"),
            example: "yaml.decode(\"interval: null\", { null = yaml.null }).interval == yaml.null", returns: "any"
        ) { try YAML(parsing: $0, numbers: .ofScripts).lua(null: $1) }
        $0.null()
    }
}

/// A Lua value that YAML has no word for.
struct YAMLValueError: UserError {
    let description: String
    var kind: String { "yaml.value" }
}

extension YAML {
    /// The value that a Lua value stands for: a table with the keys 1, 2, 3… is a list, any other a mapping,
    /// sorted by name.
    ///
    /// Throws `YAMLValueError` for functions, objects, strings that are not text, and nesting deeper than 64.
    ///
    /// - Parameter takesPaths: an object that has a path stands for it, as in a configuration.
    init(lua value: LuaValue, depth: Int = 0, takesPaths: Bool = false) throws {
        guard depth < 64 else { throw YAMLValueError(description: "the table is nested deeper than 64 levels") }
        switch value {
        case .none: self = .null
        case .object(let object) where object is Null: self = .null
        case .bool(let value): self.init(.bool(value))
        case .integer(let value): self.init(.integer(value))
        case .number(let value): self.init(.number(value))
        case .string(let value): self.init(.string(value))
        case .table(let table):
            if let list = table.list {
                self.init(.list(try list.map { try YAML(lua: $0, depth: depth + 1, takesPaths: takesPaths) }))
            } else {
                let members = try table.pairs.map { key, value in
                    Member(
                        try YAML(lua: key, depth: 63),
                        try YAML(lua: value, depth: depth + 1, takesPaths: takesPaths))
                }
                self.init(.mapping(members.sorted { $0.name < $1.name }))
            }
        case .reference(let reference) where reference.type == .table:
            try self.init(lua: .table(reference.copy()), depth: depth, takesPaths: takesPaths)
        case .object(let object as any LuaPath) where takesPaths: self.init(.string(object.luaPath))
        case .bytes, .object, .reference, .native, .results:
            throw YAMLValueError(description: "YAML has no word for \(value.shown)")
        }
    }

    /// The value in Lua: null is nil, lists and mappings are tables.
    var lua: LuaValue { lua(null: .none) }
    /// The value in Lua with null as another value.
    func lua(null: LuaValue) -> LuaValue {
        switch value {
        case .null: return null
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .number(value)
        case .string(let value): return .string(value)
        case .list(let items): return .table(LuaTable(list: items.map { $0.lua(null: null) }))
        case .mapping(let members):
            var table = LuaTable(members.map { ($0.key.lua, $0.value.lua(null: null)) }.filter { !$0.0.isNil })
            table.isMapping = members.isEmpty
            return .table(table)
        }
    }

    /// The members of a mapping; none for anything else.
    var members: [Member] { mapping ?? [] }
}
