/// A named option that sets one property of an options struct.
public struct LuaOption<Root> {
    let name: String
    let info: (Root) -> ArgumentInfo
    let apply: (LuaValue, inout Root, Lua) throws -> Void

    private init(
        _ name: String, _ info: @escaping (Root) -> ArgumentInfo,
        _ apply: @escaping (LuaValue, inout Root, Lua) throws -> Void
    ) { (self.name, self.info, self.apply) = (name, info, apply) }

    /// `.option("threshold", \.threshold, .number(above: 0), "score at which a new scene starts")`
    public static func option<Value>(
        _ name: String, _ property: WritableKeyPath<Root, Value>, _ type: LuaType<Value>, _ help: String
    ) -> Self {
        LuaOption(
            name,
            { root in
                ArgumentInfo(
                    name: name, type: type.info, help: help, defaultText: ArgumentInfo.text(root[keyPath: property]),
                    isOption: true)
            },
            { value, root, lua in root[keyPath: property] = try type.convertOrThrow(value, named: name, lua) })
    }
    /// The same for a property that can be `nil`, which is what leaving the option out means.
    public static func option<Value>(
        _ name: String, _ property: WritableKeyPath<Root, Value?>, _ type: LuaType<Value>, _ help: String
    ) -> Self {
        LuaOption(
            name,
            { root in
                ArgumentInfo(
                    name: name, type: type.info, help: help,
                    defaultText: ArgumentInfo.text(root[keyPath: property] as Any),
                    isOption: true)
            },
            { value, root, lua in root[keyPath: property] = try type.convertOrThrow(value, named: name, lua) })
    }
}
