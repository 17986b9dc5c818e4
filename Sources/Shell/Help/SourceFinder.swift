import Base
import LuaKit

/// `??x`: where something is defined, with its text where that can be read.
struct SourceFinder {
    private let interpreter: Interpreter
    init(_ interpreter: Interpreter) { self.interpreter = interpreter }

    func lines(_ name: String, _ context: DisplayContext) throws -> [String] {
        guard let known = ValueResolver(interpreter).resolve(ChunkLexer.tokens(name)) else {
            throw HelpMissing(topic: name, hint: interpreter.hint(for: name))
        }
        switch known {
        case .function(let info):
            return ["\(info.path) is built in (a binding of ltxsh)", "", info.signature, "  " + info.help]
        case .namespace(let info), .instance(let info):
            return ["\(info.name) is built in: help(\(info.name)) explains it"]
        case .part(let info, let path):
            return ["\(([info.name] + path).joined(separator: ".")) is part of a built-in class"]
        case .property(let info): return ["\(info.path) is a property of a built-in class"]
        case .value(let value):
            guard let reference = value.reference, reference.type == .function else {
                return ["\(name) is \(LuaValue.withArticle(value.typeName)); only functions have a source"]
            }
            guard let found = try reference.source() else { return ["\(name) is a function of Lua's own libraries"] }
            return [place(found)] + text(found, of: name)
        case .type(let type): return ["\(name) is \(LuaValue.withArticle(type))"]
        }
    }
    private func place(_ source: (chunk: String, lines: ClosedRange<Int>)) -> String {
        let name = ["@", "="].contains(source.chunk.prefix(1)) ? String(source.chunk.dropFirst()) : "a chunk"
        return "\(SafeText.line(name)):\(source.lines.lowerBound)-\(source.lines.upperBound)"
    }
    private func text(_ source: (chunk: String, lines: ClosedRange<Int>), of name: String) -> [String] {
        var text = source.chunk
        if text.hasPrefix("@") {
            guard let read = try? Files.text(String(text.dropFirst())) else { return [] }
            text = read
        } else if text.hasPrefix("=") {
            guard let typed = typed(name, source.lines) else { return [] }
            text = typed
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().filter { source.lines.contains($0.offset + 1) }.map {
            "  " + SafeText.line(String($0.element))
        }
    }
    /// The input that a function was typed in: the newest that names it and has a function in these lines.
    private func typed(_ name: String, _ lines: ClosedRange<Int>) -> String? {
        let word = ChunkLexer.tokens(name).last { $0.kind == .name }?.text ?? name
        return interpreter.typedChunks.first { chunk in
            let rows = chunk.split(separator: "\n", omittingEmptySubsequences: false)
            return rows.count >= lines.upperBound && rows[lines.lowerBound - 1].contains("function")
                && ChunkLexer.tokens(chunk).contains { $0.text == word }
        }
    }
}
