import Base
import LuaKit
import Workbench

/// The global functions that belong to no object.
var globalFunctions: LuaNamespace {
    LuaNamespace(globals: "Functions that belong to no object.") {
        $0.function("time", "Seconds on a clock that never goes back, with fractions.", example: "local t = time()") {
            Clock.seconds()
        }
        $0.variadic(
            "help", "Explains a global, an object, a method, or everything that mentions a word.",
            arguments: [("topic", "an object, a function, or a text to look for")], example: "help \"caption\""
        ) { lua, values in
            let context = DisplayContext(Console.shared.terminal)
            Console.shared.show(try HelpText(try lua.interpreter(), context).answer(to: values))
            return LuaResults()
        }
        $0.function(
            "doctor",
            "Checks what a run needs: libtorch, GPU and driver, memory, codecs, models, configurations, data, disk, environment, the "
                + "terminal; each row with its fix. `ltxsh doctor` does it from the system's shell.",
            .interpreter, example: "if not doctor().ok then print(doctor()) end"
        ) { CheckupReport(.here($0, Console.shared.terminal)) }
        $0.function(
            "ask",
            "Asks a question at the terminal and returns what was typed; nil when nothing was, and there is no default.",
            .string("prompt", "the question"), .optional(.string("default", "stands in the line, to be edited")),
            .interpreter, example: "ds[1].caption = ask(\"caption\", ds[1].caption)", returns: "string?"
        ) { try $2.interpreter().ask($0, default: $1) }
        $0.function(
            "jobs", "The training runs of this session, background ones included, and its captioning.",
            example: "jobs()[1]:stop()", returns: "(Run|CaptionRun|PreprocessingRun)[]"
        ) {
            RunList.session.all.map(\.luaValue) + CaptionRun.session.map(\.luaValue)
                + PreprocessingRun.session.map(\.luaValue)
        }
        $0.function(
            "plot", "Draws numbers as a curve: plot(ys), or plot(xs, ys); :save(\"curve.png\") makes a picture of it.",
            .any("xs", "a list of numbers; the only one for a curve over 1, 2, 3 …", isOptional: false),
            .any("ys", "the numbers over xs"), .string("title", "written above it", default: "").named,
            example: "plot({ 1, 4, 9, 16 })"
        ) { try Plot($1.isNil ? [$0] : [$0, $1], title: $2) }
        $0.function(
            "spark", "Numbers as one line of blocks.", .any("values", "a list of numbers", isOptional: false),
            example: "print(spark({ 1, 4, 9, 16 }))"
        ) {
            let terminal = ForegroundWork.terminal
            return Sparkline.text(
                try Plot.numbers($0, 1), width: min(80, terminal.size.columns - 1), unicode: terminal.isUnicode)
        }
        $0.function(
            "who", "Your own globals: name, type, size, what they are, where they live.", .interpreter, returns: "table"
        ) {
            try Who.list(try $0.interpreter())
        }
    }
}

/// What differs from Lua's own `os`.
var systemFunctions: LuaNamespace {
    LuaNamespace(extending: "os") {
        $0.variadic(
            "exit", "Ends the program; files are closed and jobs saved.",
            arguments: [("code", "the exit status: a number, true for 0, false for 1")]
        ) { lua, values in
            let status: Int32
            switch values.first ?? .none {
            case .none, .bool(true): status = 0
            case .bool(false): status = 1
            case let value:
                guard let number = value.integer else {
                    throw LuaArgumentError(
                        argument: "code", message: "'code' must be a whole number, got \(value.shown)")
                }
                status = Int32(truncatingIfNeeded: number & 0xFF)
            }
            try lua.interpreter().exit(status)
            return LuaResults()
        }
    }
}

extension Lua {
    /// The session that the interpreter belongs to.
    func interpreter() throws -> Interpreter {
        guard let owner = owner as? Interpreter else { throw NoSession() }
        return owner
    }
}

/// A binding that needs the session was called without one.
struct NoSession: UserError {
    var kind: String { "internal" }
    var description: String { "this interpreter has no session" }
}

extension Interpreter {
    /// The prompt's commands as Lua functions of a table `sh`: `sh.time("…")`.
    func addPromptFunctions(_ prompt: Prompt) throws {
        input?.watcher = prompt.watcher
        countAsBuiltIn("sh")
        try lua.register(
            LuaNamespace("sh", "The prompt's own commands: sh.time(\"x\") is :time x.") { space in
                for command in PromptCommand.all {
                    space.function(
                        command.name, command.help.prefix(1).uppercased() + command.help.dropFirst() + ".",
                        .string("arguments", "what follows the command's name", default: "")
                    ) { [weak prompt] in
                        guard let prompt else { return }
                        do { try command.run(prompt, $0) } catch let failure as PromptFailure {
                            throw CommandFailure(description: failure.message)
                        }
                    }
                }
            })
    }
    /// Closes Lua in order: what scripts left to finalizers is finalized while everything is still there.
    func close() { lua.collectGarbage() }
}

/// A prompt command that failed when it was called from Lua.
private struct CommandFailure: UserError {
    let description: String
    var kind: String { "command" }
}
