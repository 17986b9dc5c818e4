/// Looks into an object of a registered class without running Lua code: for completion and display.
public struct ObjectInspector {
    /// The class.
    public let info: ClassInfo
    /// The text of `tostring`.
    public let describe: (AnyObject) throws -> String
    /// A property or named element; `nil` for one that is not there.
    public let read: (AnyObject, String) throws -> LuaValue
    /// `object[i]`.
    public let element: (AnyObject, Int) throws -> LuaValue
    /// `#object`, `nil` where it has none.
    public let count: (AnyObject) throws -> Int?
    /// What it has besides the declared members.
    public let dynamicMembers: (AnyObject) -> [MemberInfo]
    /// Bytes that it holds outside of Lua; `nil` for a class that holds few.
    let byteCount: ((AnyObject) -> Int)?

    init<Object: LuaObject>(_ type: LuaClass<Object>) {
        info = type.info
        describe = { try ($0 as? Object).flatMap { try type.text?($0) } ?? type.info.name }
        read = { object, name in try (object as? Object).map { try type.read(name, of: $0) } ?? .none }
        element = { object, place in try (object as? Object).flatMap { try type.element?($0, place) } ?? .none }
        count = { try ($0 as? Object).flatMap { try type.count?($0) } }
        byteCount = type.byteCount.map { count in { ($0 as? Object).map(count) ?? 0 } }
        dynamicMembers = { ($0 as? Object).flatMap { type.dynamicMembers?($0) } ?? [] }
    }
}
