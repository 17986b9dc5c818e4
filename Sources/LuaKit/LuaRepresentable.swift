/// A Swift value that a binding can return to Lua.
public protocol LuaRepresentable {
    /// The value in Lua.
    var luaValue: LuaValue { get }
    /// The type as help shows it.
    static var luaTypeName: String { get }
}

/// A Swift class that Lua can hold. The same object is always the same Lua value.
public protocol LuaObject: AnyObject, LuaRepresentable {
    /// The declaration of its methods and properties.
    static var luaClass: LuaClass<Self> { get }
    /// Its name in Lua.
    static var luaName: String { get }
}

extension LuaObject {
    public static var luaName: String { "\(Self.self)" }
    public static var luaTypeName: String { luaName }
    public var luaValue: LuaValue { .object(self) }
}

// MARK: - Swift's own types

extension Int: LuaRepresentable {
    public var luaValue: LuaValue { .integer(self) }
    public static var luaTypeName: String { "integer" }
}
extension Double: LuaRepresentable {
    public var luaValue: LuaValue { .number(self) }
    public static var luaTypeName: String { "number" }
}
extension Float: LuaRepresentable {
    public var luaValue: LuaValue { .number(Double(self)) }
    public static var luaTypeName: String { "number" }
}
extension Bool: LuaRepresentable {
    public var luaValue: LuaValue { .bool(self) }
    public static var luaTypeName: String { "boolean" }
}
extension String: LuaRepresentable {
    public var luaValue: LuaValue { .string(self) }
    public static var luaTypeName: String { "string" }
}
extension LuaValue: LuaRepresentable {
    public var luaValue: LuaValue { self }
    public static var luaTypeName: String { "any" }
}
extension LuaTable: LuaRepresentable {
    public var luaValue: LuaValue { .table(self) }
    public static var luaTypeName: String { "table" }
}
extension LuaReference: LuaRepresentable {
    public var luaValue: LuaValue { .reference(self) }
    public static var luaTypeName: String { "any" }
}
extension Optional: LuaRepresentable where Wrapped: LuaRepresentable {
    public var luaValue: LuaValue { self?.luaValue ?? .none }
    public static var luaTypeName: String { Wrapped.luaTypeName + "?" }
}
extension Array: LuaRepresentable where Element: LuaRepresentable {
    public var luaValue: LuaValue { .table(LuaTable(list: map(\.luaValue))) }
    public static var luaTypeName: String { Element.luaTypeName + "[]" }
}
extension Dictionary: LuaRepresentable where Key == String, Value: LuaRepresentable {
    public var luaValue: LuaValue { .table(LuaTable(fields: map { ($0.key, $0.value.luaValue) })) }
    public static var luaTypeName: String { "table<string, \(Value.luaTypeName)>" }
}

/// Several results: `return LuaResults(a.luaValue, b.luaValue)`.
public struct LuaResults: LuaRepresentable {
    /// The results in order.
    public let values: [LuaValue]
    /// These results.
    public init(_ values: LuaValue...) { self.values = values }
    /// These results.
    public init(_ values: [LuaValue]) { self.values = values }
    public var luaValue: LuaValue { .results(values) }
    public static var luaTypeName: String { "any" }
}

/// A string that need not be text.
public struct LuaBytes: LuaRepresentable {
    /// The bytes.
    public let bytes: [UInt8]
    /// These bytes.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public var luaValue: LuaValue { .bytes(bytes) }
    public static var luaTypeName: String { "string" }
}
