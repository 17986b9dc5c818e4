import Synchronization

/// A Lua value that stays in Lua: a function to call back, a table to look into, a coroutine.
///
/// Holding one keeps the value alive. Everything but releasing it happens on the thread that runs Lua, which the
/// bridge checks; that is what makes the `@unchecked Sendable` sound.
public final class LuaReference: @unchecked Sendable {
    /// What kind of value it is, in Lua's words.
    public enum Kind: String, Sendable {
        case table, function, coroutine = "thread", userdata
    }
    /// The Lua type.
    public let type: Kind
    /// Equal for the same Lua value.
    public let identity: UInt
    /// The number of the registered function that it is.
    public let native: Int?
    let slot: Int64
    private let released: ReleaseQueue
    private weak let lua: Lua?

    init(slot: Int64, type: Kind, identity: UInt, native: Int?, lua: Lua) {
        (self.slot, self.type, self.identity, self.native) = (slot, type, identity, native)
        (self.lua, released) = (lua, lua.released)
    }
    deinit { released.add(slot) }

    /// Calls the function. Tables in the results are copied.
    ///
    /// Throws `LuaFailure` with the function's own error; a binding that lets it pass raises the same Lua value again.
    @discardableResult
    public func call(_ arguments: LuaValue...) throws -> [LuaValue] { try owner().call(self, arguments) }

    /// The interpreter. Throws when it has been closed.
    func owner() throws -> Lua {
        guard let lua else { throw LuaClosed() }
        return lua
    }

    // MARK: Looking, without running Lua code

    /// The raw value of a key; where there is none, `__index` is followed as long as it is a table.
    public func raw(_ key: LuaValue) throws -> LuaValue { try owner().raw(slot, key) }
    /// Up to `limit` pairs in Lua's order with tables left in Lua, and how many pairs there are in all.
    public func entries(limit: Int = .max) throws -> (pairs: [(key: LuaValue, value: LuaValue)], count: Int) {
        try owner().entries(slot, limit)
    }
    /// The metatable.
    public func metatable() throws -> LuaReference? { try owner().metatable(slot)?.reference }
    /// A copy of a table, nested tables too. Throws `LuaFailure` for a table that contains itself.
    public func copy() throws -> LuaTable { try owner().copy(slot) }
    /// Where a Lua function is defined.
    public func source() throws -> (chunk: String, lines: ClosedRange<Int>)? { try owner().source(slot) }
}

/// Registry slots to give back. References die on any thread; the slots are freed on the one that runs Lua.
final class ReleaseQueue: Sendable {
    private let slots = Mutex<[Int64]>([])
    private let waiting = Atomic(0)

    func add(_ slot: Int64) {
        slots.withLock { $0.append(slot) }
        waiting.add(1, ordering: .releasing)
    }
    func drain(_ body: (Int64) -> Void) {
        guard waiting.load(ordering: .relaxed) > 0 else { return }
        let slots = slots.withLock { list in
            defer { list = [] }
            return list
        }
        waiting.subtract(slots.count, ordering: .relaxed)
        slots.forEach(body)
    }
}
