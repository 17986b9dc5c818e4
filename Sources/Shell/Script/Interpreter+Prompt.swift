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

    package func evaluate(_ chunk: String, line: Int, remembers: Bool) throws -> [DisplayValue] {
        let chunk = Self.chunk(chunk)
        let expression = "return " + chunk
        // Lua counts lines from the beginning of a chunk. In an endless stream they are not worth what they cost.
        let above = line <= 20_000 ? String(repeating: "\n", count: line - 1) : ""
        let source = above + (lua.check(expression) == .complete ? expression : chunk)
        do {
            // One line is one step of undo, however many captions it changes.
            let values = try session.datasets.asOneStep { try run(Array(source.utf8), name: "=stdin") }
            if values.count == 1, values[0].isNil, let hint = missingName(chunk) {
                return [.object(NothingThere(hint: hint))]
            }
            if remembers, let first = values.first, !first.isNil { try remember(first) }
            let snapshot = DisplaySnapshot(self)
            return values.map { snapshot.value($0) }
        } catch let failure as LuaFailure {
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

    /// `=expr` is the old spelling of `expr`.
    private static func chunk(_ text: String) -> String {
        let line = text.drop { $0.isWhitespace }
        return line.hasPrefix("=") && !line.hasPrefix("==") ? String(line.dropFirst()) : text
    }
    /// What a bare name that is nothing at all, but nearly something, may have been meant for.
    private func missingName(_ chunk: String) -> String? {
        let name = chunk.split(separator: ";").first.map(String.init)?.filter { !$0.isWhitespace } ?? ""
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }), name != "nil" else {
            return nil
        }
        let hint = hint(for: name)
        return hint.isEmpty ? nil : "there is no '\(name)'\(hint)"
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
        if failure.kind == "interrupted" {
            self.init(message: "", traceback: failure.traceback, isInterrupt: true)
        } else if failure.kind == "cancelled" {
            self.init(message: failure.message, isInterrupt: true)
        } else {
            let usage = failure.usage.map { ["usage: " + $0] } ?? []
            self.init(message: failure.description, traceback: usage + failure.traceback)
        }
    }
}

extension LuaFailure {
    static var exit: LuaFailure { .ended("exit") }
    static var interrupted: LuaFailure { .ended("interrupted") }
}
