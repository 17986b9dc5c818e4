import Base
import LuaKit

extension Interpreter: PromptInterpreter {
    package var interruptHook: (@convention(c) () -> Void)? { { Lua.interrupt() } }

    package func forgetInterrupt() { lua.clearStop() }

    package func isIncomplete(_ chunk: String) -> Bool {
        let chunk = Self.chunk(chunk)
        if lua.check("return " + chunk) == .complete { return false }
        return lua.check(chunk) == .incomplete
    }

    package func isComplete(_ chunk: String) -> Bool { lua.check(chunk) == .complete }

    package func evaluate(_ chunk: String, line: Int, remembers: Bool) throws -> [DisplayValue] {
        let chunk = Self.chunk(chunk)
        let expression = "return " + chunk
        // Lua counts lines from the beginning of a chunk. In an endless stream they are not worth what they cost.
        let above = line <= 20_000 ? String(repeating: "\n", count: line - 1) : ""
        let source = above + (lua.check(expression) == .complete ? expression : chunk)
        do {
            keepText(chunk)
            defer { noteLocals(chunk) }
            // One line is one step of undo, however many captions it changes.
            let values = try session.datasets.asOneStep { try run(Array(source.utf8), name: "=stdin") }
            if values.count == 1, values[0].isNil, let hint = missingName(chunk) ?? missingElement(chunk) {
                return [.object(NothingThere(hint: hint))]
            }
            if values.count == 1, isFile(values[0]), writes(chunk) { return [] }
            if remembers, let first = values.first, !first.isNil { try remember(first) }
            let snapshot = DisplaySnapshot(self)
            return values.map { snapshot.value($0) }
        } catch let failure as LuaFailure {
            if !["interrupted", "cancelled"].contains(failure.kind) { remember(failure) }
            throw PromptFailure(failure)
        }
    }

    package func debug(_ code: String, steps: Bool) throws -> [DisplayValue] {
        lua.clearStop()
        defer { lua.clearStop() }
        do {
            let snapshot = DisplaySnapshot(self)
            return try session.datasets.asOneStep { try debugger.run(code, steps: steps) }.map { snapshot.value($0) }
        } catch let failure as LuaFailure {
            if failure.message == "left in the debugger" { return [] }
            if !["interrupted", "cancelled"].contains(failure.kind) { remember(failure) }
            throw PromptFailure(failure)
        }
    }
    package func complete(_ line: String, cursor: Int, after rows: String = "") -> Completion? {
        CompletionEngine(self).complete(line, cursor: cursor, after: rows)
    }
    package func help(_ topic: String, _ context: DisplayContext) throws -> [String] {
        try HelpText(self, context).answer(.string(topic))
    }
    package func source(_ name: String, _ context: DisplayContext) throws -> [String] {
        try SourceFinder(self).lines(name, context)
    }

    /// Whether a value is a file of Lua's library.
    private func isFile(_ value: LuaValue) -> Bool {
        guard let reference = value.reference, reference.type == .userdata else { return false }
        return (try? reference.metatable()?.raw(.string("__name")))?.string == "FILE*"
    }
    /// Whether a chunk is a call of `io.write` or of a file's `write`, which gives the file: nobody asked to see that.
    private func writes(_ chunk: String) -> Bool {
        let tokens = ChunkLexer.tokens(chunk)
        let call = tokens.prefix { $0.kind == .name || [".", ":"].contains($0.text) }
        return call.last?.text == "write" && call.count > 2
    }

    /// `=expr` is the old spelling of `expr`.
    private static func chunk(_ text: String) -> String {
        let line = text.drop { $0.isWhitespace }
        return line.hasPrefix("=") && !line.hasPrefix("==") ? String(line.dropFirst()) : text
    }
    /// What a bare name that is nothing at all may have been meant for.
    private func missingName(_ chunk: String) -> String? {
        let tokens = ChunkLexer.tokens(chunk).filter { $0.text != ";" }
        guard tokens.count == 1, let name = tokens.first, name.kind == .name, name.text != "nil",
            !Self.isResult(name.text)
        else { return nil }
        return explanation(ofMissing: name.text) ?? "there is no '\(name.text)'\(hint(for: name.text))"
    }
    /// Why `ds[0]` is nothing.
    private func missingElement(_ chunk: String) -> String? {
        var tokens = ChunkLexer.tokens(chunk).filter { $0.text != ";" }
        guard tokens.popLast()?.text == "]", let digits = tokens.popLast(), digits.kind == .number,
            let number = Int(digits.text)
        else { return nil }
        let isNegative = tokens.last?.text == "-"
        if isNegative { tokens.removeLast() }
        guard tokens.popLast()?.text == "[", case .value(.object(let object))? = ValueResolver(self).resolve(tokens),
            let count = (try? lua.inspector(of: object)?.count(object)) ?? nil
        else { return nil }
        let name = tokens.map(\.text).joined()
        if count == 0 { return "it is empty" }
        if isNegative || number == 0 {
            return "places count from 1: \(name)[1] is the first, \(name)[#\(name)] the last"
        }
        return number > count ? "there \(count == 1 ? "is 1" : "are \(count)"): \(name)[1] to \(name)[\(count)]" : nil
    }
}

/// The nil of a name that may be a slip of the fingers. It is nil all the same: what other globals there are must not decide
/// whether an input fails.
private struct NothingThere: Displayable {
    let hint: String
    var oneLine: String { "nil  -- \(hint)" }
    func lines(_ context: DisplayContext) -> [String] {
        [context.style(.keyword, "nil") + context.style(.quiet, "  -- " + SafeText.line(hint))]
    }
}

extension PromptFailure {
    /// A Lua failure as the prompt shows it.
    init(_ failure: LuaFailure) {
        // The debugger's own frames are nobody's.
        let frames = failure.traceback.filter { !$0.hasPrefix(DebuggerSource.name + ":") }
        if failure.kind == "interrupted" {
            let message = failure.message == "interrupted" ? "" : failure.message
            self.init(message: message, traceback: frames, isInterrupt: true)
        } else if failure.kind == "cancelled" {
            self.init(message: failure.message, isInterrupt: true)
        } else {
            let usage = failure.usage.map { ["usage: " + $0] } ?? []
            self.init(message: failure.description, traceback: usage + frames)
        }
    }
}

extension LuaFailure {
    static var exit: LuaFailure { .ended("exit") }
    static var interrupted: LuaFailure { .ended("interrupted") }
}
