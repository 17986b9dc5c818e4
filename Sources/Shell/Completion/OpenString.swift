/// The text that is being typed between quotes: what it says so far, and how what goes on from it is written.
struct OpenString {
    /// What it says, without escapes.
    let text: String
    /// UTF-8 offset into the line where the text begins.
    let start: Int
    /// What ends it; `nil` where that stands behind the cursor already.
    let close: String?
    /// The characters that need a backslash.
    private let isSpecial: (Character) -> Bool

    /// A Lua string that the part of `line` before the cursor ends in.
    init(_ token: LuaToken, in line: String) {
        let whole = ChunkLexer.tokens(line).first { $0.start == token.start && !$0.close.isEmpty }
        close = whole?.kind == .string(isOpen: false) ? nil : token.close
        start = token.start
        guard !token.close.hasPrefix("]") else {
            (text, isSpecial) = (token.text, { _ in false })
            return
        }
        text = Self.plain(token.text)
        isSpecial = { $0 == "\\" || "\($0)" == token.close }
    }
    /// The last word of a shell command that ends at the cursor.
    init(lastWordOf command: String, at offset: Int) {
        var start = command.startIndex, place = start, quote: Character?
        while place < command.endIndex {
            let character = command[place]
            let next = command.index(after: place)
            if character == "\\", quote != "'" {
                place = next < command.endIndex ? command.index(after: next) : next
                continue
            }
            if character == quote {
                quote = nil
            } else if quote == nil {
                if character == "'" || character == "\"" { (quote, start) = (character, next) }
                if character.isWhitespace || ";|&<>()=".contains(character) { start = next }
            }
            place = next
        }
        self.start = offset + command.utf8.distance(from: command.startIndex, to: start)
        let word = String(command[start...])
        switch quote {
        case "'"?: (text, close, isSpecial) = (word, "'", { _ in false })
        case "\""?: (text, close, isSpecial) = (Self.plain(word), "\"", { "\"\\$`".contains($0) })
        default:
            text = Self.plain(word)
            close = " "
            isSpecial = { !$0.isLetter && !$0.isNumber && !"/._-+,:@%~".contains($0) }
        }
    }

    /// A text as it has to be written here.
    func written(_ text: String) -> String {
        text.reduce(into: "") { out, character in
            if isSpecial(character) { out += "\\" }
            out.append(character)
        }
    }
    private static func plain(_ text: String) -> String {
        var out = "", isEscaped = false
        for character in text {
            if character == "\\", !isEscaped { isEscaped = true; continue }
            out.append(character)
            isEscaped = false
        }
        return out
    }
}
