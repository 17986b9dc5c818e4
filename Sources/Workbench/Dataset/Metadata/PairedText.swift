import Base

/// Two text files, one with captions and one with paths, that belong together line by line.
enum PairedText {
    struct Partner: Sendable {
        let captions: String, paths: String
    }

    /// The two files that a name stands for: `NAME_captions.txt` and `NAME_paths.txt`, or `caption.txt` and
    /// `media_path.txt`, or finetrainers' `prompts.txt` and `videos.txt`. `nil` for any other name.
    static func partner(of path: String) -> Partner? {
        let folder = Path.folder(path), name = Path.name(path)
        func pair(_ captions: String, _ paths: String) -> Partner {
            Partner(captions: Path.join(folder, captions), paths: Path.join(folder, paths))
        }
        if name.hasSuffix("_captions.txt") { return pair(name, name.dropLast("_captions.txt".count) + "_paths.txt") }
        if name.hasSuffix("_paths.txt") { return pair(name.dropLast("_paths.txt".count) + "_captions.txt", name) }
        if name == "media_path.txt" || name == "caption.txt" && Files.exists(Path.join(folder, "media_path.txt")) {
            return pair("caption.txt", "media_path.txt")
        }
        // These names mean something only where both are.
        func isThere(_ name: String) -> Bool { Files.exists(Path.join(folder, name)) }
        guard let captions = prompts.contains(name) ? name : prompts.first(where: isThere),
            let paths = videos.contains(name) ? name : videos.first(where: isThere),
            name == captions || name == paths, isThere(captions), isThere(paths)
        else { return nil }
        return pair(captions, paths)
    }
    private static let prompts = ["prompts.txt", "prompt.txt", "captions.txt"], videos = ["videos.txt", "video.txt"]
    /// Names of two files that are metadata only together.
    static let captionNames = prompts

    /// Captions that carry a file name of their own (`clip.mp4|text`) are matched by it: the GUI fork wrote its two
    /// files in different orders, so their line numbers do not pair.
    static func read(
        paths: [UInt8], captions: [UInt8], _ partner: Partner
    ) throws -> (MetadataLayout, [MetadataEntry]) {
        let media = try Lines.read(paths, path: partner.paths)
        let texts = try Lines.read(captions, path: partner.captions)
        var layout = MetadataLayout(.paired)
        (layout.hasMark, layout.hasReturns) = (texts.hasMark, texts.hasReturns)
        let files = media.lines.map { Lines.trimmed($0) }.filter { !$0.isEmpty }
        let named = texts.lines.filter { !$0.isEmpty }.map { line in
            PipedText.split(line).map { Path.name(Lines.trimmed($0.name)) }
        }
        let names = Set(files.map { Path.name($0) })
        // A name that only the captions have is of a clip that an older version added there alone.
        let areNamed = named.allSatisfy { $0.map { names.contains($0) || MediaKind($0) != nil } ?? false }
        if areNamed, named.contains(where: { $0.map(names.contains) ?? false }) {
            let lines = texts.lines.filter { !$0.isEmpty }
            let captioned = try PipedText.read(Lines.bytes(lines, MetadataLayout(.piped)), path: partner.captions).1
            var byName: [String: String] = [:]
            for entry in captioned { byName[Path.name(entry.mediaPath)] = entry.caption }
            // Written back with the names: the pair is ambiguous by nature.
            layout.format = .piped
            let rest = captioned.filter { !names.contains(Path.name($0.mediaPath)) }
            return (layout, files.map { MetadataEntry(mediaPath: $0, caption: byName[Path.name($0)]) } + rest)
        }
        guard files.count == texts.lines.count else {
            throw DatasetError.malformed(
                partner.captions, line: nil,
                reason:
                    "\(counted(texts.lines.count, "caption")) for \(counted(files.count, "path")) of '\(Path.name(partner.paths))'"
            )
        }
        let entries = zip(files, texts.lines).map { file, text in
            let caption = Lines.trimmed(text)
            return MetadataEntry(mediaPath: file, caption: caption.isEmpty ? nil : caption)
        }
        return (layout, entries)
    }

    static func write(
        _ entries: [MetadataEntry], _ layout: MetadataLayout, _ partner: Partner
    ) -> [(path: String, bytes: [UInt8])] {
        let isNamed = layout.format == .piped
        return [
            (
                partner.captions,
                isNamed ? PipedText.write(entries, layout) : Lines.bytes(entries.map { $0.caption ?? "" }, layout)
            ),
            (partner.paths, Lines.bytes(entries.map(\.writtenPath), layout)),
        ]
    }
}
