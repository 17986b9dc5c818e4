import Base
import Glibc
import LuaKit

/// Asks the person at the terminal on behalf of a program: `io.read`, `ask`, `clip:edit`. Main thread.
final class LineInput {
    private let source: EditedSource
    private let console: Console
    /// What goes on behind the question: the prompt's own, where there is one.
    var watcher: JobWatcher

    /// `nil` where nobody sits at a terminal.
    init?(_ console: Console) {
        guard let editor = LineEditor.shared(console.terminal) else { return nil }
        (source, self.console) = (EditedSource(editor), console)
        watcher = JobWatcher(JobBoard(), style: .plain, isUnicode: console.terminal.isUnicode, isLive: false)
    }

    /// What was typed; `nil` at Ctrl-D. Throws when Ctrl-C was pressed.
    ///
    /// - Parameters:
    ///   - question: without one, what the program has written on this line already.
    ///   - initial: stands in the line, to be edited.
    func ask(_ question: String? = nil, initial: String? = nil) throws -> String? {
        guard !source.isBusy else { throw InputIsBusy() }
        if question != nil { console.freshLine() }
        let shown = LineInput.withoutTabs(console.openLine)
        let reading = source.ask(question ?? shown, initial: initial, isShown: question == nil, watcher)
        console.lineIsOver()
        switch reading {
        case .line(let line): return line
        case .end, .hangUp:
            console.write("\n")
            return nil
        case .dropped, .terminated: throw LuaFailure.interrupted
        }
    }
    /// As the terminal shows them: readline counts columns.
    private static func withoutTabs(_ text: String) -> String {
        guard text.contains("\t") else { return text }
        return text.split(separator: "\t", omittingEmptySubsequences: false).dropLast().reduce(into: "") { out, part in
            out += part
            out += String(repeating: " ", count: 8 - TextWidth.of(out) % 8)
        } + (text.split(separator: "\t", omittingEmptySubsequences: false).last ?? "")
    }
}

/// A hook asks for a line while another is being typed at the prompt.
private struct InputIsBusy: UserError {
    var kind: String { "terminal.busy" }
    var description: String { "a line is being typed at the prompt; a hook cannot ask for another one" }
}

extension Interpreter {
    /// Makes scripts write and read where a person sits: `print` and `io.write` keep lines whole beside job messages, pager and
    /// transcript, `io.read` edits its line.
    func attach(_ console: Console, writes: Bool) throws {
        input = LineInput(console)
        let input = input
        try lua.attachConsole(
            write: writes ? { console.write($0, isError: $1) } : nil, read: input.map { input in { try input.ask() } })
    }
    /// Asks a question whose answer may already be there. Ctrl-D leaves that as it is.
    ///
    /// Without a terminal the answer is a line of standard input; an empty one means the default.
    func ask(_ question: String, default answer: String?) throws -> String? {
        let question = question.last.map { $0.isWhitespace || $0 == ":" } == true ? question : question + ": "
        if let input { return try input.ask(SafeText.line(question), initial: answer) ?? answer }
        Console.shared.write(SafeText.line(question))
        let line = try lua.global("io").reference?.raw(.string("read")).reference?.call().first?.string
        return line?.isEmpty == false ? line : answer
    }
}
