/// Text from files, models and servers made safe to show: a caption must not move the cursor or recolour the screen.
enum SafeText {
    /// The text with control characters written out: `\x1b` for ESC, `\u{202e}` for a direction override. Newlines and tabs
    /// stay.
    static func block(_ text: String) -> String { escaped(text) { $0 == "\n" || $0 == "\t" } }

    /// The same for one line: newlines and tabs become `\n` and `\t`.
    static func line(_ text: String) -> String { escaped(text) { _ in false } }

    /// One line for a table cell or a card: runs of white space become one blank. What no line has room for is cut off, so
    /// that a caption of megabytes takes no time.
    static func cell(_ text: String) -> String {
        let end = text.index(text.startIndex, offsetBy: longest, limitedBy: text.endIndex)
        let isCut = end.map { $0 < text.endIndex } ?? false
        let words = text[..<(end ?? text.endIndex)].split(whereSeparator: \.isWhitespace)
        return line(words.joined(separator: " ")) + (isCut ? "…" : "")
    }
    private static var longest: Int { 4000 }

    private static func escaped(_ text: String, keeping isKept: (Unicode.Scalar) -> Bool) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar), !isKept(scalar) {
                out.append(contentsOf: name(scalar).unicodeScalars)
            } else {
                out.append(scalar)
            }
        }
        return String(out)
    }
    private static func name(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": return "\\n"
        case "\t": return "\\t"
        case "\r": return "\\r"
        default:
            let digits = String(scalar.value, radix: 16)
            return scalar.value < 0x100 ? "\\x" + (digits.count < 2 ? "0" : "") + digits : "\\u{\(digits)}"
        }
    }
    /// C0, DEL, C1, line separators, and the marks that reorder text (they can make a path read as another).
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
