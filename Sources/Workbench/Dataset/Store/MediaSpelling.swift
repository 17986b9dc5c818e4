import Base

/// Finds the files that a list from another system or place means: `videos\a.mp4`, `C:\data\videos\a.mp4`, `./a.mp4`, the
/// folder's own path before the names, and names that a Mac spells with other code points.
struct MediaSpelling {
    let folder: String
    /// How many entries were found under another path than is written, by why.
    private var backslashes = 0, elsewhere = 0
    private var example = ""

    init(folder: String) { self.folder = folder }

    /// Gives entries the paths under which their files are there; how the list spells them is kept for writing it.
    mutating func match(_ entries: inout [MetadataEntry]) {
        for index in entries.indices {
            let written = entries[index].mediaPath
            guard let found = found(written), !found.isIdentical(to: written) else { continue }
            entries[index].mediaPath = found
            entries[index].spelling = MetadataEntry.Spelling(of: found, written: written)
        }
    }
    /// What a person should know of it.
    var notes: [String] {
        var notes: [String] = []
        if backslashes > 0 {
            notes.append(
                "\(counted(backslashes, "path is", "paths are")) written as on Windows, such as '\(example)', "
                    + "and read with '/'")
        }
        if elsewhere > 0 {
            let paths = counted(elsewhere, "path leads", "paths lead")
            notes.append("\(paths) to another place, such as '\(example)'; the files of these names here are taken")
        }
        return notes
    }

    /// `nil` where the file is as written, or nowhere.
    private mutating func found(_ written: String) -> String? {
        let isPlain = !written.utf8.contains { $0 >= 128 || $0 == UInt8(ascii: "\\") }
        let isSimple = isPlain && !written.hasPrefix("/") && Path.plain(written) == written
        if isSimple || written.contains("\0") { return nil }
        let plain = Self.simplified(written)
        if written.hasPrefix("/") {
            let inside = Path.relative(written, to: folder)
            if Path.staysInside(inside) { return inside }
            if Files.exists(written) { return nil }
        } else if Files.exists(Path.join(folder, plain)) {
            return plain
        }
        if !isPlain, let name = respelled(plain) { return name }
        guard written.hasPrefix("/") || written.utf8.contains(UInt8(ascii: "\\")) else { return plain }
        let isWindows = written.utf8.contains(UInt8(ascii: "\\"))
        guard let tail = tail(of: isWindows ? written.replacing("\\", with: "/") : written) else { return nil }
        if isWindows { backslashes += 1 } else { elsewhere += 1 }
        if example.isEmpty { example = written }
        return tail
    }
    private static func simplified(_ path: String) -> String {
        let plain = Path.plain(path)
        return plain.isEmpty || path.hasPrefix("/") ? path : plain
    }
    /// The longest end of a path that leads to a file of the folder.
    private func tail(of path: String) -> String? {
        var parts = path.split(separator: "/").filter { $0 != "." }[...]
        while !parts.isEmpty {
            let candidate = parts.joined(separator: "/")
            if Path.staysInside(candidate), MediaKind(candidate) != nil {
                if Files.exists(Path.join(folder, candidate)) { return candidate }
                if let name = respelled(candidate) { return name }
            }
            parts = parts.dropFirst()
        }
        return nil
    }
    /// A name that another system spelled with other code points (a Mac takes `é` apart) is the file that is there.
    private func respelled(_ path: String) -> String? {
        guard path.utf8.contains(where: { $0 >= 128 }),
            let names = try? Files.list(Path.folder(Path.join(folder, path)))
        else { return nil }
        // The same text in the sense of Unicode is equal to Swift.
        guard let name = names.first(where: { $0 == Path.name(path) }) else { return nil }
        return path.contains("/") ? Path.join(Path.folder(path), name) : name
    }
}
