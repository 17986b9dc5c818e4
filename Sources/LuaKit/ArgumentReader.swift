import Base

/// Hands out the values of one call: positional ones in order, the rest from the options table.
struct ArgumentReader {
    let lua: Lua
    private var positional: ArraySlice<LuaValue>
    private var options: [(key: LuaValue, value: LuaValue)] = []
    private let shape: CallShape

    init(_ values: [LuaValue], shape: CallShape, lua: Lua) throws {
        self.lua = lua
        self.shape = shape
        positional = values[...]
        while positional.count > shape.positional.count, case .some(.none) = positional.last { positional.removeLast() }
        if let last = positional.last, case .table(let table) = last, shape.isOptions(table, at: positional.count - 1) {
            positional.removeLast()
            options = table.pairs
            // First: a slip of the fingers is the reason why another option is missing.
            try refuseUnknown { !shape.names.contains($0) }
        }
        // What `f(assert(value, "a text"))` hands on behind the value.
        if positional.count == shape.positional.count + 1, case .string(let text)? = positional.last,
            lua.wasAsserted(text)
        {
            positional.removeLast()
        }
        guard positional.count <= shape.positional.count else {
            let most = shape.positional.count
            let takes =
                most == 0
                ? (shape.hasOptions ? "only an options table" : "no arguments")
                : "at most \(most) argument\(most == 1 ? "" : "s")" + (shape.hasOptions ? " and an options table" : "")
            let last = positional.last?.shown ?? "more"
            throw LuaArgumentError(
                argument: nil,
                message: "takes \(takes), got \(values.count == 1 ? last : "\(values.count): the last is \(last)")")
        }
    }

    /// The next value for the parameter; `nil` for one that was not given, or given as `nil`.
    mutating func next(_ name: String, isOption: Bool = false) -> LuaValue? {
        if !isOption, shape.positional.contains(where: { $0.name == name }), let first = positional.popFirst() {
            if case .none = first { return option(name) }
            return first
        }
        return option(name)
    }
    private mutating func option(_ name: String) -> LuaValue? {
        if options.isEmpty { return nil }
        guard let place = options.firstIndex(where: { $0.key.string == name }) else { return nil }
        return options.remove(at: place).value
    }
    /// Whether the next parameter, which is called this, was given.
    func has(_ name: String) -> Bool {
        if shape.positional.contains(where: { $0.name == name }), let first = positional.first {
            if !first.isNil { return true }
        }
        return options.contains { $0.key.string == name }
    }
    /// Throws for an option that no parameter took.
    func finish() throws { try refuseUnknown { _ in true } }

    private func refuseUnknown(where isRefused: (String) -> Bool) throws {
        let refused = options.filter { $0.key.string.map(isRefused) ?? true }
        guard let (key, _) = refused.min(by: { $0.key.shown < $1.key.shown }) else { return }
        guard let name = key.string else {
            throw LuaArgumentError(argument: nil, message: "option names are strings, got \(key.shown)")
        }
        if shape.positional.contains(where: { $0.name == name }) {
            throw LuaArgumentError(argument: name, message: "'\(name)' is given twice")
        }
        let hint = Suggestion.hint(for: name, in: shape.names)
        let known = hint.isEmpty && !shape.names.isEmpty ? " (there are: \(shape.names.joined(separator: ", ")))" : hint
        throw LuaArgumentError(argument: name, message: "unknown option '\(LuaValue.brief(name))'\(known)")
    }
}

/// What a call of a function may look like.
struct CallShape {
    let positional: [ArgumentInfo]
    let names: [String]
    let hasOptions: Bool
    /// How the function is called in help: `Dataset:split`.
    let path: String

    init(_ arguments: [ArgumentInfo], path: String) {
        self.path = path
        positional = arguments.filter { !$0.isOption }
        names = arguments.map(\.name)
        hasOptions = arguments.contains(where: \.isOption)
    }
    /// Whether a table that is the last value, at this place, holds options by name rather than being a value.
    func isOptions(_ table: LuaTable, at place: Int) -> Bool {
        if !positional.indices.contains(place) { return place == positional.count && !names.isEmpty }
        let argument = positional[place]
        if !argument.type.acceptsTables { return table.hasOnlyNames && (!table.pairs.isEmpty || argument.isOptional) }
        if table.pairs.isEmpty { return argument.isOptional && hasOptions && !argument.type.acceptsAnyTable }
        return table.pairs.allSatisfy { $0.key.string.map(names.contains) ?? false }
    }
}
