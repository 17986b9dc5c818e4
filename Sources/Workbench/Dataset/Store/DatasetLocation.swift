import Base
import Glibc

/// What a path that a person gave stands for: where the metadata is and which media belong to it.
struct DatasetLocation: Sendable {
    /// The folder or file that was opened, absolute.
    let path: String
    /// The metadata file, existing or to be made. For sidecars a name in the folder that is never written.
    let metadata: String
    /// `nil`: as the metadata file shows.
    var format: MetadataFormat?
    /// Media in the folder that the metadata does not list belong to the dataset.
    var scansFolder = false
    /// The one file that the dataset consists of.
    var onlyFile: String?
    /// The project's name when the path is in one.
    let project: String?
    /// Images beside the videos, which are no clips unless the metadata lists them.
    var imagesAside = 0
    /// What a person should know about the choice that was made.
    var notes: [String] = []

    var files: DatasetFiles { DatasetFiles(metadata: metadata) }
    var folder: String { Path.folder(metadata) }

    /// Whether a path leads to the metadata file, or to the other of a pair, by whatever links.
    func isOwn(_ path: String) -> Bool {
        func plain(_ path: String) -> String {
            Files.exists(path)
                ? Self.resolved(path) : Path.join(Self.resolved(Path.folder(path)), Path.name(path))
        }
        let pair = PairedText.partner(of: metadata).map { [$0.captions, $0.paths] } ?? []
        return ([metadata] + pair).contains { plain($0) == plain(path) }
    }

    /// Tried in this order in a folder. Upstream's names come first, then the GUI fork's, then those of other tools.
    private static let usualNames = [
        "captions.json", "dataset.json", "captions.jsonl", "dataset.jsonl", "metadata.jsonl", "captions.csv",
        "dataset.csv", "metadata.csv", "caption.txt", "captions.txt",
    ]
    /// Folders of the GUI fork with media that a project's own list should show.
    private static let rawFolder = "raw_videos"
    private static let projectsFolder = "train_date"

    /// Throws `FileError` for a missing path, `DatasetError` for one that is nothing of the kind.
    ///
    /// - Parameter projects: remember by which link a project was opened.
    init(opening given: String, _ projects: LinkedProjects = LinkedProjects()) throws {
        let written = Path.absolute(given), path = Self.resolved(written)
        guard Files.exists(path) else { throw FileError.missing(given) }
        // A project may be a link to a larger disk: what it is called there says nothing.
        projects.note(written)
        let project = projects.name(of: path) ?? Self.project(of: path)?.name
        if Files.isFolder(path) {
            try self.init(folder: path, project)
        } else {
            try self.init(file: path, project)
        }
    }

    private init(_ path: String, _ project: String?, metadata: String, format: MetadataFormat? = nil) {
        (self.path, self.project, self.metadata, self.format) = (path, project, metadata, format)
    }

    private init(file path: String, _ project: String?) throws {
        if MediaKind(path) != nil {
            let folder = Path.folder(path)
            let own = Path.join(folder, Path.stem(path) + ".dataset.json")
            let hasSidecar = !Files.exists(own) && Files.exists(Sidecars.path(of: Path.name(path), in: folder))
            self.init(
                path, project, metadata: hasSidecar ? Path.join(folder, Path.stem(path) + ".sidecar") : own,
                format: hasSidecar ? .sidecars : nil)
            onlyFile = Path.name(path)
        } else {
            guard ["json", "jsonl", "csv", "txt"].contains(Path.fileExtension(path)) else {
                throw DatasetError.unknownFile(path)
            }
            self.init(path, project, metadata: path)
        }
    }

    private init(folder path: String, _ project: String?) throws {
        let names = try Files.list(path), media = Self.media(in: path)
        var candidates = Self.usualNames.filter { names.contains($0) }
        candidates += names.filter { $0.hasSuffix("_captions.txt") }
        // Another name is taken when there is only one of its kind.
        for kind in ["jsonl", "csv"] where candidates.isEmpty {
            let others = names.filter { Path.fileExtension($0) == kind && !$0.hasPrefix(".") }
            if others.count == 1 { candidates += others }
        }
        if let name = candidates.first {
            self.init(path, project, metadata: Path.join(path, name))
            let rest = candidates.dropFirst().filter { !(name == "caption.txt" && $0 == "captions.txt") }
            if !rest.isEmpty {
                notes.append("captions are read from \(name); \(rest.joined(separator: ", ")) is left alone")
            }
        } else if media.names.contains(where: { Files.exists(Sidecars.path(of: $0, in: path)) })
            || names.contains(where: [".sidecars.journal", ".sidecars.extra.json"].contains)
        {
            // What a session that was killed has said may be in its journal alone.
            self.init(path, project, metadata: Path.join(path, "sidecars"), format: .sidecars)
        } else {
            self.init(path, project, metadata: Path.join(path, "captions.json"))
            let folders = names.filter { !$0.hasPrefix(".") && Files.isFolder(Path.join(path, $0)) }
            guard !media.names.isEmpty else { throw DatasetError.empty(path, folders: folders) }
        }
        scansFolder = true
        imagesAside = media.imagesAside
        for name in ["scenes", "caption", "train"] where names.contains(name) && project != nil {
            let folder = Path.join(path, name)
            let count = Self.media(in: folder).names.count
            if count > 0 {
                notes.append(
                    "\(count == 1 ? "1 clip" : "\(count) clips") in \(Path.join(Path.name(path), name)): Dataset.open(\"\(folder)\")"
                )
            }
        }
    }

    /// Names of the media in a folder, those of the GUI fork's `raw_videos` included, relative to it.
    ///
    /// Videos win over images: a dataset has one kind,
    /// and previews lie beside clips more often than clips beside images.
    static func media(in folder: String) -> (names: [String], imagesAside: Int) {
        var videos: [String] = [], images: [String] = [], references: [String] = []
        for name in (try? Files.list(folder)) ?? [] where name.utf8.first != UInt8(ascii: ".") {
            guard let kind = MediaKind(name) else { continue }
            if Path.stem(name).hasSuffix("_reference") { references.append(name) }
            if kind == .video { videos.append(name) } else { images.append(name) }
        }
        // References lie beside their clips and are no clips of their own.
        if !references.isEmpty {
            let stems = Set((videos + images).map(Path.stem))
            let made = Set(references.filter { stems.contains(String(Path.stem($0).dropLast("_reference".count))) })
            videos.removeAll(where: made.contains)
            images.removeAll(where: made.contains)
        }
        let moved = (try? Files.list(Path.join(folder, rawFolder))) ?? []
        videos += moved.filter { !$0.hasPrefix(".") && MediaKind($0) == .video }.map { Path.join(rawFolder, $0) }
        return videos.isEmpty ? (images, 0) : (videos, images.count)
    }

    /// The name below `train_date`, without the `_raw` and `_scenes` that upstream's pipeline appends, and the folder of
    /// that name.
    static func project(of path: String) -> (name: String, folder: String)? {
        let parts = path.split(separator: "/")
        guard let place = parts.lastIndex(where: { $0 == projectsFolder }), place + 1 < parts.count else { return nil }
        var name = String(parts[place + 1])
        if place + 2 == parts.count, MediaKind(name) != nil || Path.fileExtension(name).hasPrefix("json") { return nil }
        for suffix in ["_raw", "_scenes"] where name.hasSuffix(suffix) { name.removeLast(suffix.count) }
        return name.isEmpty ? nil : (name, "/" + parts[...(place + 1)].joined(separator: "/"))
    }

    /// The path without links, as far as it exists.
    static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}

/// The hidden files beside a metadata file.
struct DatasetFiles: Sendable {
    /// The metadata file.
    let metadata: String

    var folder: String { Path.folder(metadata) }
    /// Edits that the metadata file does not have yet.
    var journal: String { hidden("journal") }
    /// Who edits the dataset now.
    var lock: String { hidden("lock") }
    /// Who wrote which caption.
    var authors: String { hidden("authors") }
    /// What the metadata's format has no place for.
    var extras: String { hidden("extra.json") }

    private func hidden(_ what: String) -> String { Path.join(folder, ".\(Path.name(metadata)).\(what)") }
}
