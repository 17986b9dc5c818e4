import Base

// The functions behind a class's metamethods.
extension LuaClass {
    /// Any key that is neither a method nor a property.
    func index(_ call: Invocation) throws -> LuaValue {
        let object: Object = try receiver(call, "index")
        switch call.values.first ?? .none {
        case .integer(let place) where element != nil: return try element?(object, place) ?? .none
        case .number(let place) where element != nil:
            return try Int(exactly: place).flatMap { try element?(object, $0) } ?? .none
        case .string(let name):
            if let value = try namedElement?(object, name) { return value }
            // A list with names answers nil for one that is not there, as it does for an index past the end.
            if namedElement != nil, element != nil { return .none }
            throw unknown(name, in: object, "has no")
        case let key:
            let kinds = element == nil ? "names" : "numbers and names"
            throw LuaArgumentError(
                argument: nil, message: "\(info.name) is indexed by \(kinds), got \(key.shown)", usage: "")
        }
    }
    func setIndex(_ call: Invocation) throws {
        let object: Object = try receiver(call, "index")
        let value = call.values.count > 1 ? call.values[1] : .none
        guard case .string(let name)? = call.values.first else {
            let key = (call.values.first ?? .none).shown
            throw LuaArgumentError(argument: nil, message: "\(info.name)[\(key)] cannot be assigned", usage: "")
        }
        if let set = setters[name] {
            do { return try set(object, value, call.lua) } catch let error as LuaArgumentError {
                throw LuaArgumentError(argument: name, message: "\(info.name): \(error.message)", usage: "")
            }
        }
        if info.memberNames.contains(name) {
            throw LuaArgumentError(argument: name, message: "\(info.name).\(name) cannot be assigned", usage: "")
        }
        if let setNamedElement { return try setNamedElement(object, name, value) }
        throw unknown(name, in: object, "has no settable")
    }
    private func unknown(_ name: String, in object: Object, _ words: String) -> LuaArgumentError {
        let known = info.memberNames + (dynamicMembers?(object) ?? []).map(\.name)
        let hint = Suggestion.hint(for: name, in: known)
        return LuaArgumentError(
            argument: name, message: "\(info.name) \(words) field or method '\(LuaValue.brief(name))'\(hint)",
            usage: "")
    }
    func length(_ call: Invocation) throws -> LuaValue {
        .integer(try count?(try receiver(call, "length")) ?? 0)
    }
    func describe(_ call: Invocation) throws -> LuaValue {
        let object: Object = try receiver(call, "tostring")
        return .string(try text?(object) ?? info.name)
    }
    func areEqual(_ call: Invocation) throws -> LuaValue {
        guard let a = call.receiver as? Object, let b = call.values.first?.object as? Object else {
            return .bool(false)
        }
        return .bool(try a === b || equal?(a, b) ?? false)
    }
    /// The step of `pairs`: elements of a list, else properties in the order of their declaration.
    func next(_ call: Invocation) throws -> LuaValue {
        let object: Object = try receiver(call, "pairs")
        let key = call.values.first ?? .none
        if let element {
            let place = (key.integer ?? 0) &+ 1
            let value = try element(object, place)
            return value.isNil ? .none : .results([.integer(place), value])
        }
        let names = info.properties.map(\.name) + (dynamicMembers?(object) ?? []).map(\.name)
        var place = key.string.flatMap { names.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        while place < names.count {
            let value = try read(names[place], of: object)
            if !value.isNil { return .results([.string(names[place]), value]) }
            place += 1
        }
        return .none
    }
    /// The step of `for x in object do`, which calls the object with nothing and the element before: the element and its place.
    func step(_ call: Invocation) throws -> LuaValue {
        let object: Object = try receiver(call, "for")
        guard call.values.count == 2, call.values[0].isNil else {
            let name = info.name.lowercased()
            throw LuaArgumentError(
                argument: nil, message: "attempt to call a \(info.name) value (x[i] is the \(name)'s element i)",
                usage: "")
        }
        let place = call.values[1].isNil ? 1 : try self.place(of: call.values[1], in: object) + 1
        lastStep = place
        let value = try element?(object, place) ?? .none
        return value.isNil ? .none : .results([value, .integer(place)])
    }
    /// Where an element is: most likely where the last step was. One that has gone meanwhile has left its place to the next.
    private func place(of value: LuaValue, in object: Object) throws -> Int {
        if isSame(try element?(object, lastStep), value) { return lastStep }
        let found = try (1...max(1, try count?(object) ?? 0)).first { isSame(try element?(object, $0), value) }
        return found ?? lastStep - 1
    }
    private func isSame(_ a: LuaValue?, _ b: LuaValue) -> Bool {
        guard let a = a?.object, let b = b.object else { return false }
        if a === b { return true }
        guard let a = a as? any Equatable else { return false }
        return isEqual(a, b)
    }
    private func isEqual<Value: Equatable>(_ a: Value, _ b: AnyObject) -> Bool {
        (b as? Value).map { $0 == a } ?? false
    }
    /// A property or named element, read as Lua would.
    func read(_ name: String, of object: Object) throws -> LuaValue {
        if let getter = getters.first(where: { $0.info.name == name }) { return try getter.read(object) }
        return try namedElement?(object, name) ?? .none
    }
}
