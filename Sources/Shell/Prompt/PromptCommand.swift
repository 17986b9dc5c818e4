import Base
import Glibc

/// One of the prompt's own commands: `:name arguments`. Declared once; parser, completion, help and the Lua functions of the
/// same names come from this table.
struct PromptCommand {
    let name: String
    /// The arguments as the help shows them.
    let arguments: String
    /// One line.
    let help: String
    let run: (Prompt, String) throws -> Void

    nonisolated(unsafe) static let all: [PromptCommand] = [
        .init(name: "time", arguments: "EXPR", help: "run it and say how long it took") { try $0.time($1) },
        .init(name: "timeit", arguments: "EXPR", help: "run it many times and say how long one run takes at best") {
            try $0.timeit($1)
        },
        .init(name: "timing", arguments: "on|off", help: "whether every input says how long it took") {
            try $0.timing($1)
        },
        .init(name: "debug", arguments: "CODE|FILE", help: "run it; stop at an error or breakpoint() and look around") {
            try $0.debug($1, steps: false)
        },
        .init(
            name: "step", arguments: "CODE|FILE", help: "run it line by line, with the variables of each frame at hand"
        ) {
            try $0.debug($1, steps: true)
        },
        .init(name: "edit", arguments: "[FILE]", help: "open the last chunk in $VISUAL or $EDITOR, then run it") {
            try $0.edit($1)
        },
        .init(name: "transcript", arguments: "FILE|off", help: "record input and output as Lua that can be run again") {
            try $0.transcript($1)
        },
        .init(
            name: "replay", arguments: "FILE",
            help: "run a transcript or script as if typed; say what prints differently"
        ) {
            try $0.replay($1)
        },
        .init(name: "log", arguments: "FILE|off", help: "append input and output with times to a file") {
            try $0.log($1)
        },
        .init(name: "session", arguments: "", help: "what this session has changed and made so far") { prompt, _ in
            let lines = SessionTable().lines(DisplayContext(prompt.console.terminal))
            prompt.console.show(lines.isEmpty ? ["nothing was changed or made"] : lines)
        },
        .init(name: "pager", arguments: "on|off", help: "whether output longer than the screen is shown page by page") {
            try $0.pager($1)
        },
        .init(name: "source", arguments: "NAME", help: "show where something is defined") { prompt, name in
            guard !name.isEmpty else { throw PromptFailure(message: ":source needs a name: :source Dataset.open") }
            prompt.console.show(try prompt.interpreter.source(name, DisplayContext(prompt.console.terminal)))
        },
        .init(name: "help", arguments: "[NAME]", help: "these commands, or help on a name") { try $0.commandHelp($1) },
        .init(name: "quit", arguments: "[STATUS]", help: "leave (also Ctrl-D, exit)") { try $0.quit($1) },
    ]

    /// The command of that name, or of an unambiguous beginning of it.
    static func find(_ name: String) throws -> PromptCommand {
        if let exact = all.first(where: { $0.name == name }) { return exact }
        let near = all.filter { !name.isEmpty && $0.name.hasPrefix(name) }
        if near.count == 1, let command = near.first { return command }
        let hint = Suggestion.hint(for: name, in: all.map(\.name))
        throw PromptFailure(message: "no command ':\(name)'\(hint); :help lists them")
    }
}

// MARK: - What they do

extension Prompt {
    fileprivate func time(_ text: String) throws {
        guard !text.isEmpty else { throw PromptFailure(message: ":time needs something to run: :time ds:check()") }
        let watch = Stopwatch()
        let shows = !text.hasSuffix(";")
        let values = try evaluate(text, remembers: shows)
        let took = watch.text
        show(values, if: shows)
        note(took)
    }
    /// By which a replay knows the line.
    static let timingMark = ", processor ", roundsMark = ", best of 5 rounds of "

    /// The best of five rounds, each of so many runs that it takes a fifth of a second.
    fileprivate func timeit(_ text: String) throws {
        guard !text.isEmpty else {
            throw PromptFailure(message: ":timeit needs something to run again and again: :timeit ds:stats()")
        }
        // Once compiled and once run, so that what is made on first use is made.
        let call = "local function run() return \(text) end"
        let isExpression = interpreter.isComplete(call)
        let body = isExpression ? call : "local function run() \(text) end"
        func seconds(_ runs: Int) throws -> Double {
            let loop = "\(body) local t = time() for _ = 1, \(runs) do run() end return time() - t"
            guard case .number(let seconds)? = try evaluate(loop, remembers: false).first else {
                throw PromptFailure(message: "it gave no time")
            }
            return seconds
        }
        var runs = 1, took = try seconds(1)
        while took < 0.2, runs < 1 << 30 {
            runs = max(runs * 2, min(runs * 100, Int(0.25 / max(took, 1e-9) * Double(runs))))
            took = try seconds(runs)
        }
        var best = took
        for _ in 0..<(took > 5 ? 0 : 4) { best = min(best, try seconds(runs)) }
        note("\(Stopwatch.duration(best / Double(runs))) a run\(Prompt.roundsMark)\(runs)")
    }
    fileprivate func timing(_ choice: String) throws {
        switch choice {
        case "on": isTiming = true
        case "off": isTiming = false
        case "": note("timing is \(isTiming ? "on" : "off")")
        default: throw PromptFailure(message: ":timing takes on or off, got '\(choice)'")
        }
    }
    fileprivate func debug(_ code: String, steps: Bool) throws {
        guard !code.isEmpty else {
            let name = steps ? "step" : "debug"
            throw PromptFailure(message: ":\(name) needs code or a file: :\(name) train.lua")
        }
        show(try interruptible { try interpreter.debug(code, steps: steps) })
    }

    fileprivate func edit(_ name: String) throws {
        var text = try edited(name)
        while text.last?.isWhitespace == true { text.removeLast() }
        guard !text.isEmpty else { return note("nothing to run") }
        // Shown, so that the session reads as if it had been typed.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            console.terminal.style(.quiet, "  >> ") + SafeText.line(String($0))
        }
        console.write(lines.joined(separator: "\n") + "\n")
        run(text)
    }

    /// What the editor makes of a file, or of the last chunk for an empty name.
    private func edited(_ name: String) throws -> String {
        if name.isEmpty { return try TextEditor().edit(lastChunk + "\n", named: "chunk", as: ".lua") { $0 } }
        let path = Path.expandingTilde(name)
        try TextEditor().open(path)
        return try Files.text(path)
    }

    fileprivate func transcript(_ path: String) throws {
        switch path {
        case "":
            note(
                recorder.transcriptPath.map { "recording to '\($0)'; :transcript off ends it" }
                    ?? "not recording; :transcript FILE begins")
        case "off": try recorder.startTranscript(nil)
        default:
            try recorder.startTranscript(path)
            note("recording to '\(path)'; :transcript off ends it")
        }
    }
    fileprivate func log(_ path: String) throws {
        switch path {
        case "":
            note(recorder.logPath.map { "logging to '\($0)'; :log off ends it" } ?? "not logging; :log FILE begins")
        case "off": try recorder.startLog(nil)
        default:
            try recorder.startLog(path)
            note("logging to '\(path)'")
        }
    }

    fileprivate func pager(_ choice: String) throws {
        switch choice {
        case "on": console.pages = true
        case "off": console.pages = false
        case "": note("the pager is \(console.pages ? "on" : "off")")
        default: throw PromptFailure(message: ":pager takes on or off, got '\(choice)'")
        }
    }
    fileprivate func quit(_ status: String) throws {
        guard let number = UInt8(status.isEmpty ? "0" : status) else {
            throw PromptFailure(message: ":quit takes an exit status from 0 to 255, got '\(status)'")
        }
        leave(status: Int32(number))
    }

    fileprivate func commandHelp(_ name: String) throws {
        guard name.isEmpty else { return console.show(try interpreter.help(name, DisplayContext(console.terminal))) }
        let style = console.terminal.style
        var rows = PromptCommand.all.map { (":\($0.name) \($0.arguments)", $0.help) }
        rows += [
            ("?x, ??x", "help on x, where x is defined"), ("!command", "run a shell command"),
            ("chunk;", "run without printing"),
        ]
        let width = rows.map(\.0.count).max() ?? 0
        let room = max(12, DisplayContext(console.terminal).width - width - 2)
        console.show(
            rows.flatMap { name, help in
                TextFitting.wrap(help, to: room).enumerated().map { place, line in
                    style(.name, TextFitting.pad(place == 0 ? name : "", to: width)) + "  " + line
                }
            })
    }
}
