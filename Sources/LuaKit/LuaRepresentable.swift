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
    /// See `LuaObject`.
    public static var luaName: String { "\(Self.self)" }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { luaName }
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .object(self) }
}

/// An object that stands for its place on the disk wherever a path is taken.
public protocol LuaPath: AnyObject {
    /// The file or folder.
    var luaPath: String { get }
}

// MARK: - Swift's own types

extension Int: LuaRepresentable {
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .integer(self) }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { "integer" }
}
extension Double: LuaRepresentable {
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .number(self) }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { "number" }
}
extension Float: LuaRepresentable {
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .number(Double(self)) }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { "number" }
}
extension Bool: LuaRepresentable {
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .bool(self) }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { "boolean" }
}
extension String: LuaRepresentable {
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .string(self) }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { "string" }
}
extension LuaValue: LuaRepresentable {
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { self }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { "any" }
}
extension LuaTable: LuaRepresentable {
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .table(self) }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { "table" }
}
extension LuaReference: LuaRepresentable {
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .reference(self) }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { "any" }
}
extension Optional: LuaRepresentable where Wrapped: LuaRepresentable {
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { self?.luaValue ?? .none }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { Wrapped.luaTypeName + "?" }
}
extension Array: LuaRepresentable where Element: LuaRepresentable {
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .table(LuaTable(list: map(\.luaValue))) }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { Element.luaTypeName + "[]" }
}
extension Dictionary: LuaRepresentable where Key == String, Value: LuaRepresentable {
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .table(LuaTable(fields: map { ($0.key, $0.value.luaValue) })) }
    /// See `LuaRepresentable`.
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
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .results(values) }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { "any" }
}

/// A string that need not be text.
public struct LuaBytes: LuaRepresentable {
    /// The bytes.
    public let bytes: [UInt8]
    /// These bytes.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    /// See `LuaRepresentable`.
    public var luaValue: LuaValue { .bytes(bytes) }
    /// See `LuaRepresentable`.
    public static var luaTypeName: String { "string" }
}
