import Foundations

/// `file|caption` lines, as the GUI fork keeps them in `caption.txt`.
enum PipedText {
    static func read(_ bytes: [UInt8], path: String) throws -> (MetadataLayout, [MetadataEntry]) {
        var layout = MetadataLayout(.piped)
        let (lines, hasMark, hasReturns) = Lines.read(bytes)
        (layout.hasMark, layout.hasReturns) = (hasMark, hasReturns)
        let entries = try lines.enumerated().compactMap { index, line -> MetadataEntry? in
            if line.allSatisfy(\.isWhitespace) { return nil }
            guard let bar = line.firstIndex(of: "|") else {
                throw DatasetError.malformed(path, line: index + 1, reason: "'file|caption' is expected")
            }
            let media = Lines.trimmed(line[..<bar]), caption = Lines.trimmed(line[line.index(after: bar)...])
            guard !media.isEmpty else {
                throw DatasetError.malformed(path, line: index + 1, reason: "no file name before '|'")
            }
            return MetadataEntry(mediaPath: media, caption: caption.isEmpty ? nil : caption)
        }
        return (layout, entries)
    }
    static func write(_ entries: [MetadataEntry], _ layout: MetadataLayout) -> [UInt8] {
        Lines.bytes(entries.map { "\($0.mediaPath)|\($0.caption ?? "")" }, layout)
    }
}
