import Base

/// A text file of the clip's name beside each clip. An empty or missing one means: no caption.
enum Sidecars {
    /// The text file of a clip.
    static func path(of mediaPath: String, in folder: String) -> String { Path.join(folder, name(of: mediaPath)) }
    /// The same, relative to the dataset's folder. Clips that differ in their extension alone share one.
    static func name(of mediaPath: String) -> String {
        let folder = Path.folder(mediaPath), name = Path.stem(mediaPath) + ".txt"
        return mediaPath.contains("/") ? Path.join(folder, name) : name
    }
    /// The caption, without the line break at the file's end.
    ///
    /// Throws `FileError`, and `DatasetError.malformed` for a text that is not UTF-8.
    static func read(_ mediaPath: String, in folder: String) throws -> String? {
        let path = path(of: mediaPath, in: folder)
        var bytes: ArraySlice<UInt8>
        do { bytes = try Files.read(path)[...] } catch FileError.missing { return nil }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if bytes.last == 10 { bytes = bytes.dropLast() }
        if bytes.last == 13 { bytes = bytes.dropLast() }
        return bytes.isEmpty ? nil : try Lines.text(bytes, path: path)
    }
    /// Writes the text files whose caption is not what they hold. Each is replaced whole. Throws as `read`.
    static func write(_ entries: [MetadataEntry], in folder: String) throws {
        for entry in entries {
            let caption = entry.caption.flatMap { $0.isEmpty ? nil : $0 }
            if try !read(entry.mediaPath, in: folder).isIdentical(to: caption) {
                try AtomicFile.write((caption ?? "") + "\n", to: path(of: entry.mediaPath, in: folder))
            }
        }
    }
    /// Of the captions of these media, to notice that another program has written one.
    static func checksum(_ captions: [(mediaPath: String, caption: String?)]) -> UInt32 {
        var bytes: [UInt8] = []
        // Clips that come and go are no other program's captions.
        for (name, caption) in captions {
            guard let caption else { continue }
            bytes += name.utf8
            bytes.append(0)
            bytes += caption.utf8
            bytes.append(0)
        }
        return Checksum.of(bytes)
    }
    /// The text files that more than one of these media have.
    static func shared(_ mediaPaths: some Sequence<String>) -> Set<String> {
        var seen: Set<String> = [], shared: Set<String> = []
        for path in mediaPaths {
            let name = name(of: path)
            if !seen.insert(name).inserted { shared.insert(name) }
        }
        return shared
    }
    /// The clip that would lose its caption to another of the same text file, with that one's name.
    static func clash(_ entries: some Sequence<MetadataEntry>) -> (String, String)? {
        var first: [String: MetadataEntry] = [:]
        for entry in entries {
            let name = name(of: entry.mediaPath)
            guard let other = first[name] else {
                first[name] = entry
                continue
            }
            if !(other.caption ?? "").isIdentical(to: entry.caption ?? "") { return (entry.mediaPath, other.mediaPath) }
        }
        return nil
    }
}
