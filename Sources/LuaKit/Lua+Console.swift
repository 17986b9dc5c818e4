import CLuaBridge

extension Lua {
    /// Lets the shell write what scripts write to the standard streams (`print`, `io.write`, `io.stderr:write`), and read what they
    /// read from standard input (`io.read`, `io.lines`): where a person sits at a terminal.
    ///
    /// - Parameters:
    ///   - write: gets the bytes as they are; nil leaves writing to C.
    ///   - read: gives a line without its end, nil at the end of input; nil leaves reading to C.
    public func attachConsole(
        write: ((_ bytes: [UInt8], _ isError: Bool) throws -> Void)?, read: (() throws -> String?)?
    ) throws {
        let writer = try write.map { write in
            try number(of: "write") { values in
                try write(values.first?.stringBytes ?? [], values.dropFirst().first?.bool ?? false)
                return .none
            }
        }
        let reader = try read.map { read in
            try number(of: "read") { _ in try read().map { .string($0) } ?? .none }
        }
        try check(lb_attach_console(state, writer ?? -1, reader ?? -1))
    }
    /// A function for Lua code of the shell's own, which no table shows: tables in its arguments stay in Lua.
    public func hiddenFunction(_ name: String, _ body: @escaping ([LuaValue]) throws -> LuaValue) throws -> LuaValue {
        .native(Int(try number(of: name, body)))
    }
    private func number(of name: String, _ body: @escaping ([LuaValue]) throws -> LuaValue) throws -> Int64 {
        let info = FunctionInfo(
            owner: nil, name: name, help: "", arguments: [], result: nil, example: nil, isMethod: false)
        return try define(LuaFunction(info: info, leavesTables: true) { call in try body(call.values) })
    }
}
