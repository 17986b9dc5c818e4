/// How many terminal columns text takes.
///
/// Counted by grapheme cluster: East Asian wide characters and emoji take two columns, combining marks none. Escape
/// sequences that we write ourselves (SGR) take none.
enum TextWidth {
    /// Columns of a text on one line. A tab counts as one: texts are sanitised before they are laid out.
    static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
        var width = 0
        var characters = text[...]
        while let character = characters.first {
            let escape = escapeLength(characters)
            if escape > 0 {
                characters = characters.dropFirst(escape)
            } else {
                width += of(character)
                characters = characters.dropFirst()
            }
        }
        return width
    }

    /// The text without the escape sequences that we write.
    static func withoutEscapes(_ text: some StringProtocol) -> String {
        guard text.utf8.contains(0x1B) else { return String(text) }
        var out = "", rest = Substring(text)
        while !rest.isEmpty {
            let escape = escapeLength(rest)
            if escape == 0 { out += rest.prefix(1) }
            rest = rest.dropFirst(max(1, escape))
        }
        return out
    }

    /// Columns of one grapheme cluster. An emoji of many parts (flags, families, skin tones) is one picture; other clusters are
    /// as wide as their scalars together.
    static func of(_ character: Character) -> Int {
        let scalars = character.unicodeScalars
        guard let first = scalars.first else { return 0 }
        if first.properties.isEmojiPresentation { return 2 }
        // The emoji variation selector asks for the wide picture of a character that also has a narrow one.
        if first.properties.isEmoji, scalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
        return scalars.reduce(0) { $0 + of($1) }
    }

    /// Columns of one scalar by itself.
    static func of(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return value < 0x20 || (0x7F..<0xA0).contains(value) || value == 0xAD ? 0 : 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .lineSeparator, .paragraphSeparator, .control: return 0
        default: break
        }
        if (0x1160...0x11FF).contains(value) { return 0 }  // Hangul vowels and finals join the initial before them
        return isWide(value) || scalar.properties.isEmojiPresentation ? 2 : 1
    }

    /// The number of characters of an SGR escape at the start of the text, else 0.
    static func escapeLength(_ text: Substring) -> Int {
        guard text.hasPrefix("\u{1B}[") else { return 0 }
        var length = 2
        for character in text.dropFirst(2) {
            length += 1
            if character == "m" { return length }
            guard character.isASCII, character.isNumber || character == ";" else { return 0 }
        }
        return 0
    }

    /// East Asian Width W or F in Unicode 15, as ranges (EastAsianWidth.txt), unassigned places in the CJK blocks included.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60,
        0xFFE0...0xFFE6, 0x16FE0...0x16FE4, 0x16FF0...0x16FF1, 0x17000...0x18CFF, 0x18D00...0x18D08, 0x1AFF0...0x1B2FF,
        0x1F200...0x1F202, 0x1F210...0x1F23B, 0x1F240...0x1F248, 0x1F250...0x1F251, 0x20000...0x3FFFD,
    ]
    private static func isWide(_ value: UInt32) -> Bool {
        if value < 0x1100 { return false }
        var low = 0, high = wide.count
        while low < high {
            let middle = (low + high) / 2
            if wide[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < wide.count && wide[low].contains(value)
    }
}
