import Base

/// Reading and writing metadata files of every format. The value is what was read; writing takes the layout along.
public struct MetadataFile: Sendable {
    /// The file that names the dataset; for sidecars a name in the folder that need not exist.
    public let path: String
    /// How the file is laid out.
    public var layout: MetadataLayout
    /// The lines in the file's order.
    public var entries: [MetadataEntry]
    /// Of the bytes on disk, to notice that another program has written the file; 0 where there is no file.
    public internal(set) var checksum: UInt32 = 0
    /// What a person should know of how it was read.
    var notes: [String] = []

    init(path: String, layout: MetadataLayout, entries: [MetadataEntry] = []) {
        (self.path, self.layout, self.entries) = (path, layout, entries)
    }

    /// Reads a metadata file, telling the format by extension and content.
    ///
    /// Throws `FileError`, `JSONError` or `DatasetError` with the path and line.
    public init(reading path: String) throws {
        let raw = try Files.read(path)
        let layout: MetadataLayout, entries: [MetadataEntry]
        var path = path, notes: [String] = []
        var checksum = Checksum.of(raw)
        func decoded(_ bytes: [UInt8], _ path: String) throws -> [UInt8] {
            guard let text = TextDecoding(bytes) else {
                throw DatasetError.malformed(
                    path, line: nil, reason: "it is no text in any encoding that is known here")
            }
            if let remark = text.remark("'\(Path.name(path))'") { notes.append(remark) }
            return text.bytes
        }
        let bytes = try decoded(raw, path)
        switch Path.fileExtension(path) {
        case "json": (layout, entries) = try JSONMetadata.read(bytes, path: path)
        case "jsonl": (layout, entries) = try JSONMetadata.readLines(bytes, path: path)
        case "csv": (layout, entries) = try CSVMetadata.read(bytes, path: path)
        case "txt":
            if let partner = PairedText.partner(of: path), Files.exists(partner.paths), Files.exists(partner.captions) {
                let paths = try Files.read(partner.paths), captions = try Files.read(partner.captions)
                checksum = Checksum.of(paths + captions)
                notes = []
                (layout, entries) = try PairedText.read(
                    paths: decoded(paths, partner.paths), captions: decoded(captions, partner.captions), partner)
                path = partner.captions
            } else {
                (layout, entries) = try PipedText.read(bytes, path: path)
            }
        default: throw DatasetError.unknownFile(path)
        }
        self.init(path: path, layout: layout, entries: entries)
        (self.checksum, self.notes) = (checksum, notes)
        if !layout.strangeColumns.isEmpty {
            self.notes.append(
                "'\(Path.name(path))' has no column with captions; it has \(layout.strangeColumns.nameList), and "
                    + "\(MetadataLayout.captionColumns.joined(separator: ", ")) are read")
        }
    }

    /// The bytes that the entries make, file by file, in the order in which they are to be written.
    ///
    /// Throws `DatasetError.cannotHold` for an entry that the format has no place for.
    public func encoded() throws -> [(path: String, bytes: [UInt8])] {
        for entry in entries {
            if let reason = Self.refusal(of: entry, by: layout.format) {
                throw DatasetError.cannotHold(
                    path, format: layout.format.title, reason: "\(entry.mediaPath): \(reason)")
            }
        }
        switch layout.format {
        case .list: return [(path, JSONMetadata.list(entries, layout))]
        case .object: return [(path, JSONMetadata.object(entries, layout))]
        case .lines: return [(path, JSONMetadata.lines(entries, layout))]
        case .csv: return [(path, CSVMetadata.write(entries, layout))]
        case .piped, .paired:
            guard let partner = PairedText.partner(of: path), layout.format == .paired || Files.exists(partner.paths)
            else {
                return [(path, PipedText.write(entries, layout))]
            }
            return PairedText.write(entries, layout, partner)
        case .sidecars: return []
        }
    }

    /// Why a format cannot hold an entry, `nil` when it can.
    static func refusal(of entry: MetadataEntry, by format: MetadataFormat) -> String? {
        if format == .list || format == .lines { return nil }
        if format == .sidecars, entry.caption?.utf8.last == 13 { return "the caption ends with a carriage return" }
        if format == .csv || format.isOneLine {
            let texts = [entry.caption, entry.mediaPath, entry.reference].compactMap { $0 }
            if texts.contains(where: { $0.utf8.contains(0) }) { return "the text has a zero byte" }
        }
        if format.isOneLine {
            if let caption = entry.caption, caption.contains(where: \.isNewline) {
                return "the caption has a line break"
            }
            if entry.mediaPath.contains(where: \.isNewline) { return "the name has a line break" }
            if let caption = entry.caption, caption != Lines.trimmed(caption) {
                return "the caption begins or ends with a space"
            }
        }
        if format == .piped, entry.mediaPath.unicodeScalars.contains("|") { return "the name contains '|'" }
        return nil
    }

    /// The same entries in another format, under that format's usual column names.
    func converted(to format: MetadataFormat, path: String) -> MetadataFile {
        let own = [layout.mediaColumn, layout.captionColumn, layout.referenceColumn, MetadataLayout.excludedColumn]
        let entries = entries.map { entry in
            var entry = entry
            for name in own { entry.columns[name] = nil }
            let rest = entry.columns
            entry.columns = JSONObject()
            guard format.hasColumns, !rest.members.isEmpty else { return entry }
            entry.columns["caption"] = entry.caption.map { .string($0) } ?? .null
            entry.columns["media_path"] = .string(entry.mediaPath)
            for (name, value) in rest.members { entry.columns[name] = value }
            return entry
        }
        return MetadataFile(path: path, layout: MetadataLayout(format), entries: entries)
    }

    /// The checksum that the file has once `outputs` are written: of the paths, then the captions, for a pair.
    func checksum(of outputs: [(path: String, bytes: [UInt8])]) -> UInt32 {
        Checksum.of(outputs.reversed().flatMap(\.bytes))
    }
    /// The checksum of what is on disk now; 0 where there is nothing.
    func checksumOnDisk() -> UInt32 {
        if let partner = PairedText.partner(of: path) {
            if let paths = try? Files.read(partner.paths), let captions = try? Files.read(partner.captions) {
                return Checksum.of(paths + captions)
            }
        }
        return (try? Files.read(path)).map { Checksum.of($0) } ?? 0
    }
}
