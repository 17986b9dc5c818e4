import Base
import LuaKit

// MARK: print

extension Interpreter {
    /// A value as `print` writes it: a table as the prompt shows it, anything else as `tostring` has it.
    ///
    /// - Parameter isAlone: it may take several lines.
    func printed(_ value: LuaValue, isAlone: Bool) throws -> String {
        guard isPlainTable(value) else { return try lua.text(of: value) }
        let printer = ValuePrinter(.text), shown = DisplaySnapshot(self).value(value)
        return isAlone ? printer.lines(shown).joined(separator: "\n") : printer.oneLine(shown, width: 1000)
    }
    /// A table that does not say itself what it is.
    private func isPlainTable(_ value: LuaValue) -> Bool {
        if case .table = value { return true }
        guard let reference = value.reference, reference.type == .table else { return false }
        guard let metatable = try? reference.metatable() else { return true }
        return ["__tostring", "__name"].allSatisfy { (try? metatable.raw(.string($0)).isNil) ?? true }
    }

    /// Lets Lua's own `print`, which is fast, pass tables to ours.
    func printTables() throws {
        try lua.run(Array("raw_print = print".utf8), name: "=print")
        try lua.register(
            LuaNamespace(globals: "") {
                $0.variadic(
                    "print", "Writes values; a table as the prompt shows it.", arguments: [("values", "what to write")]
                ) { lua, values in
                    let isAlone = values.dropFirst().first?.integer == 1
                    return LuaResults([
                        .string(try lua.interpreter().printed(values.first ?? .none, isAlone: isAlone))
                    ])
                }
            })
        try lua.run(Array(Self.wrapper.utf8), name: "=print")
    }
    private static let wrapper = """
        local raw, show, type, select, unpack = raw_print, print, type, select, table.unpack
        raw_print = nil
        function print(...)
            local count = select('#', ...)
            for place = 1, count do
                if type((select(place, ...))) == 'table' then
                    local values = { ... }
                    for i = place, count do
                        if type(values[i]) == 'table' then values[i] = show(values[i], count) end
                    end
                    return raw(unpack(values, 1, count))
                end
            end
            return raw(...)
        end
        """
}
