/// Splitting text files into lines, whatever ends them.
enum Lines {
    /// The lines of a file in UTF-8 with the marks that a rewrite has to keep. A last line break ends the last line.
    static func read(_ bytes: [UInt8]) -> (lines: [String], hasMark: Bool, hasReturns: Bool) {
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let body = hasMark ? bytes[3...] : bytes[...]
        var lines = body.split(separator: 10, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let hasReturns = lines.first?.last == 13
        return (
            lines.map { String(decoding: $0.last == 13 ? $0.dropLast() : $0, as: UTF8.self) }, hasMark, hasReturns
        )
    }
    static func bytes(_ lines: [String], _ layout: MetadataLayout) -> [UInt8] {
        var out: [UInt8] = layout.hasMark ? [0xEF, 0xBB, 0xBF] : []
        for line in lines {
            out += line.utf8
            out += layout.hasReturns ? [13, 10] : [10]
        }
        return out
    }
    /// Without white space at both ends.
    static func trimmed(_ text: some StringProtocol) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}
