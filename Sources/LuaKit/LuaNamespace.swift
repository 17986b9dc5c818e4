/// A declaration of functions that belong to no object: a global table such as `fs`, or with no name the globals.
public final class LuaNamespace {
    /// What is known of it.
    public private(set) var info: ClassInfo
    let isGlobal: Bool
    private(set) var functions: [LuaFunction] = []

    /// A global table; `build` declares its functions.
    public init(_ name: String, _ help: String, _ build: (LuaNamespace) -> Void) {
        info = ClassInfo(name: name, help: help)
        info.hasObjects = false
        isGlobal = false
        build(self)
    }
    /// Global functions.
    public init(globals help: String, _ build: (LuaNamespace) -> Void) {
        info = ClassInfo(name: "_G", help: help)
        info.hasObjects = false
        isGlobal = true
        build(self)
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
    private func add(_ function: LuaFunction) {
        functions.append(function)
        info.functions.append(function.info)
    }
}
