/// The contents of a Lua table, copied.
public struct LuaTable {
    /// Keys and values in Lua's order: integers from 1 first where the table is a list, the rest in no set order.
    public var pairs: [(key: LuaValue, value: LuaValue)]

    /// Whether an empty one is a mapping, for formats that tell it from a list. Lua keeps it as `__jsontype` of the metatable.
    public var isMapping = false

    /// A table of these pairs.
    public init(_ pairs: [(key: LuaValue, value: LuaValue)] = []) { self.pairs = pairs }
    /// A table with string keys.
    public init(fields: [(String, LuaValue)]) { pairs = fields.map { (.string($0.0), $0.1) } }
    /// A list.
    public init(list: [LuaValue]) { pairs = list.enumerated().map { (.integer($0.offset + 1), $0.element) } }

    /// The value of a string key.
    public subscript(name: String) -> LuaValue {
        for (key, value) in pairs { if case .string(let text) = key, text == name { return value } }
        return .none
    }
    /// The elements, when the keys are exactly 1, 2, 3…; an empty table is an empty list unless it says that it is a mapping.
    public var list: [LuaValue]? {
        if isMapping, pairs.isEmpty { return nil }
        var out = [LuaValue?](repeating: nil, count: pairs.count)
        for (key, value) in pairs {
            guard case .integer(let place) = key, out.indices.contains(place - 1) else { return nil }
            out[place - 1] = value
        }
        return out.compactMap { $0 }
    }
    /// The pairs sorted by name, when every key is a string.
    public var fields: [(name: String, value: LuaValue)]? {
        var out: [(name: String, value: LuaValue)] = []
        for (key, value) in pairs {
            guard case .string(let name) = key else { return nil }
            out.append((name, value))
        }
        return out.sorted { $0.name < $1.name }
    }
    var hasOnlyNames: Bool { pairs.allSatisfy { if case .string = $0.key { true } else { false } } }
}
