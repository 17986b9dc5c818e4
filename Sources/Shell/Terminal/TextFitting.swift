/// Cutting, padding and wrapping by terminal columns.
enum TextFitting {
    /// Where padding goes.
    enum Alignment: Sendable { case left, right }

    /// `text` in at most `width` columns; what was cut is marked by `…`. Escape sequences stay whole, and a cut inside a
    /// styled part ends the style.
    static func truncate(_ text: String, to width: Int, mark: String = "…") -> String {
        if TextWidth.of(text) <= width { return text }
        let room = width - TextWidth.of(mark)
        if room < 0 { return String(repeating: ".", count: max(0, width)) }
        var out = "", used = 0, styled = false
        var rest = text[...]
        while let character = rest.first {
            let escape = TextWidth.escapeLength(rest)
            if escape > 0 {
                out += rest.prefix(escape)
                styled = true
                rest = rest.dropFirst(escape)
                continue
            }
            let columns = TextWidth.of(character)
            if used + columns > room { break }
            out.append(character)
            used += columns
            rest = rest.dropFirst()
        }
        return out + mark + (styled ? "\u{1B}[0m" : "")
    }

    /// `text` cut in the middle, for paths, whose end says most.
    ///
    /// - Parameter head: the columns before the mark; a third when absent.
    static func truncateMiddle(_ text: String, to width: Int, head: Int? = nil) -> String {
        if TextWidth.of(text) <= width { return text }
        guard width > 4 else { return truncate(text, to: width) }
        let head = truncate(text, to: (head ?? width / 3) + 1)
        var tail = "", used = TextWidth.of(head)
        for character in text.reversed() {
            let columns = TextWidth.of(character)
            if used + columns > width { break }
            tail = String(character) + tail
            used += columns
        }
        return head + tail
    }

    /// Where texts are cut in the middle so that none reads like another: the columns before the mark, and whether there is such a
    /// place; otherwise the one that leaves the most apart.
    static func cut(for texts: [String], width: Int) -> (head: Int, isUnique: Bool) {
        let different = Set(texts)
        guard width > 4 else { return (0, different.count < 2) }
        var best = (head: width / 3, count: 0)
        for head in [width / 3] + (1..<max(2, width - 2)).filter({ $0 != width / 3 }) {
            let count = Set(different.map { truncateMiddle($0, to: width, head: head) }).count
            if count == different.count { return (head, true) }
            if count > best.count { best = (head, count) }
        }
        return (best.head, false)
    }

    /// `text` followed or preceded by blanks up to `width` columns; longer text is cut.
    static func pad(_ text: String, to width: Int, _ alignment: Alignment = .left) -> String {
        let text = truncate(text, to: width)
        let blanks = String(repeating: " ", count: max(0, width - TextWidth.of(text)))
        return alignment == .left ? text + blanks : blanks + text
    }

    /// The rows that a terminal breaks a line into.
    static func rows(_ text: String, columns: Int) -> [String] {
        var rows = [""], used = 0, rest = text[...]
        while let character = rest.first {
            let escape = TextWidth.escapeLength(rest), width = escape > 0 ? 0 : TextWidth.of(character)
            if used + width > max(1, columns) {
                rows.append("")
                used = 0
            }
            rows[rows.count - 1] += rest.prefix(max(1, escape))
            used += width
            rest = rest.dropFirst(max(1, escape))
        }
        return rows
    }

    /// Lines of at most `width` columns, broken at blanks where there are any, between characters otherwise.
    static func wrap(_ text: String, to width: Int) -> [String] {
        let width = max(1, width)
        return text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { wrapLine(String($0), width) }
    }
    private static func wrapLine(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = [], line = "", used = 0
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let columns = TextWidth.of(String(word))
            if used > 0, used + 1 + columns > width {
                lines.append(line)
                (line, used) = ("", 0)
            } else if used > 0 {
                line += " "
                used += 1
            }
            if columns <= width - used {
                line += word
                used += columns
                continue
            }
            for character in word {
                let columns = TextWidth.of(character)
                if used + columns > width {
                    lines.append(line)
                    (line, used) = ("", 0)
                }
                line.append(character)
                used += columns
            }
        }
        return lines + [line]
    }
}
