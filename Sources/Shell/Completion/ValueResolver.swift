import LuaKit

/// What is known of an expression without running any code of the user: a value, a declared type, a function, a table of ours.
enum KnownValue {
    case value(LuaValue)
    /// An object of this class that is not at hand: the result of a call.
    case instance(ClassInfo)
    /// What such an object holds under these names: `Config.default().lora`.
    case part(ClassInfo, [String])
    /// A result of another declared type.
    case type(String)
    case function(FunctionInfo)
    /// A global table of functions.
    case namespace(ClassInfo)
    case property(PropertyInfo)
}

/// Follows a chain such as `ds[1].caption` or `Dataset.open("x"):split`.
///
/// Properties of our own objects are read, unless they are slow; metamethods and functions of the user are never called.
struct ValueResolver {
    let interpreter: Interpreter
    private var lua: Lua { interpreter.lua }

    init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    /// What the tokens name, when they are one chain and it leads somewhere.
    func resolve(_ tokens: some Collection<LuaToken>) -> KnownValue? {
        var rest = Array(tokens)[...]
        guard let first = rest.popFirst() else { return nil }
        var known: KnownValue?
        switch first.kind {
        case .name: known = global(first.text)
        case .string(isOpen: false): known = .value(.string(first.text))
        case .symbol where first.text == "(":
            var inside: [LuaToken] = [], depth = 1
            while let token = rest.popFirst() {
                if token.kind == .symbol {
                    depth += "([{".contains(token.text) ? 1 : ")]}".contains(token.text) ? -1 : 0
                }
                if depth == 0 { break }
                inside.append(token)
            }
            known = depth == 0 ? resolve(inside) : nil
        default: return nil
        }
        while let here = known, let token = rest.popFirst() {
            switch token.text {
            case ".", ":":
                guard let name = rest.popFirst(), name.kind == .name else { return nil }
                known = member(name.text, of: here)
            case "[" where token.kind == .symbol:
                guard let key = rest.popFirst(), rest.popFirst()?.text == "]" else { return nil }
                if case .number = key.kind, let number = Int(key.text) {
                    known = element(number, of: here)
                } else {
                    guard case .string(isOpen: false) = key.kind else { return nil }
                    known = member(key.text, of: here)
                }
            case "(", "{":
                guard skipCall(token.text, &rest) else { return nil }
                known = result(of: here)
            default:
                guard case .string = token.kind else { return nil }
                known = result(of: here)
            }
        }
        return known
    }

    /// What was assigned to a name earlier in a line that has not run yet: `s = "x"; s:`.
    func assigned(to name: ArraySlice<LuaToken>, in before: ArraySlice<LuaToken>) -> KnownValue? {
        guard name.count == 1, let name = name.first, name.kind == .name else { return nil }
        let tokens = Array(before)
        guard
            let place = tokens.indices.dropLast(2).last(where: {
                tokens[$0].kind == .name && tokens[$0].text == name.text
            }),
            tokens[place + 1].text == "=", place == 0 || ![".", ":", ","].contains(tokens[place - 1].text)
        else { return nil }
        // The chain that is the whole of the right side.
        let start = place + 2
        guard let end = (start + 1...tokens.count).last(where: { Self.chainStart(tokens, endingAt: $0) == start }),
            end == tokens.count || tokens[end].text == ";" || tokens[end].kind == .name
        else { return nil }
        return resolve(tokens[start..<end])
    }

    /// A global by name.
    func global(_ name: String) -> KnownValue? {
        guard let value = try? lua.global(name), !value.isNil else { return nil }
        // The table itself may have been assigned over: then it is an ordinary value.
        if let info = lua.info(name), info.isNamespace, let table = value.reference, table.type == .table,
            (try? table.metatable()?.raw(.string("__name")))?.string == name || info.methods.isEmpty && !info.hasObjects
        {
            return .namespace(info)
        }
        return wrap(value)
    }
    private func wrap(_ value: LuaValue) -> KnownValue? {
        if value.isNil { return nil }
        if let info = lua.info(value) { return .function(info) }
        return .value(value)
    }

    /// The values that the field at the end of a chain takes, as they are written in Lua; `nil` for what is no field of ours.
    func values(assignedTo tokens: some BidirectionalCollection<LuaToken>) -> [String]? {
        let tokens = Array(tokens)
        guard tokens.count >= 3, let name = tokens.last, name.kind == .name, tokens[tokens.count - 2].text == ".",
            let first = Self.chainStart(tokens, endingAt: tokens.count)
        else { return nil }
        switch resolve(tokens[first..<(tokens.count - 2)]) {
        case .value(.object(let object)):
            guard let inspector = lua.inspector(of: object) else { return nil }
            if let member = inspector.dynamicMembers(object).first(where: { $0.name == name.text }) {
                return member.values
            }
            return Self.values(inspector.info, name.text)
        case .instance(let info): return Self.values(info, name.text)
        default: return nil
        }
    }
    /// The present value of the text property at the end of a chain, as it is written in Lua: to be edited in the line.
    func present(assignedTo tokens: some BidirectionalCollection<LuaToken>) -> String? {
        let tokens = Array(tokens)
        guard tokens.count >= 3, let name = tokens.last, name.kind == .name, tokens[tokens.count - 2].text == ".",
            let first = Self.chainStart(tokens, endingAt: tokens.count), first == 0,
            case .value(.object(let object)) = resolve(tokens[first..<(tokens.count - 2)]),
            let inspector = lua.inspector(of: object),
            let property = inspector.info.properties.first(where: { $0.name == name.text }), property.isSettable,
            !property.isSlow, case .string(let text)? = try? inspector.read(object, name.text)
        else { return nil }
        return ValuePrinter.quoted(Array(text.utf8), width: .max, alone: false)
    }
    private static func values(_ info: ClassInfo, _ name: String) -> [String]? {
        guard let type = info.properties.first(where: { $0.name == name })?.assigned else { return nil }
        return type.annotation == "boolean" ? ["true", "false"] : type.values.map { "\"\($0)\"" }
    }

    /// A field or method.
    func member(_ name: String, of known: KnownValue) -> KnownValue? {
        switch known {
        case .namespace(let info), .instance(let info):
            if let function = (info.functions + info.methods).first(where: { $0.name == name }) {
                return .function(function)
            }
            if let property = info.properties.first(where: { $0.name == name }) {
                return typed(property.type) ?? .property(property)
            }
            if case .namespace = known { return nil }
            return info.knownMembers([]).contains { $0.name == name } ? .part(info, [name]) : nil
        case .part(let info, let path):
            return info.knownMembers(path).contains { $0.name == name } ? .part(info, path + [name]) : nil
        case .value(.object(let object)):
            guard let inspector = lua.inspector(of: object) else { return nil }
            if let method = inspector.info.methods.first(where: { $0.name == name }) { return .function(method) }
            if let property = inspector.info.properties.first(where: { $0.name == name }), property.isSlow {
                return typed(property.type)
            }
            return (try? inspector.read(object, name)).flatMap { wrap($0) }
        case .value(.reference(let reference)):
            return (try? reference.raw(.string(name))).flatMap { wrap($0) }
        case .value(.table(let table)): return wrap(table[name])
        case .value(.string):
            return (try? lua.global("string").reference?.raw(.string(name))).flatMap { $0.flatMap { wrap($0) } }
        case .type(let type) where type == "string": return member(name, of: .value(.string("")))
        default: return nil
        }
    }
    /// The names that stand where a line of source has `.name` or `:name`, as far as what is before it can be known.
    func names(beside name: String, in line: String) -> [String] {
        let tokens = ChunkLexer.tokens(line)
        for place in tokens.indices where place >= 2 && tokens[place].kind == .name && tokens[place].text == name {
            guard [".", ":"].contains(tokens[place - 1].text), let first = Self.chainStart(tokens, endingAt: place - 1)
            else { continue }
            let table: LuaReference?
            switch resolve(tokens[first..<place - 1]) {
            case .value(.reference(let reference)) where reference.type == .table: table = reference
            case .value(.string), .type("string"): table = (try? lua.global("string"))?.reference
            default: continue
            }
            return ((try? table?.entries(limit: 2000))?.pairs ?? []).compactMap(\.key.string)
        }
        return []
    }
    private func element(_ place: Int, of known: KnownValue) -> KnownValue? {
        switch known {
        case .instance(let info): return info.element.flatMap { typed($0) }
        case .type(let type) where type.hasSuffix("[]"): return typed(String(type.dropLast(2)))
        case .value(.object(let object)):
            return (try? lua.inspector(of: object)?.element(object, place)).flatMap { $0.flatMap { wrap($0) } }
        case .value(.reference(let reference)): return (try? reference.raw(.integer(place))).flatMap { wrap($0) }
        case .value(.table(let table)):
            return wrap(table.list.flatMap { $0.indices.contains(place - 1) ? $0[place - 1] : nil } ?? .none)
        default: return nil
        }
    }
    private func result(of known: KnownValue) -> KnownValue? {
        if case .function(let info) = known { return info.result.flatMap { typed($0) } }
        return nil
    }
    private func typed(_ name: String) -> KnownValue? {
        let name = name.hasSuffix("?") ? String(name.dropLast()) : name
        if let info = lua.info(name) { return .instance(info) }
        return name.hasSuffix("[]") || name == "string" ? .type(name) : nil
    }
    private func skipCall(_ open: String, _ rest: inout ArraySlice<LuaToken>) -> Bool {
        var depth = 1
        while depth > 0, let token = rest.popFirst() {
            guard token.kind == .symbol else { continue }
            if "([{".contains(token.text) { depth += 1 }
            if ")]}".contains(token.text) { depth -= 1 }
        }
        return depth == 0
    }

    // MARK: Finding chains in tokens

    /// Where the chain begins that ends before `end`.
    static func chainStart(_ tokens: [LuaToken], endingAt end: Int) -> Int? {
        var place = end - 1
        while place >= 0 {
            let token = tokens[place]
            switch token.kind {
            case .symbol where ")]}".contains(token.text):
                var depth = 1
                while depth > 0 {
                    place -= 1
                    guard place >= 0 else { return nil }
                    guard tokens[place].kind == .symbol else { continue }
                    if ")]}".contains(tokens[place].text) { depth += 1 }
                    if "([{".contains(tokens[place].text) { depth -= 1 }
                }
                // What nothing is called with is a value in brackets.
                if tokens[place].text == "(", place == 0 || !isCallable(tokens[place - 1]) { return place }
                place -= 1
                continue
            case .string(isOpen: false):
                // A call with a string, or a string that a method is called on.
                if place > 0, tokens[place - 1].kind != .string(isOpen: false), isCallable(tokens[place - 1]) {
                    place -= 1
                    continue
                }
                return place
            case .name:
                if Lua.keywords.contains(token.text) { return nil }
                if place > 0, tokens[place - 1].kind == .symbol, [".", ":"].contains(tokens[place - 1].text) {
                    place -= 2
                    continue
                }
                return place
            default: return nil
            }
        }
        return nil
    }
    /// Whether brackets behind the token are a call.
    private static func isCallable(_ token: LuaToken) -> Bool {
        switch token.kind {
        case .name: !Lua.keywords.contains(token.text)
        case .string: true
        case .symbol: ")]".contains(token.text)
        default: false
        }
    }
}
