extension LuaType where Value == LuaTable {
    /// Any table, copied.
    public static var table: Self {
        var info = TypeInfo("table")
        info.acceptsTables = true
        info.acceptsAnyTable = true
        return LuaType(info) { value, _ in value.table }
    }
}

extension LuaType where Value == LuaValue {
    /// Anything; tables are copied.
    public static var any: Self {
        var info = TypeInfo("value", annotation: "any")
        info.acceptsTables = true
        info.acceptsAnyTable = true
        return LuaType(info) { value, _ in value }
    }
}

extension LuaType where Value == LuaReference {
    /// A function that is called back on the thread that runs Lua.
    public static func callback(_ annotation: String = "function") -> Self {
        LuaType(TypeInfo("function", annotation: annotation)) { value, _ in
            value.reference.flatMap { $0.type == .function ? $0 : nil }
        }
    }
    /// A function that is called back on the thread that runs Lua.
    public static var callback: Self { callback() }
}

extension LuaType where Value: LuaObject {
    /// An object of a registered class.
    public static func object(_: Value.Type = Value.self) -> Self {
        LuaType(TypeInfo(Value.luaName)) { value, _ in value.object as? Value }
    }
}

extension LuaType {
    /// A list `{ x, y, … }` of one type. One `x` alone is not a list.
    public static func list<Element>(of element: LuaType<Element>) -> Self where Value == [Element] {
        var info = TypeInfo("list of \(element.info.name)s", annotation: "\(element.info.annotation)[]")
        info.acceptsTables = true
        info.path = element.info.path
        return LuaType(info) { value, lua in
            guard let list = value.table?.list else { return nil }
            return try list.enumerated().map { place, value in
                guard let converted = try element.convert(value, lua) else {
                    throw LuaTypeError("must hold only \(element.info.name)s (entry \(place + 1) is \(value.shown))")
                }
                return converted
            }
        }
    }
    /// A value of the first type, or else of the second.
    public static func either<A, B>(_ first: LuaType<A>, _ second: LuaType<B>) -> Self where Value == Either<A, B> {
        var info = TypeInfo(
            "\(first.info.name) or \(second.info.name)",
            annotation: "\(first.info.annotation)|\(second.info.annotation)")
        info.acceptsTables = first.info.acceptsTables || second.info.acceptsTables
        info.acceptsAnyTable = first.info.acceptsAnyTable || second.info.acceptsAnyTable
        info.path = first.info.path ?? second.info.path
        info.values = first.info.values + second.info.values
        return LuaType(info) { value, lua in
            if let found = try first.convert(value, lua) { return .first(found) }
            return try second.convert(value, lua).map { .second($0) }
        }
    }
}

/// One of two types.
public enum Either<First, Second> {
    case first(First)
    case second(Second)
}
