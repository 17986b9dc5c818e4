import CLuaBridge
import Base

/// One Lua 5.4 interpreter. It belongs to the thread that runs it; only `interrupt` may come from elsewhere.
public final class Lua {
    let state: lb_state
    let released = ReleaseQueue()
    private(set) var functions: [LuaFunction] = []
    private(set) var classes: [ObjectIdentifier: (number: Int32, inspector: ObjectInspector)] = [:]

    /// Classes and namespaces in the order of their registration.
    public private(set) var catalogue: [ClassInfo] = []
    /// Global functions.
    public private(set) var globals: [FunctionInfo] = []
    /// Whatever the bindings' provided arguments need: the shell's session.
    public weak var owner: AnyObject?

    /// The words that cannot be names.
    public static let keywords = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
        "not", "or", "repeat", "return", "then", "true", "until", "while",
    ]

    /// An interpreter with the standard libraries, made safe: text chunks only, `pcall` that lets an interrupt pass.
    public init() throws {
        guard let state = lb_open(dispatch, release, nil) else {
            throw LuaFailure(kind: "oom", message: "not enough memory for a Lua interpreter")
        }
        self.state = state
        lb_set_context(state, Unmanaged.passUnretained(self).toOpaque())
    }
    deinit {
        // A finalizer that runs now must not reach a Swift object that is going away.
        lb_set_context(state, nil)
        lb_close(state)
    }

    // MARK: Registration

    /// Makes a class known, and the global of its name if it declares functions.
    public func register<Object: LuaObject>(_: Object.Type) throws {
        let type = Object.luaClass
        try validate(type.info)
        let inspector = ObjectInspector(type)
        var operators = lb_class(
            name: nil, index: try internalFunction(type.info.name, "index") { try type.index($0) }, newindex: -1,
            length: -1, text: -1, equal: -1, call: -1, close: -1, pairs: -1)
        operators.newindex = try internalFunction(type.info.name, "newindex") { call in
            try type.setIndex(call)
            return .none
        }
        if type.count != nil {
            operators.length = try internalFunction(type.info.name, "length") { try type.length($0) }
        }
        if type.hasObjectElements {
            operators.call = try internalFunction(type.info.name, "for") { try type.step($0) }
        }
        operators.text = try internalFunction(type.info.name, "tostring") { try type.describe($0) }
        operators.equal = try internalFunction(type.info.name, "equality") { try type.areEqual($0) }
        if let close = type.close {
            operators.close = try internalFunction(type.info.name, "close") { call in
                try close(try receiver(call, "close"))
                return .none
            }
        }
        let next = try internalFunction(type.info.name, "next") { try type.next($0) }
        operators.pairs = try internalFunction(type.info.name, "pairs") { call in
            guard let object = call.receiver else { return .none }
            return .results([.native(Int(next)), .object(object), .none])
        }
        var number: Int32 = -1
        try type.info.name.withCString { name in
            operators.name = name
            try check(lb_define_class(state, &operators, &number))
        }
        classes[ObjectIdentifier(Object.self)] = (number, inspector)
        for method in type.methods {
            try check(lb_define_member(state, number, method.info.name, try define(method), false))
        }
        for getter in type.getters {
            let function = try internalFunction(type.info.name, getter.info.name) { call in
                try getter.read(try receiver(call, getter.info.name))
            }
            try check(lb_define_member(state, number, getter.info.name, function, true))
        }
        if type.info.isNamespace { try defineNamespace(type.info, type.functions, number) }
        catalogue.append(type.info)
    }

    /// Makes a namespace's functions known.
    public func register(_ namespace: LuaNamespace) throws {
        try validate(namespace.info)
        if namespace.isGlobal {
            for function in namespace.functions {
                try check(lb_define_field(state, nil, function.info.name, try define(function)))
            }
            globals += namespace.info.functions
        } else if namespace.isExtension {
            for function in namespace.functions {
                try check(lb_define_field(state, namespace.info.name, function.info.name, try define(function)))
            }
            catalogue.append(namespace.info)
        } else {
            try defineNamespace(namespace.info, namespace.functions, -1)
            for constant in namespace.constants {
                guard let table = try global(namespace.info.name).reference else { continue }
                try set(table, .string(constant.name), constant.value)
            }
            catalogue.append(namespace.info)
        }
    }

    private func defineNamespace(_ info: ClassInfo, _ functions: [LuaFunction], _ number: Int32) throws {
        let known = (info.functions + info.methods).map(\.name)
        var operators = lb_class(
            name: nil, index: -1, newindex: -1, length: -1, text: -1, equal: -1, call: -1, close: -1, pairs: -1)
        operators.index = try internalFunction(info.name, "index") { call in
            let key = call.values.first ?? .none
            let hint = key.string.map { Suggestion.hint(for: $0, in: known) } ?? ""
            throw LuaArgumentError(
                argument: key.string, message: "\(info.name) has no function \(key.shown)\(hint)", usage: "")
        }
        operators.newindex = try internalFunction(info.name, "newindex") { call in
            let key = (call.values.first ?? .none).shown
            throw LuaArgumentError(argument: nil, message: "\(info.name)[\(key)] cannot be assigned", usage: "")
        }
        operators.text = try internalFunction(info.name, "tostring") { _ in
            .string("\(info.name): \(info.help) (help(\(info.name)) tells more)")
        }
        try info.name.withCString { name in
            operators.name = name
            try check(lb_define_namespace(state, &operators, number))
        }
        for function in functions {
            try check(lb_define_field(state, info.name, function.info.name, try define(function)))
        }
    }
    func define(_ function: LuaFunction) throws -> Int64 {
        functions.append(function)
        let number = Int64(functions.count - 1)
        try check(lb_define_function(state, number, function.leavesTables))
        return number
    }
    private func internalFunction(
        _ owner: String, _ name: String, _ body: @escaping (Invocation) throws -> LuaValue
    ) throws -> Int64 {
        let info = FunctionInfo(
            owner: owner, name: name, help: "", arguments: [], result: nil, example: nil, isMethod: true)
        return try define(LuaFunction(info: info, leavesTables: true) { call in try body(call) })
    }
    func check(_ status: Int32) throws {
        guard status == LB_OK else { throw LuaFailure(kind: "oom", message: "not enough memory for the bindings") }
    }

    // MARK: Catalogue

    /// How to look into an object, `nil` for a class that was not registered.
    public func inspector(of object: AnyObject) -> ObjectInspector? {
        classes[ObjectIdentifier(type(of: object))]?.inspector
    }
    /// What is known of a class or namespace.
    public func info(_ name: String) -> ClassInfo? { catalogue.first { $0.name == name } }
    /// What is known of a registered function that a value is.
    public func info(_ value: LuaValue) -> FunctionInfo? {
        switch value {
        case .native(let number): functions.indices.contains(number) ? functions[number].info : nil
        case .reference(let reference): reference.native.flatMap { info(.native($0)) }
        default: nil
        }
    }
}
