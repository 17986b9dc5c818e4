import Base
import LuaKit

/// Copies Lua values for showing, without running any code of the user.
struct DisplaySnapshot {
    private let interpreter: Interpreter
    /// Entries of one table that are copied, and of everything together.
    private let breadth = 200, total = 4000

    init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    /// The value with its nested tables, as far as they can be shown.
    func value(_ value: LuaValue) -> DisplayValue {
        var budget = total
        return copy(value, [], &budget)
    }

    private func copy(_ value: LuaValue, _ above: [UInt], _ budget: inout Int) -> DisplayValue {
        switch value {
        case .none, .results: return .null
        case .bool(let value): return .boolean(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .number(value)
        case .string(let text): return .string(Array(text.utf8))
        case .bytes(let bytes): return .string(bytes)
        case .object(let object): return .object(ObjectDisplay(object, interpreter.lua.inspector(of: object)))
        case .native: return function(value)
        case .table(let table):
            return .table(
                DisplayTable(
                    identity: 0,
                    fields: table.pairs.map { (copy($0.key, above, &budget), copy($0.value, above, &budget)) }))
        case .reference(let reference):
            switch reference.type {
            case .function: return function(value)
            case .table: return table(reference, above, &budget)
            case .coroutine, .userdata: return .object(PlainDisplay(reference))
            }
        }
    }
    private func function(_ value: LuaValue) -> DisplayValue {
        if let info = interpreter.lua.info(value) { return .function(name: info.signature, help: info.help) }
        guard let found = try? value.reference?.source() else { return .function(name: "built in", help: nil) }
        let chunk = found.chunk.first == "@" || found.chunk.first == "=" ? String(found.chunk.dropFirst()) : "chunk"
        return .function(name: "\(chunk):\(found.lines.lowerBound)", help: nil)
    }
    /// The first entries in the order in which they are shown, so that of a large table not just any are, and how many there are.
    private func first(_ limit: Int, of reference: LuaReference) -> (
        pairs: [(key: LuaValue, value: LuaValue)], count: Int
    )? {
        guard let found = try? reference.entries(limit: limit), found.count > limit else {
            return try? reference.entries(limit: limit)
        }
        // A list comes in its order; anything else as it was hashed.
        if found.pairs.enumerated().allSatisfy({ $0.element.key.integer == $0.offset + 1 }) { return found }
        guard let all = try? reference.entries(limit: 100_000) else { return found }
        let sorted = all.pairs.sorted { DisplaySnapshot.comes($0.key, before: $1.key) }
        return (Array(sorted.prefix(limit)), all.count)
    }
    private static func comes(_ a: LuaValue, before b: LuaValue) -> Bool {
        switch (a.number, b.number, a.string, b.string) {
        case (let a?, let b?, _, _): a < b
        case (.some, .none, _, _): true
        case (.none, .some, _, _): false
        case (_, _, let a?, let b?): a < b
        default: a.string != nil && b.string == nil
        }
    }
    private func table(_ reference: LuaReference, _ above: [UInt], _ budget: inout Int) -> DisplayValue {
        let identity = Int(bitPattern: reference.identity)
        if above.contains(reference.identity) { return .cycle(identity) }
        var display = DisplayTable(identity: identity)
        if let metatable = try? reference.metatable() {
            display.name = (try? metatable.raw(.string("__name")))?.string
        }
        guard above.count < 12, budget > 0, let found = first(min(breadth, budget), of: reference) else {
            display.hidden = (try? reference.entries(limit: 0).count) ?? 0
            return .table(display)
        }
        budget -= found.pairs.count
        display.hidden = found.count - found.pairs.count
        for (key, value) in found.pairs {
            let shown = copy(value, above + [reference.identity], &budget)
            if key.integer == display.items.count + 1 {
                display.items.append(shown)
            } else {
                display.fields.append((copy(key, above + [reference.identity], &budget), shown))
            }
        }
        return .table(display)
    }
}

/// One of our objects on the screen.
struct ObjectDisplay: Displayable, @unchecked Sendable {
    // Unchecked: shown on the main thread, which is where objects of the bindings live.
    private let object: AnyObject
    private let inspector: ObjectInspector?

    init(_ object: AnyObject, _ inspector: ObjectInspector?) { (self.object, self.inspector) = (object, inspector) }

    private var text: String {
        do { return try inspector?.describe(object) ?? "object" } catch { return "(\(error))" }
    }
    var oneLine: String {
        if let own = object as? any Displayable { return own.oneLine }
        let name = inspector?.info.name ?? "object"
        let text = text
        if !text.contains("\n") { return text == name ? name : text }
        let count = (try? inspector?.count(object)) ?? nil
        return count.map { "\(name) of \($0)" } ?? name
    }
    func lines(_ context: DisplayContext) -> [String] {
        if let own = object as? any Displayable { return own.lines(context) }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map {
            TextFitting.truncate(SafeText.line(String($0)), to: context.width)
        }
    }
}

/// A coroutine or another library's userdata.
private struct PlainDisplay: Displayable {
    let oneLine: String
    init(_ reference: LuaReference) {
        let name = (try? reference.metatable()?.raw(.string("__name")))?.string
        let kind = reference.type == .coroutine ? "coroutine" : name ?? "userdata"
        oneLine = "\(kind): 0x\(String(reference.identity, radix: 16))"
    }
}
