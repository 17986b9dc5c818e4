/// A bound function: what is known of it, and what it does.
struct LuaFunction {
    let info: FunctionInfo
    /// Tables in the arguments stay in Lua.
    var leavesTables = false
    let body: (inout Invocation) throws -> LuaValue
}

/// One call on its way to a binding.
struct Invocation {
    let lua: Lua
    /// The object before the colon.
    var receiver: AnyObject?
    /// What stands there instead of an object.
    var misplaced: LuaValue?
    var values: [LuaValue]
}

/// Makes the erased function of a declaration: reads the parameters in order, then runs the body.
func declare<each A>(
    _ owner: String?, _ name: String, _ help: String, isMethod: Bool, result: String?, example: String?,
    _ arguments: repeat Arg<each A>, checking: @escaping (Invocation) throws -> Void = { _ in },
    body: @escaping (inout Invocation, repeat each A) throws -> LuaValue
) -> LuaFunction {
    var infos: [ArgumentInfo] = []
    for argument in repeat each arguments { infos += argument.infos }
    let info = FunctionInfo(
        owner: owner, name: name, help: help, arguments: infos, result: result, example: example, isMethod: isMethod)
    let shape = CallShape(infos, path: info.path)
    return LuaFunction(info: info) { call in
        do {
            try checking(call)
            var reader = try ArgumentReader(call.values, shape: shape, lua: call.lua)
            let values = (repeat try (each arguments).read(&reader))
            try reader.finish()
            return try body(&call, repeat each values)
        } catch let error as LuaArgumentError where error.usage == nil {
            throw error.called(in: info)
        }
    }
}

/// The receiver as the class that a method belongs to.
func receiver<Object: LuaObject>(_ call: Invocation, _ name: String) throws -> Object {
    if let object = call.receiver as? Object { return object }
    let got = call.receiver.map { LuaValue.object($0).shown } ?? call.misplaced?.shown ?? "nothing"
    throw LuaArgumentError(
        argument: "self",
        message: "\(Object.luaName):\(name) is called on \(LuaValue.withArticle(Object.luaName)), got \(got)",
        usage: "object:\(name)(…), with a colon")
}
