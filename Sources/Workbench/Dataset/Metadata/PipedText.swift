import Base

/// `file|caption` lines, as the GUI fork keeps them in `caption.txt`.
enum PipedText {
    static func read(_ bytes: [UInt8], path: String) throws -> (MetadataLayout, [MetadataEntry]) {
        var layout = MetadataLayout(.piped)
        let (lines, hasMark, hasReturns) = try Lines.read(bytes, path: path)
        (layout.hasMark, layout.hasReturns) = (hasMark, hasReturns)
        let entries = try lines.enumerated().compactMap { index, line -> MetadataEntry? in
            if line.allSatisfy(\.isWhitespace) { return nil }
            guard let (name, text) = split(line) else {
                throw DatasetError.malformed(path, line: index + 1, reason: "'file|caption' is expected")
            }
            let media = Lines.trimmed(name), caption = Lines.trimmed(text)
            guard !media.isEmpty else {
                throw DatasetError.malformed(path, line: index + 1, reason: "no file name before '|'")
            }
            return MetadataEntry(mediaPath: media, caption: caption.isEmpty ? nil : caption)
        }
        return (layout, entries)
    }
    /// What is before the first bar and what is behind it. By code points: a combining mark behind the bar belongs to the
    /// caption, not to the bar. `nil` without a bar.
    static func split(_ line: String) -> (name: Substring, caption: Substring)? {
        line.unicodeScalars.firstIndex(of: "|").map {
            (line[..<$0], Substring(line.unicodeScalars[$0...].dropFirst()))
        }
    }
    static func write(_ entries: [MetadataEntry], _ layout: MetadataLayout) -> [UInt8] {
        Lines.bytes(entries.map { "\($0.writtenPath)|\($0.caption ?? "")" }, layout)
    }
}
