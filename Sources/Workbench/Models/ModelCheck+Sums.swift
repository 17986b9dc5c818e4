import Base
import Hub

extension ModelCheck {
    /// The check, and then, where it is asked for, the sums. Throws as those do.
    public static func look(at path: String, sums: Bool, monitor: Monitor = Monitor()) throws -> ModelCheck {
        var check = try ModelCheck(path)
        if sums { try check.verify(monitor: monitor) }
        return check
    }
    /// Sums up the contents of every file of which it is known what it must hold: by the notes of a download, the name that the hub's
    /// cache gives it, or the published sum of a single file. What differs becomes a problem; `verified` counts what does not.
    ///
    /// Reads all of them. Throws `Cancelled`.
    public mutating func verify(monitor: Monitor = Monitor()) throws {
        let known = files.compactMap { file -> (name: String, place: String, hash: ContentHash, bytes: Int)? in
            guard file.problem == nil, let bytes = file.bytes else { return nil }
            let place = place(of: file.name)
            return Self.hash(of: place).map { (file.name, place, $0, bytes) }
        }
        let progress = FilesProgress("checking", known.map { ($0.name, Double($0.bytes)) }, "files", monitor)
        var right = 0
        for (index, file) in known.enumerated() {
            try monitor.checkpoint()
            progress.begin(index, done: index, of: known.count)
            let found: ContentHash
            do { found = try file.hash.actual(file.place, monitor: monitor) } catch let error as FileError {
                replace(file.name, "\(error)")
                continue
            }
            if found == file.hash {
                right += 1
            } else {
                replace(file.name, "is not the published file: its sum is \(found), not \(file.hash)")
            }
        }
        if !known.isEmpty { progress.finish(done: known.count, of: known.count) }
        verified = right
    }
    private func place(of name: String) -> String {
        name.hasPrefix("/") ? name : Files.isFolder(path) ? Path.join(path, name) : path
    }

    /// What a file must hold; nil where nobody says.
    private static func hash(of place: String) -> ContentHash? {
        // The notes lie in the folder that was fetched, at or above that of the file.
        var folder = Path.absolute(Path.folder(place))
        for _ in 0..<4 where folder != "/" {
            if Files.isFolder(Path.join(folder, ".cache/huggingface/download")),
                let note = DownloadFolder(folder).recordedHash(of: Path.relative(place, to: folder))
            {
                return note
            }
            folder = Path.folder(folder)
        }
        let blob = Path.real(place).map(Path.name) ?? ""
        return (Path.name(Path.folder(Path.real(place) ?? "")) == "blobs" ? ContentHash(blob) : nil)
            ?? ModelRegistry.sums[Path.name(place)].flatMap { ContentHash($0) }
    }
}
