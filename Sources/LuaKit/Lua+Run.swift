import CLuaBridge
import Base

extension Lua {
    // MARK: Running

    /// Runs a chunk of text. Tables in the results stay in Lua.
    ///
    /// `name` is Lua's chunk name: `"@file.lua"` for a file, `"=stdin"` for a name shown as it is. Throws `LuaFailure`.
    @discardableResult
    public func run(_ source: String, name: String = "=stdin", arguments: [LuaValue] = []) throws -> [LuaValue] {
        try run(Array(source.utf8), name: name, arguments: arguments)
    }
    /// Runs a chunk of bytes.
    @discardableResult
    public func run(_ source: [UInt8], name: String, arguments: [LuaValue] = []) throws -> [LuaValue] {
        try perform { out in
            let nodes = try argumentNodes(arguments)
            source.withUnsafeBytes {
                lb_run(
                    state, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, name, nodes, arguments.count,
                    &out)
            }
        }
    }

    /// What a chunk is, without running it.
    public enum ChunkState: Equatable {
        case complete
        /// It ends too early: more lines may complete it.
        case incomplete
        case wrong(String)
    }
    /// Whether a chunk compiles.
    public func check(_ source: String, name: String = "=stdin") -> ChunkState {
        var out = lb_outcome()
        let mark = lb_mark(state)
        defer { lb_forget(state, mark) }
        var source = source + "\n"  // a quoted string that the line's end cuts off is wrong, not incomplete
        source.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { lb_check(state, $0.baseAddress, $0.count, name, &out) }
        }
        switch Int(out.status) {
        case LB_OK: return .complete
        case LB_INCOMPLETE: return .incomplete
        default: return .wrong(text(out) ?? "not enough memory to compile this")
        }
    }

    func call(_ function: LuaReference, _ arguments: [LuaValue]) throws -> [LuaValue] {
        try perform { out in
            let nodes = try argumentNodes(arguments)
            lb_call_reference(state, function.slot, nodes, arguments.count, Int32(LB_DEEP), &out)
        }
    }

    // MARK: Globals

    /// The raw value of a global; tables stay in Lua.
    public func global(_ name: String) throws -> LuaValue { try raw(0, .string(name)) }
    /// Sets a global.
    public func setGlobal(_ name: String, _ value: LuaValue) throws { try set(0, .string(name), value) }
    /// Sets a field of a table.
    public func set(_ table: LuaReference, _ key: LuaValue, _ value: LuaValue) throws {
        try set(table.slot, key, value)
    }
    /// The globals, unsorted, with tables left in Lua.
    public func globalEntries() throws -> [(key: LuaValue, value: LuaValue)] { try entries(0, .max).pairs }
    /// `tostring(value)`, with metamethods. Throws `LuaFailure` when those fail.
    public func text(of value: LuaValue) throws -> String {
        var result = ""
        _ = try perform { out in
            guard let node = try argumentNodes([value]) else { return }
            lb_text(state, node, &out)
            if Int(out.status) == LB_OK { result = text(out) ?? "" }
        }
        return result
    }

    private func set(_ slot: Int64, _ key: LuaValue, _ value: LuaValue) throws {
        let mark = lb_mark(state)
        defer { lb_forget(state, mark) }
        guard let nodes = try argumentNodes([key, value]) else { return }
        guard Int(lb_set(state, slot, nodes, nodes + 1)) == LB_OK else {
            throw LuaFailure(kind: "oom", message: "not enough memory to set \(key.shown)")
        }
    }

    // MARK: Looking

    func raw(_ slot: Int64, _ key: LuaValue) throws -> LuaValue {
        try perform { out in lb_get(state, slot, try argumentNodes([key]), &out) }.first ?? .none
    }
    func entries(_ slot: Int64, _ limit: Int) throws -> (pairs: [(key: LuaValue, value: LuaValue)], count: Int) {
        var total = 0
        let flat = try perform { out in
            lb_entries(state, slot, limit, &out)
            total = Int(out.total)
        }
        return (stride(from: 0, to: flat.count - 1, by: 2).map { (flat[$0], flat[$0 + 1]) }, total)
    }
    func metatable(_ slot: Int64) throws -> LuaValue? { try perform { lb_metatable(state, slot, &$0) }.first }
    func copy(_ slot: Int64) throws -> LuaTable { try perform { lb_copy(state, slot, &$0) }.first?.table ?? LuaTable() }
    func source(_ slot: Int64) throws -> (chunk: String, lines: ClosedRange<Int>)? {
        let found = try perform { lb_source(state, slot, &$0) }
        guard found.count == 3, let chunk = found[0].string, let first = found[1].integer, let last = found[2].integer,
            first > 0, last >= first
        else { return nil }
        return (chunk, first...last)
    }

    // MARK: Outcomes

    private func argumentNodes(_ values: [LuaValue]) throws -> UnsafeMutablePointer<lb_value>? {
        var owns = false
        guard let nodes = nodes(for: values, &owns) else { throw OutOfMemory() }
        return nodes
    }
    private func text(_ out: lb_outcome) -> String? {
        out.text.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: out.text_length), as: UTF8.self) }
    }
    private func perform(_ operation: (inout lb_outcome) throws -> Void) throws -> [LuaValue] {
        releaseReferences()
        let mark = lb_mark(state)
        defer { lb_forget(state, mark) }
        var out = lb_outcome()
        try operation(&out)
        let values = (0..<out.count).compactMap { place in out.values.map { LuaValue($0[place], self) } }
        if Int(out.status) == LB_OK { return values }
        throw failure(out, values)
    }

    private func failure(_ out: lb_outcome, _ values: [LuaValue]) -> LuaFailure {
        let traceback = out.traceback.map { String(cString: $0).split(separator: "\n").map(String.init) } ?? []
        let text = text(out) ?? "an error without a text"
        switch Int(out.status) {
        case LB_MEMORY:
            return LuaFailure(
                kind: "oom", message: "not enough memory for Lua's values (a table or string grew too large)",
                traceback: traceback)
        case LB_WRONG_THREAD:
            return LuaFailure(kind: "lua.thread", message: "Lua was called from a thread that does not run it")
        default: break
        }
        let value = values.first?.reference
        if values.count > 1, let fields = values[1].table, let message = fields["message"].string {
            return LuaFailure(
                kind: fields["kind"].string ?? "lua", message: message, position: fields["where"].string,
                path: fields["path"].string, key: fields["key"].string, usage: fields["usage"].string,
                traceback: traceback, value: value)
        }
        let (position, message) = Self.split(text)
        return LuaFailure(
            kind: Int(out.status) == LB_SYNTAX ? "lua.syntax" : "lua", message: message, position: position,
            traceback: traceback, value: value)
    }

    /// `"file.lua:12: message"` in its two parts.
    static func split(_ text: String) -> (position: String?, message: String) {
        var search = text.startIndex
        while let colon = text[search...].firstIndex(of: ":") {
            let rest = text[text.index(after: colon)...]
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            if !digits.isEmpty, rest.dropFirst(digits.count).hasPrefix(": ") {
                return ("\(text[..<colon]):\(digits)", String(rest.dropFirst(digits.count + 2)))
            }
            if text[..<colon].contains("\n") { break }
            search = text.index(after: colon)
        }
        return (nil, text)
    }

    func releaseReferences() {
        if lb_may_unreference(state) { released.drain { lb_unreference(state, $0) } }
    }
}
