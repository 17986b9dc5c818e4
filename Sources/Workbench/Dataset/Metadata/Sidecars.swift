import Base

/// A text file of the clip's name beside each clip. An empty or missing one means: no caption.
enum Sidecars {
    /// What such a file may end in; the first one that is there counts, and a new one gets the first.
    static let extensions = ["txt", "caption", "cap"]

    /// The text file of a clip: the one that is there, else the one that would be made.
    static func path(of mediaPath: String, in folder: String) -> String {
        let usual = Path.join(folder, name(of: mediaPath))
        if Files.exists(usual) { return usual }
        let stem = usual.dropLast(3)
        return extensions.dropFirst().lazy.map { stem + $0 }.first(where: Files.exists) ?? usual
    }
    /// What clips that differ in their extension alone share, relative to the dataset's folder.
    static func name(of mediaPath: String) -> String {
        let folder = Path.folder(mediaPath), name = Path.stem(mediaPath) + ".txt"
        return mediaPath.contains("/") ? Path.join(folder, name) : name
    }
    /// The caption, without the line break at the file's end and with line breaks of this system.
    ///
    /// Throws `FileError`, and `DatasetError.malformed` for what is no text.
    static func read(_ mediaPath: String, in folder: String) throws -> String? {
        try text(of: mediaPath, in: folder)?.caption
    }
    /// The caption, and what a person should know of how it was read. `nil` where there is no file. Throws as `read`.
    static func text(of mediaPath: String, in folder: String) throws -> (caption: String?, remark: String?)? {
        let path = path(of: mediaPath, in: folder), bytes: [UInt8]
        do { bytes = try Files.read(path) } catch FileError.missing { return nil }
        guard let decoded = TextDecoding(bytes) else {
            throw DatasetError.malformed(path, line: nil, reason: "it is no text in any encoding that is known here")
        }
        var body = decoded.bytes[...]
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { body = body.dropFirst(3) }
        if body.last == 10 { body = body.dropLast() }
        if body.last == 13 { body = body.dropLast() }
        let text = String(decoding: body, as: UTF8.self).replacing("\r\n", with: "\n")
        return (text.isEmpty ? nil : text, decoded.remark("'\(Path.name(path))'"))
    }
    /// Writes the text files whose caption is not what they hold. Each is replaced whole, with the line breaks that it has;
    /// one that could not be read is set aside first. Throws `FileError`.
    static func write(_ entries: [MetadataEntry], in folder: String) throws {
        for entry in entries {
            let caption = entry.caption.flatMap { $0.isEmpty ? nil : $0 }, path = path(of: entry.mediaPath, in: folder)
            do {
                if try read(entry.mediaPath, in: folder).isIdentical(to: caption) { continue }
            } catch {
                if caption == nil { continue }
                try SetAside(folder: Path.folder(path)).move(text: Path.name(path))
            }
            let text = (caption ?? "") + "\n", old = (try? Files.read(path)) ?? []
            let hasReturns = zip(old, old.dropFirst()).contains { $0 == 13 && $1 == 10 }
            try AtomicFile.write(hasReturns ? text.replacing("\n", with: "\r\n") : text, to: path)
        }
    }
    /// Of the captions of these media, to notice that another program has written one.
    static func checksum(_ captions: [(mediaPath: String, caption: String?)]) -> UInt32 {
        var bytes: [UInt8] = []
        // Clips that come and go are no other program's captions.
        for (name, caption) in captions.sorted(by: { $0.mediaPath < $1.mediaPath }) {
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
