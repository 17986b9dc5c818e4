import Base

/// Splitting text files into lines, whatever ends them.
enum Lines {
    /// The lines of a file in UTF-8 with the marks that a rewrite has to keep. A last line break ends the last line.
    ///
    /// Throws `DatasetError.malformed` for any other encoding: read wrongly, it would be written back wrongly.
    static func read(_ bytes: [UInt8], path: String) throws -> (lines: [String], hasMark: Bool, hasReturns: Bool) {
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let body = hasMark ? bytes[3...] : bytes[...]
        var lines = body.split(separator: 10, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let hasReturns = lines.first?.last == 13
        let texts = try lines.enumerated().map { index, line in
            try text(line.last == 13 ? line.dropLast() : line, path: path, line: index + 1)
        }
        return (texts, hasMark, hasReturns)
    }
    /// Bytes as text. Throws `DatasetError.malformed` when they are not UTF-8.
    static func text(_ bytes: some Collection<UInt8>, path: String, line: Int? = nil) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DatasetError.malformed(
                path, line: line,
                reason: "the text is not UTF-8; convert the file, for instance with iconv -f latin1 -t utf8")
        }
        return text
    }
    static func bytes(_ lines: [String], _ layout: MetadataLayout) -> [UInt8] {
        var out: [UInt8] = layout.hasMark ? [0xEF, 0xBB, 0xBF] : []
        for line in lines {
            out += line.utf8
            out += layout.hasReturns ? [13, 10] : [10]
        }
        return out
    }
    /// A media path as metadata has it: without white space around it, unless a file is called exactly so.
    static func name(_ written: String, in folder: String) -> String {
        let trimmed = trimmed(written)
        return trimmed != written && Files.exists(Path.join(folder, written)) ? written : trimmed
    }
    /// Without white space at both ends.
    static func trimmed(_ text: some StringProtocol) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}
