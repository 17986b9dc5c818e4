import Foundations

/// A text file of the clip's name beside each clip. An empty or missing one means: no caption.
enum Sidecars {
    /// The text file of a clip.
    static func path(of mediaPath: String, in folder: String) -> String {
        let path = Path.join(folder, mediaPath)
        return Path.join(Path.folder(path), Path.stem(path) + ".txt")
    }
    /// The caption, without the line break at the file's end. Throws `FileError`.
    static func read(_ mediaPath: String, in folder: String) throws -> String? {
        let path = path(of: mediaPath, in: folder)
        guard Files.exists(path) else { return nil }
        var bytes = try Files.read(path)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if bytes.last == 10 { bytes = bytes.dropLast() }
        if bytes.last == 13 { bytes = bytes.dropLast() }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
    /// Writes the text files whose caption is not what they hold. Each is replaced whole. Throws `FileError`.
    static func write(_ entries: [MetadataEntry], in folder: String) throws {
        for entry in entries
        where try read(entry.mediaPath, in: folder) != entry.caption.flatMap({ $0.isEmpty ? nil : $0 }) {
            try AtomicFile.write((entry.caption ?? "") + "\n", to: path(of: entry.mediaPath, in: folder))
        }
    }
}
