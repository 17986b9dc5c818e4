/// The declaration of a Swift class in Lua. One statement a member; a closure holds no logic (ARCHITECTURE.md#bindings).
///
/// ```swift
/// extension Clip: LuaObject {
///     public static var luaClass: LuaClass<Clip> {
///         LuaClass("One video or image of a dataset.") {
///             $0.property("path", "Where the file is.") { $0.path }
///             $0.property("caption", "What the clip shows.", .optional(.string)) { $0.caption } set: { try $0.setCaption($1) }
///             $0.method("frame", "Writes one frame.", .duration("t", "when"), .path("path", "a png")) { try $0.frame($1, $2) }
///         }
///     }
/// }
/// ```
public final class LuaClass<Object: LuaObject> {
    typealias Operator = (Object, Invocation) throws -> LuaValue

    /// What is known of it.
    public private(set) var info: ClassInfo
    private(set) var methods: [LuaFunction] = []
    private(set) var functions: [LuaFunction] = []
    private(set) var getters: [(info: PropertyInfo, read: (Object) throws -> LuaValue)] = []
    private(set) var setters: [String: (Object, LuaValue, Lua) throws -> Void] = [:]
    private(set) var element: ((Object, Int) throws -> LuaValue)?
    /// Whether elements are objects, so that a loop can go on from one to the next.
    private(set) var hasObjectElements = false
    /// Where the last step of a loop was.
    var lastStep = 0
    private(set) var namedElement: ((Object, String) throws -> LuaValue?)?
    private(set) var setNamedElement: ((Object, String, LuaValue) throws -> Void)?
    private(set) var dynamicMembers: ((Object) -> [MemberInfo])?
    private(set) var count: ((Object) throws -> Int)?
    private(set) var text: ((Object) throws -> String)?
    private(set) var close: ((Object) throws -> Void)?
    private(set) var equal: ((Object, Object) throws -> Bool)?
    private(set) var byteCount: ((Object) -> Int)?

    /// A class named `Object.luaName`; `build` declares its members.
    public init(_ help: String, _ build: (LuaClass) -> Void) {
        info = ClassInfo(name: Object.luaName, help: help)
        build(self)
    }

    // MARK: Functions

    /// A function of the global table of the class's name: `Dataset.open(path)`.
    public func function<each A, R: LuaRepresentable>(
        _ name: String, _ help: String, _ arguments: repeat Arg<each A>, example: String? = nil, returns: String? = nil,
        body: @escaping (repeat each A) throws -> R
    ) {
        let function = declare(
            info.name, name, help, isMethod: false, result: returns ?? R.luaTypeName, example: example,
            repeat each arguments
        ) { (_, values: repeat each A) in try body(repeat each values).luaValue }
        functions.append(function)
        info.functions.append(function.info)
    }
    /// A method: `ds:split{…}`.
    public func method<each A, R: LuaRepresentable>(
        _ name: String, _ help: String, _ arguments: repeat Arg<each A>, example: String? = nil, returns: String? = nil,
        body: @escaping (Object, repeat each A) throws -> R
    ) {
        add(
            declare(
                info.name, name, help, isMethod: true, result: returns ?? R.luaTypeName, example: example,
                repeat each arguments, checking: { let _: Object = try receiver($0, name) }
            ) { (call, values: repeat each A) in
                try body(try receiver(call, name), repeat each values).luaValue
            })
    }
    /// A method without a result.
    @_disfavoredOverload
    public func method<each A>(
        _ name: String, _ help: String, _ arguments: repeat Arg<each A>, example: String? = nil,
        body: @escaping (Object, repeat each A) throws -> Void
    ) {
        add(
            declare(
                info.name, name, help, isMethod: true, result: nil, example: example,
                repeat each arguments, checking: { let _: Object = try receiver($0, name) }
            ) { (call, values: repeat each A) in
                try body(try receiver(call, name), repeat each values)
                return .results([])
            })
    }
    private func add(_ method: LuaFunction) {
        methods.append(method)
        info.methods.append(method.info)
    }

    // MARK: Properties

    /// A property that can be read. `isSlow` keeps completion from reading it.
    public func property<R: LuaRepresentable>(
        _ name: String, _ help: String, isSlow: Bool = false, returns: String? = nil,
        get: @escaping (Object) throws -> R
    ) {
        add(
            PropertyInfo(
                owner: info.name, name: name, help: help, type: returns ?? R.luaTypeName, assigned: nil, isSlow: isSlow)
        ) { try get($0).luaValue }
    }
    /// A property that can be read and assigned; what is assigned is checked as an argument is.
    public func property<R: LuaRepresentable, V>(
        _ name: String, _ help: String, _ type: LuaType<V>, isSlow: Bool = false, get: @escaping (Object) throws -> R,
        set: @escaping (Object, V) throws -> Void
    ) {
        add(
            PropertyInfo(
                owner: info.name, name: name, help: help, type: R.luaTypeName, assigned: type.info, isSlow: isSlow)
        ) { try get($0).luaValue }
        setters[name] = { object, value, lua in try set(object, try type.convertOrThrow(value, named: name, lua)) }
    }
    private func add(_ property: PropertyInfo, _ read: @escaping (Object) throws -> LuaValue) {
        getters.append((property, read))
        info.properties.append(property)
    }

    // MARK: Operators

    /// `object[i]`, from 1; `nil` past the end. With `length` it makes `ipairs` and `pairs` work, and `for x in object do` where
    /// elements are objects.
    public func subscripts<R: LuaRepresentable>(_ get: @escaping (Object, Int) throws -> R?) {
        element = { try get($0, $1)?.luaValue ?? .none }
        hasObjectElements = R.self is any LuaObject.Type
        info.element = R.luaTypeName
    }
    /// `object["name"]` for names that are no member; `nil` says that there is no such thing.
    ///
    /// `members` lists them for completion and "did you mean"; `set` takes assignments. `known` is what every object has, and
    /// what is in it, by their names from the outside in: for completion behind a call that has not been made.
    public func namedSubscripts<R: LuaRepresentable>(
        members: ((Object) -> [MemberInfo])? = nil, known: (@Sendable ([String]) -> [MemberInfo])? = nil,
        get: @escaping (Object, String) throws -> R?, set: ((Object, String, LuaValue) throws -> Void)? = nil
    ) {
        if let known { info.knownMembers = known }
        namedElement = { try get($0, $1)?.luaValue }
        (setNamedElement, dynamicMembers) = (set, members)
        info.namedElement = R.luaTypeName
    }
    /// `#object`.
    public func length(_ get: @escaping (Object) throws -> Int) { count = get }
    /// `tostring(object)`, and what the prompt shows.
    public func description(_ get: @escaping (Object) throws -> String) { text = get }
    /// What `local x <close>` does at the end of its block.
    public func closing(_ body: @escaping (Object) throws -> Void) { close = body }
    /// `a == b` for two objects that are not the same.
    public func equality(_ body: @escaping (Object, Object) throws -> Bool) { equal = body }
    /// How many bytes the object holds outside of Lua, for classes that hold many: Lua's collector comes as early as it would
    /// for strings of that size. Asked once, when Lua gets the object; no bytes that others share.
    public func bytes(_ get: @escaping (Object) -> Int) { byteCount = get }
    /// Code that shows the class in use, for help.
    public func example(_ code: String) { info.examples.append(code) }
}
