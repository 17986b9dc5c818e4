import Base
import LuaKit

extension Interpreter {
    /// Says of a mistake what Lua cannot know: the name that was meant, the Lua for a habit of another language, a name that is not
    /// built yet; makes one line of a module that was not found.
    func explained(_ failure: LuaFailure, in source: [UInt8], _ chunk: String) -> LuaFailure {
        let message = failure.message
        if failure.kind == "lua.syntax" {
            let line = failure.position.flatMap { self.line(at: $0, in: source, chunk) }
            guard let hint = LuaHabits.ofSyntax(line ?? String(decoding: source, as: UTF8.self)) else { return failure }
            return failure.saying(message.contains("'<\\") ? hint : "\(message): \(hint)")
        }
        guard failure.kind == "lua" else { return failure }
        if let raised = failure.errorValue.reference, raised.type == .table, message.hasPrefix("table: 0x") {
            let shown = DisplaySnapshot(self).value(failure.errorValue)
            return failure.saying(ValuePrinter(DisplayContext()).oneLine(shown, width: 400))
        }
        if message.hasPrefix("module '"), let end = message.firstRange(of: "' not found:\n") {
            let name = message[..<end.lowerBound].dropFirst("module '".count)
            return failure.saying("module '\(name)' not found in \(moduleFolders) (package.path has every place)")
        }
        if message.contains("(for iterator '") {
            return failure.saying(
                message + ": for i, x in ipairs(list) do … end goes through a list, pairs(t) through a table")
        }
        func name(after words: String) -> String? {
            message.firstRange(of: words).map { String(message[$0.upperBound...].prefix { $0 != "'" }) }
        }
        if let name = name(after: "(global '") {
            // What is there was used in a way that it does not allow, and its name is right.
            guard (try? lua.global(name).isNil) == true else { return failure }
            if message.hasPrefix("attempt to get length of a nil value"),
                String(decoding: source.prefix(8), as: UTF8.self).hasPrefix("return #")
            {
                return failure.saying("\(message): a comment begins with --")
            }
            if let known = explanation(ofMissing: name) { return failure.saying("\(message): \(known)") }
            let hint = hint(for: name)
            return failure.saying(message + (hint.isEmpty ? ": there is no '\(name)'" : hint))
        }
        guard message.contains(" a nil value "), let name = name(after: "(field '") ?? name(after: "(method '"),
            let place = failure.position, let line = line(at: place, in: source, chunk)
        else { return failure }
        let names = ValueResolver(self).names(beside: name, in: line)
        return failure.saying(message + Suggestion.hint(for: name, in: names))
    }
    /// What is known of a name that is nothing: it was local to another input, it is of another language.
    func explanation(ofMissing name: String) -> String? {
        if lostLocals.contains(name) { return "'\(name)' was local to its line; without local, \(name) = … stays" }
        return LuaHabits.ofName(name)
    }
    /// Remembers the names that end with an input: those that its outermost block declares.
    func noteLocals(_ chunk: String) {
        let tokens = ChunkLexer.tokens(chunk)
        var depth = 0, place = 0
        while place < tokens.count {
            let token = tokens[place]
            place += 1
            guard token.kind == .name else { continue }
            switch token.text {
            case "do", "then", "repeat", "function": depth += 1
            case "end", "until", "elseif": depth -= 1
            case "local" where depth == 0:
                if place < tokens.count, tokens[place].text == "function" {
                    if place + 1 < tokens.count { lostLocals.insert(tokens[place + 1].text) }
                    continue
                }
                while place < tokens.count, tokens[place].kind == .name {
                    lostLocals.insert(tokens[place].text)
                    guard place + 1 < tokens.count, tokens[place + 1].text == "," else { break }
                    place += 2
                }
            default: break
            }
        }
    }

    /// The line of a chunk that an error names.
    private func line(at place: String, in source: [UInt8], _ chunk: String) -> String? {
        guard place.hasPrefix(Self.shown(chunk) + ":"),
            let number = place.split(separator: ":").last.flatMap({ Int($0) })
        else { return nil }
        let lines = source.split(separator: UInt8(ascii: "\n"), maxSplits: number, omittingEmptySubsequences: false)
        return lines.indices.contains(number - 1) ? String(decoding: lines[number - 1], as: UTF8.self) : nil
    }
    /// A chunk's name as Lua puts it into messages.
    private static func shown(_ chunk: String) -> String {
        chunk.hasPrefix("@") || chunk.hasPrefix("=") ? String(chunk.dropFirst()) : chunk
    }
}
