import Base

/// The captions of several clips as one text for an editor, and back.
///
///     === 1 · boat.mp4 ===
///     A boat on a lake.
///
/// A line of a caption that would read as a heading begins with a backslash.
enum CaptionDocument {
    struct Item: Equatable {
        let name: String
        let caption: String
    }

    static func text(_ items: [Item]) -> String {
        var out = "# Edit the text under each heading and leave the headings as they are.\n"
        out += "# Save to keep the changes; an empty text means: no caption.\n"
        for (place, item) in items.enumerated() {
            out += "\n\(heading(place, item.name))\n"
            for line in item.caption.split(separator: "\n", omittingEmptySubsequences: false)
            where !item.caption.isEmpty {
                out += (isSpecial(line) ? "\\" : "") + line + "\n"
            }
        }
        return out
    }

    /// The captions in the order of `items`; one that was not touched comes back exactly as it was.
    ///
    /// Throws `DatasetError.document` with the line when a heading is missing, doubled, moved or changed.
    static func parse(_ text: String, _ items: [Item]) throws -> [String] {
        var captions: [String] = [], lines: [Substring] = [], next = 0
        func finish() {
            guard next > 0 else { return }
            while lines.last?.allSatisfy(\.isWhitespace) ?? false { lines.removeLast() }
            let edited = lines.map { $0.hasPrefix("\\") ? $0.dropFirst() : $0 }.joined(separator: "\n")
            let old = items[next - 1].caption
            captions.append(trimmedEnd(old) == edited ? old : edited)
            lines = []
        }
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.hasSuffix("\r") ? raw.dropLast() : raw
            if line.hasPrefix("===") {
                guard next < items.count, line == heading(next, items[next].name) else {
                    let expected =
                        next < items.count
                        ? "'\(heading(next, items[next].name))' is expected" : "no heading is expected"
                    throw DatasetError.document(line: index + 1, reason: "\(expected) here, not '\(line)'")
                }
                finish()
                next += 1
            } else if next == 0 {
                guard line.hasPrefix("#") || line.allSatisfy(\.isWhitespace) else {
                    throw DatasetError.document(line: index + 1, reason: "text before the first heading")
                }
            } else {
                lines.append(line)
            }
        }
        finish()
        guard next == items.count else {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            throw DatasetError.document(
                line: lines, reason: "the heading '\(heading(next, items[next].name))' is missing")
        }
        return captions
    }

    private static func heading(_ place: Int, _ name: String) -> String {
        "=== \(place + 1) · \(String(name.map { $0.isNewline ? " " : $0 })) ==="
    }
    private static func isSpecial(_ line: Substring) -> Bool { line.hasPrefix("===") || line.hasPrefix("\\") }
    private static func trimmedEnd(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        while lines.last?.allSatisfy(\.isWhitespace) ?? false { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}
