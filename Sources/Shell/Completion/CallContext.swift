import LuaKit

/// The call of a bound function that the cursor is in: which argument, which options are given already.
struct CallContext {
    let function: FunctionInfo
    /// Options written so far.
    let given: Set<String>
    /// The cursor is where an option's name may stand.
    let isAtOptionName: Bool
    /// The argument or option whose value is being written.
    let argument: ArgumentInfo?

    /// Looks for the innermost open bracket before the cursor, and for the call that it belongs to.
    init?(_ tokens: [LuaToken], _ resolver: ValueResolver) {
        guard let open = Self.innermostOpen(tokens) else {
            // f "string and f 'string: a call without brackets.
            guard let call = Self.function(tokens, endingAt: tokens.count, resolver) else { return nil }
            (function, given, isAtOptionName) = (call, [], false)
            argument = call.arguments.first { !$0.isOption }
            return
        }
        let inside = Array(tokens[(open + 1)...])
        if tokens[open].text == "{" {
            var position = open, before = 0
            // f{…} and f(a, {…}).
            if open > 0, ["(", ","].contains(tokens[open - 1].text) {
                guard let bracket = Self.innermostOpen(Array(tokens[..<open])), tokens[bracket].text == "(" else {
                    return nil
                }
                position = bracket
                let earlier = Array(tokens[(bracket + 1)..<open])
                before = Self.topLevel(earlier).filter { earlier[$0].text == "," }.count
            }
            guard let call = Self.function(tokens, endingAt: position, resolver) else { return nil }
            function = call
            // What stands before the table has no name in it.
            let positional = call.arguments.filter { !$0.isOption }
            given = Self.assigned(inside).union(positional.prefix(before).map(\.name))
            // A table of values, where one is wanted.
            if position != open, positional.indices.contains(before), positional[before].type.acceptsAnyTable {
                (isAtOptionName, argument) = (false, nil)
                return
            }
            if inside.isEmpty || [",", ";"].contains(inside.last?.text) {
                (isAtOptionName, argument) = (true, nil)
            } else {
                isAtOptionName = false
                let isValue = inside.last?.text == "=" && inside.count >= 2
                argument = isValue ? call.arguments.first { $0.name == inside[inside.count - 2].text } : nil
            }
            return
        }
        guard tokens[open].text == "(", let call = Self.function(tokens, endingAt: open, resolver) else { return nil }
        function = call
        (given, isAtOptionName) = ([], false)
        guard inside.isEmpty || inside.last?.text == "," else { argument = nil; return }
        let commas = Self.topLevel(inside).filter { inside[$0].text == "," }.count
        let positional = call.arguments.filter { !$0.isOption }
        argument = positional.indices.contains(commas) ? positional[commas] : nil
    }

    static func function(_ tokens: [LuaToken], endingAt end: Int, _ resolver: ValueResolver) -> FunctionInfo? {
        guard let first = ValueResolver.chainStart(tokens, endingAt: end), first < end,
            case .function(let info)? = resolver.resolve(tokens[first..<end])
        else { return nil }
        return info
    }
    static func innermostOpen(_ tokens: [LuaToken]) -> Int? {
        var depth = 0
        for place in tokens.indices.reversed() where tokens[place].kind == .symbol {
            if ")]}".contains(tokens[place].text) { depth += 1 }
            if "([{".contains(tokens[place].text) {
                if depth == 0 { return place }
                depth -= 1
            }
        }
        return nil
    }
    /// The names that `name =` stands for in a table, but not in those inside it.
    static func assigned(_ inside: [LuaToken]) -> Set<String> {
        let names = topLevel(inside).filter { index in
            inside[index].kind == .name && index + 1 < inside.count && inside[index + 1].text == "="
        }
        return Set(names.map { inside[$0].text })
    }
    static func topLevel(_ tokens: [LuaToken]) -> [Int] {
        var depth = 0, places: [Int] = []
        for (place, token) in tokens.enumerated() {
            if token.kind == .symbol, ")]}".contains(token.text) { depth -= 1 }
            if depth == 0 { places.append(place) }
            if token.kind == .symbol, "([{".contains(token.text) { depth += 1 }
        }
        return places
    }
}
