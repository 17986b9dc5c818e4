/// One token of a piece of Lua, with its place.
struct LuaToken: Equatable {
    enum Kind: Equatable {
        case name, number, symbol
        /// A string; `isOpen` when the text ends inside it.
        case string(isOpen: Bool)
        /// A comment that the text ends inside.
        case openComment
    }
    let kind: Kind
    /// The name, the number, the symbol; of a string the contents as written.
    let text: String
    /// UTF-8 offset of the first byte; of a string that of its contents.
    let start: Int
    /// UTF-8 offset behind the last byte.
    let end: Int
    /// What ends a string: its quote, or `]==]`. Empty for anything else.
    var close = ""
}

/// Splits Lua into tokens as far as completion and help need it: well enough for a line that is being typed.
enum ChunkLexer {
    static func tokens(_ text: String) -> [LuaToken] {
        let bytes = Array(text.utf8)
        var tokens: [LuaToken] = [], place = 0
        func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
        while place < bytes.count {
            let byte = bytes[place], start = place
            switch byte {
            case _ where byte <= 32: place += 1
            case UInt8(ascii: "-") where place + 1 < bytes.count && bytes[place + 1] == byte:
                let (end, isOpen) = comment(bytes, place + 2)
                if isOpen { tokens.append(LuaToken(kind: .openComment, text: "", start: start, end: end)) }
                place = end
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                place += 1
                while place < bytes.count, bytes[place] != byte { place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1 }
                let end = min(place, bytes.count), isOpen = place >= bytes.count
                place = min(place + 1, bytes.count)
                tokens.append(
                    LuaToken(
                        kind: .string(isOpen: isOpen), text: string(start + 1..<end), start: start + 1, end: place,
                        close: string(start..<start + 1)))
            case UInt8(ascii: "[") where longBracket(bytes, place) != nil:
                let level = longBracket(bytes, place) ?? 0
                let (end, isOpen) = longEnd(bytes, place + level + 2, level)
                let contents = place + level + 2..<max(place + level + 2, isOpen ? end : end - level - 2)
                place = end
                tokens.append(
                    LuaToken(
                        kind: .string(isOpen: isOpen), text: string(contents), start: contents.lowerBound, end: end,
                        close: "]" + String(repeating: "=", count: level) + "]"))
            case _ where isNameByte(byte) && !isDigit(byte):
                while place < bytes.count, isNameByte(bytes[place]) { place += 1 }
                tokens.append(LuaToken(kind: .name, text: string(start..<place), start: start, end: place))
            case _ where isDigit(byte):
                while place < bytes.count, isNameByte(bytes[place]) || bytes[place] == UInt8(ascii: ".") { place += 1 }
                tokens.append(LuaToken(kind: .number, text: string(start..<place), start: start, end: place))
            default:
                let two = place + 1 < bytes.count ? string(place..<place + 2) : ""
                place += ["..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"].contains(two) ? 2 : 1
                // A byte of a character beyond ASCII is a symbol of its own, which nothing matches.
                tokens.append(LuaToken(kind: .symbol, text: string(start..<place), start: start, end: place))
            }
        }
        return tokens
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_") || (byte | 32 >= UInt8(ascii: "a") && byte | 32 <= UInt8(ascii: "z"))
    }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    /// The number of `=` in `[==[`, or `nil`.
    private static func longBracket(_ bytes: [UInt8], _ place: Int) -> Int? {
        var end = place + 1
        while end < bytes.count, bytes[end] == UInt8(ascii: "=") { end += 1 }
        return end < bytes.count && bytes[end] == UInt8(ascii: "[") ? end - place - 1 : nil
    }
    private static func longEnd(_ bytes: [UInt8], _ start: Int, _ level: Int) -> (end: Int, isOpen: Bool) {
        let close = [UInt8(ascii: "]")] + [UInt8](repeating: UInt8(ascii: "="), count: level) + [UInt8(ascii: "]")]
        var place = start
        while place + close.count <= bytes.count {
            if bytes[place..<place + close.count].elementsEqual(close) { return (place + close.count, false) }
            place += 1
        }
        return (bytes.count, true)
    }
    private static func comment(_ bytes: [UInt8], _ start: Int) -> (end: Int, isOpen: Bool) {
        if start < bytes.count, bytes[start] == UInt8(ascii: "["), let level = longBracket(bytes, start) {
            return longEnd(bytes, start + level + 2, level)
        }
        let end = bytes[min(start, bytes.count)...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        return (end, end == bytes.count)
    }
}
