/// A declaration of functions that belong to no object: a global table such as `fs`, or with no name the globals.
public final class LuaNamespace {
    /// What is known of it.
    public private(set) var info: ClassInfo
    let isGlobal: Bool
    /// Adds to a table of Lua's own libraries.
    let isExtension: Bool
    private(set) var functions: [LuaFunction] = []
    private(set) var constants: [(name: String, value: LuaValue)] = []

    /// A global table; `build` declares its functions.
    public init(_ name: String, _ help: String, _ build: (LuaNamespace) -> Void) {
        info = ClassInfo(name: name, help: help)
        info.hasObjects = false
        (isGlobal, isExtension) = (false, false)
        build(self)
    }
    /// Global functions.
    public init(globals help: String, _ build: (LuaNamespace) -> Void) {
        info = ClassInfo(name: "_G", help: help)
        info.hasObjects = false
        (isGlobal, isExtension) = (true, false)
        build(self)
    }
    /// Functions that replace or join those of one of Lua's own libraries.
    public init(extending library: String, _ build: (LuaNamespace) -> Void) {
        info = ClassInfo(name: library, help: "Lua's own library, with changes.")
        info.hasObjects = false
        (isGlobal, isExtension) = (false, true)
        build(self)
    }

    /// A function that takes any number of values as they are: tables stay in Lua.
    public func variadic(
        _ name: String, _ help: String, arguments: [(name: String, help: String)], returns: String? = nil,
        example: String? = nil, body: @escaping (Lua, [LuaValue]) throws -> LuaResults
    ) {
        let infos = arguments.map {
            ArgumentInfo(
                name: $0.name, type: TypeInfo("value", annotation: "any"), help: $0.help, defaultText: "nil",
                isOption: false)
        }
        let info = FunctionInfo(
            owner: isGlobal ? nil : info.name, name: name, help: help, arguments: infos, result: returns,
            example: example,
            isMethod: false)
        add(
            LuaFunction(info: info, leavesTables: true) { call in
                do { return try body(call.lua, call.values).luaValue } catch let error as LuaArgumentError
                    where error.usage == nil
                {
                    throw error.called(in: info)
                }
            })
    }

    /// A function.
    public func function<each A, R: LuaRepresentable>(
        _ name: String, _ help: String, _ arguments: repeat Arg<each A>, example: String? = nil, returns: String? = nil,
        body: @escaping (repeat each A) throws -> R
    ) {
        add(
            declare(
                isGlobal ? nil : info.name, name, help, isMethod: false, result: returns ?? R.luaTypeName,
                example: example,
                repeat each arguments
            ) { (_, values: repeat each A) in try body(repeat each values).luaValue })
    }
    /// A function without a result.
    @_disfavoredOverload
    public func function<each A>(
        _ name: String, _ help: String, _ arguments: repeat Arg<each A>, example: String? = nil,
        body: @escaping (repeat each A) throws -> Void
    ) {
        add(
            declare(
                isGlobal ? nil : info.name, name, help, isMethod: false, result: nil, example: example,
                repeat each arguments
            ) { (_, values: repeat each A) in
                try body(repeat each values)
                return .results([])
            })
    }
    /// A value that stands in the table beside the functions.
    public func constant(_ name: String, _ help: String, _ value: LuaValue) {
        constants.append((name, value))
        info.properties.append(
            PropertyInfo(
                owner: info.name, name: name, help: help, type: value.typeName, assigned: nil, isSlow: false))
    }
    private func add(_ function: LuaFunction) {
        functions.append(function)
        info.functions.append(function.info)
    }
}
