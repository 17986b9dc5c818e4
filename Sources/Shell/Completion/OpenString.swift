/// The text that is being typed between quotes: what it says so far, and how what goes on from it is written.
struct OpenString {
    /// What it says, without escapes.
    let text: String
    /// UTF-8 offset into the line where the text begins.
    let start: Int
    /// What ends it; `nil` where that stands behind the cursor already.
    let close: String?
    private let spelling: Spelling
    private enum Spelling {
        /// Between these quotes, with Lua's escapes.
        case quoted(String)
        /// Up to this bracket, without escapes.
        case long(String)
        /// In a shell command, with a backslash before these.
        case shell((Character) -> Bool)
    }

    /// A Lua string that the part of `line` before the cursor ends in.
    init(_ token: LuaToken, in line: String) {
        let whole = ChunkLexer.tokens(line).first { $0.start == token.start && !$0.close.isEmpty }
        close = whole?.kind == .string(isOpen: false) ? nil : token.close
        start = token.start
        guard !token.close.hasPrefix("]") else {
            (text, spelling) = (token.text, .long(token.close))
            return
        }
        (text, spelling) = (Self.unescaped(token.text), .quoted(token.close))
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
        case "'"?: (text, close, spelling) = (word, "'", .shell { _ in false })
        case "\""?: (text, close, spelling) = (Self.plain(word), "\"", .shell { "\"\\$`".contains($0) })
        default:
            text = Self.plain(word)
            close = " "
            spelling = .shell { !$0.isLetter && !$0.isNumber && !"/._-+,:@%~".contains($0) }
        }
    }

    /// A text as it has to be written here; `nil` for what cannot be written on one line without escapes.
    func written(_ text: String) -> String? {
        switch spelling {
        case .quoted(let quote): return text.unicodeScalars.map { Self.escaped($0, quote) }.joined()
        case .long(let end):
            return text.unicodeScalars.contains(where: Self.isControl) || text.contains(end) ? nil : text
        case .shell(let isSpecial):
            guard !text.unicodeScalars.contains(where: Self.isControl) else { return nil }
            return text.reduce(into: "") { out, character in
                if isSpecial(character) { out += "\\" }
                out.append(character)
            }
        }
    }
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 32 || scalar.value == 127 }
    private static func escaped(_ scalar: Unicode.Scalar, _ quote: String) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case _ where isControl(scalar):
            let digits = String(scalar.value)
            return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
        default: return (scalar == "\\" || String(scalar) == quote ? "\\" : "") + String(scalar)
        }
    }
    /// What a text with Lua's escapes says.
    private static func unescaped(_ written: String) -> String {
        let codes: [UInt8: UInt8] = [
            UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10,
            UInt8(ascii: "v"): 11, UInt8(ascii: "f"): 12, UInt8(ascii: "r"): 13,
        ]
        var out: [UInt8] = [], rest = Array(written.utf8)[...]
        func number(_ digits: ArraySlice<UInt8>, _ radix: Int) -> UInt32? {
            UInt32(String(decoding: digits, as: UTF8.self), radix: radix)
        }
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else { out.append(byte); continue }
            guard let next = rest.first else { break }
            let digits = rest.prefix(3).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            if !digits.isEmpty {
                rest = rest.dropFirst(digits.count)
                out.append(UInt8(truncatingIfNeeded: number(digits, 10) ?? 0))
            } else if next == UInt8(ascii: "x"), let code = number(rest.dropFirst().prefix(2), 16) {
                rest = rest.dropFirst(3)
                out.append(UInt8(truncatingIfNeeded: code))
            } else if next == UInt8(ascii: "u"), let end = rest.firstIndex(of: UInt8(ascii: "}")),
                let scalar = number(rest[..<end].dropFirst(2), 16).flatMap(Unicode.Scalar.init)
            {
                rest = rest[(end + 1)...]
                out += Array(String(scalar).utf8)
            } else if next == UInt8(ascii: "z") {
                rest = rest.dropFirst().drop { $0 <= 32 }
            } else {
                rest = rest.dropFirst()
                out.append(codes[next] ?? next)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
    /// What a word with a shell's backslashes says.
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
