import Base

/// What becomes of a model's words before they are a caption.
enum CaptionText {
    /// One paragraph without the wrapping that models put around a caption: list marks, quotes, headings, "This video shows".
    /// Nothing in it is replaced, whatever it says and in whatever script.
    static func cleaned(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).map { Lines.trimmed($0) }.filter { !$0.isEmpty }
        let isList = lines.count > 1 && lines.allSatisfy { $0.firstMatch(of: listMark) != nil }
        let joined = lines.map { isList || lines.count == 1 ? String($0.trimmingPrefix(listMark)) : $0 }
            .joined(separator: " ")
        var text = joined.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        var before = ""
        while before != text {
            before = text
            for mark in ["Assistant:", "ASSISTANT:", "Caption:", "**Caption:**", "Description:"]
            where text.hasPrefix(mark) {
                text = Lines.trimmed(text.dropFirst(mark.count))
            }
            text = unquoted(text)
            text = withoutOpening(text)
        }
        guard let last = text.last else { return "" }
        // A script without spaces has its own full stop.
        if (last.isLetter || last.isNumber) && last.isASCII { text += "." }
        return text
    }
    /// Without what could steer a terminal or turn its lines round: such characters are in no caption.
    static func plain(_ text: String) -> String {
        let kept = text.replacing(/\u{1B}(?:\[[0-?]*[ -\/]*[@-~]|\][^\u{07}\u{1B}]*(?:\u{07}|\u{1B}\\)?|.)?/, with: "")
            .replacing("\r\n", with: "\n").unicodeScalars.filter { scalar in
                switch scalar.value {
                case 0x0A, 0x09: true
                case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: false
                default: true
                }
            }
        return Lines.trimmed(String(String.UnicodeScalarView(kept)))
    }
    private static var listMark: Regex<Substring> { /^(?:\d{1,2}[.):]|[-*•])\s+/ }

    private static func unquoted(_ text: String) -> String {
        for (open, close) in [("\"", "\""), ("'", "'"), ("“", "”"), ("「", "」"), ("**", "**"), ("`", "`")] {
            guard text.count > open.count + close.count, text.hasPrefix(open), text.hasSuffix(close) else { continue }
            let inner = text.dropFirst(open.count).dropLast(close.count)
            // 'He said "yes" and "no"' begins and ends with quotes of its own.
            if !inner.contains(open) && !inner.contains(close) { return Lines.trimmed(inner) }
        }
        return text
    }
    /// "The video shows a boat" says as much without its first three words, and every caption would begin with them.
    private static func withoutOpening(_ text: String) -> String {
        let pattern =
            /(?i)^(?:the|this)\s+(?:video|image|picture|clip|scene|animated sequence)\s+(?:displays|shows|features|depicts|presents|showcases|captures)\s+/
        guard let match = text.prefixMatch(of: pattern) else { return text }
        let rest = text[match.range.upperBound...]
        guard let first = rest.first else { return text }
        return first.uppercased() + rest.dropFirst()
    }

    /// Four words that come again and again: the model runs in a circle.
    static func isLooping(_ text: String) -> Bool {
        let words = text.lowercased().split { !($0.isLetter || $0.isNumber) }
        if words.count >= 16 {
            var counts: [ArraySlice<Substring>: Int] = [:]
            for start in 0...(words.count - 4) {
                let count = (counts[words[start..<(start + 4)]] ?? 0) + 1
                if count >= 4 { return true }
                counts[words[start..<(start + 4)]] = count
            }
        }
        // "!!!!!!!!" is one word to nobody.
        return text.firstMatch(of: /(.)\1{15,}/) != nil
    }
    /// The text up to its last whole sentence; empty when there is none.
    static func wholeSentences(_ text: String) -> String {
        let ends: Set<Character> = [".", "!", "?", "。", "！", "？"]
        guard let end = text.lastIndex(where: ends.contains) else { return "" }
        return String(text[...end])
    }
    /// The model declines instead of describing.
    static func isRefusal(_ text: String) -> Bool {
        let opening =
            /(?i)^(?:i['’]?m sorry|i am sorry|sorry|i can(?:'t|’t|not)|i am unable|i['’]m unable|i am not able|as an ai|unfortunately, i)\b/
        return text.prefixMatch(of: opening) != nil
    }
    /// Which of some words are in the text, as whole words in any case.
    static func words(_ wanted: [String], in text: String) -> [String] {
        let text = text.lowercased()
        return wanted.filter { word in
            let word = word.lowercased()
            return text.ranges(of: word).contains { place in
                let before = place.lowerBound == text.startIndex ? nil : text[text.index(before: place.lowerBound)]
                let after = place.upperBound == text.endIndex ? nil : text[place.upperBound]
                // Scripts that write without spaces have no word boundaries.
                func isBoundary(_ next: Character?, _ own: Character?) -> Bool {
                    guard let next, let own, next.isASCII, own.isASCII else { return true }
                    return !(next.isLetter || next.isNumber)
                }
                return isBoundary(before, word.first) && isBoundary(after, word.last)
            }
        }
    }
}
