import LuaKit

/// The table inside a call's argument that the cursor is in, where it is known what the table may hold:
/// `cfg:copy{ lora = { ra`.
struct TableContext {
    /// What may stand in the innermost table and is not there yet.
    let fields: [MemberInfo]
    /// The cursor is where a field's name may stand.
    let isAtName: Bool
    /// The values of the field that is being written; empty where any will do.
    let values: [String]

    init?(_ tokens: [LuaToken], _ resolver: ValueResolver) {
        guard var open = CallContext.innermostOpen(tokens), tokens[open].text == "{" else { return nil }
        let inside = Array(tokens[(open + 1)...])
        // Outwards through `name = {` to the table that is the argument itself.
        var path: [String] = []
        while open >= 2, tokens[open - 1].text == "=", tokens[open - 2].kind == .name {
            path.insert(tokens[open - 2].text, at: 0)
            guard let outer = CallContext.innermostOpen(Array(tokens[..<open])), tokens[outer].text == "{" else {
                return nil
            }
            open = outer
        }
        var position = open, place = 0, texts: [String] = []
        if open > 0, ["(", ","].contains(tokens[open - 1].text) {
            guard let bracket = CallContext.innermostOpen(Array(tokens[..<open])), tokens[bracket].text == "(" else {
                return nil
            }
            let before = Array(tokens[(bracket + 1)..<open])
            place = CallContext.topLevel(before).filter { before[$0].text == "," }.count
            texts = before.filter { $0.kind == .string(isOpen: false) }.map(\.text)
            position = bracket
        }
        guard let call = CallContext.function(tokens, endingAt: position, resolver) else { return nil }
        let positional = call.arguments.filter { !$0.isOption }
        guard positional.indices.contains(place) else { return nil }
        let type = positional[place].type
        let known = type.fields(path) + (path.isEmpty ? type.fieldsAfter(texts) : [])
        let given = CallContext.assigned(inside)
        fields = known.filter { !given.contains($0.name) }
        isAtName = inside.isEmpty || [",", ";"].contains(inside.last?.text)
        let isValue = inside.count >= 2 && inside.last?.text == "="
        values = isValue ? known.first { $0.name == inside[inside.count - 2].text }?.values ?? [] : []
    }
}
