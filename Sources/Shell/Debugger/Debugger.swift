import Base
import LuaKit

/// Stops inside Lua code: at a line, at `breakpoint()`, at an error, with the variables of every frame at hand.
final class Debugger {
    private unowned let interpreter: Interpreter
    private var start: LuaReference?

    init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    /// Loads it, and makes `breakpoint` a global. Throws `LuaFailure`.
    func register() throws {
        let lua = interpreter.lua
        let ask = try lua.hiddenFunction("ask") { [weak self] values in
            try self?.ask(values.first?.string ?? "").map { .string($0) } ?? .none
        }
        let show = try lua.hiddenFunction("show") { [weak self] values in
            self?.show(values.first?.string, values.count > 1 ? values[1] : .none)
            return .none
        }
        let say = try lua.hiddenFunction("say") { values in
            Console.shared.write(SafeText.block(values.first?.string ?? "") + "\n")
            return .none
        }
        let parts = try lua.run(DebuggerSource.text, name: "=" + DebuggerSource.name, arguments: [ask, show, say])
        guard parts.count == 2 else { return }
        start = parts[0].reference
        try lua.setGlobal("breakpoint", parts[1])
    }
    /// Runs code, or a file whose name ends in .lua, and stops in it at its first line or at an error. Throws `LuaFailure`.
    func run(_ code: String, steps: Bool) throws -> [LuaValue] {
        let isFile = code.hasSuffix(".lua") && Files.exists(Path.expandingTilde(code))
        let name = isFile ? "@" + Path.expandingTilde(code) : "=stdin"
        return try start?.call(.string(code), .string(name), .bool(steps)) ?? []
    }

    /// Without a person to ask the program goes on.
    private func ask(_ prompt: String) throws -> String? {
        guard let input = interpreter.input else { return "c" }
        return try input.ask(prompt)
    }
    private func show(_ name: String?, _ value: LuaValue) {
        let printer = ValuePrinter(DisplayContext(Console.shared.terminal))
        let shown = DisplaySnapshot(interpreter).value(value)
        if let name {
            let text = printer.oneLine(shown, width: max(20, printer.context.width - name.count - 5))
            Console.shared.write("  \(name) = \(text)\n")
        } else {
            Console.shared.show(printer.lines(shown))
        }
    }
}
