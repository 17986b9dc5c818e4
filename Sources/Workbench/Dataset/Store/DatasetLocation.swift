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
    /// The one file that was asked for, of several that the metadata is about.
    var shown: String?
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
        guard MediaKind(path) != nil else {
            guard ["json", "jsonl", "csv", "txt"].contains(Path.fileExtension(path)) else {
                throw DatasetError.unknownFile(path)
            }
            self.init(path, project, metadata: path)
            return
        }
        let folder = Path.folder(path), name = Path.name(path), own = Self.metadata(of: name, in: folder)
        if own.isThere || !Files.exists(Sidecars.path(of: name, in: folder)) {
            self.init(path, project, metadata: own.path)
        } else {
            let former = DatasetFiles(metadata: Path.join(folder, Path.stem(name) + ".sidecar"))
            let isFormer =
                [former.journal, former.extras].contains(where: Files.exists) && Self.isAlone(name, in: folder)
            self.init(
                path, project, metadata: isFormer ? former.metadata : Path.join(folder, name + ".sidecar"),
                format: .sidecars)
        }
        if own.isShared { shown = name } else { onlyFile = name }
    }

    /// The metadata of one file, which has its whole name. Earlier versions gave it the stem alone, so that files of one
    /// stem shared it: such a one is taken where it speaks of this file.
    private static func metadata(of name: String, in folder: String) -> (path: String, isThere: Bool, isShared: Bool) {
        func isThere(_ path: String) -> Bool {
            Files.exists(path) || Files.exists(DatasetFiles(metadata: path).journal)
        }
        let own = Path.join(folder, name + ".dataset.json")
        let former = Path.join(folder, Path.stem(name) + ".dataset.json")
        if isThere(own) || !isThere(former) { return (own, isThere(own), false) }
        let state = try? DatasetLoader(location: DatasetLocation(former, nil, metadata: former)).load().state
        let listed = state?.order.compactMap { state?.records[$0].entry.mediaPath } ?? []
        if listed == [name] || listed.isEmpty && isAlone(name, in: folder) { return (former, true, false) }
        return listed.contains(name) ? (former, true, true) : (own, false, false)
    }

    /// No other media there have the file's stem.
    private static func isAlone(_ name: String, in folder: String) -> Bool {
        let names = (try? Files.list(folder)) ?? []
        return !names.contains { $0 != name && MediaKind($0) != nil && Path.stem($0) == Path.stem(name) }
    }

    private init(folder path: String, _ project: String?) throws {
        let names = try Files.list(path), media = Self.media(in: path)
        let choice = MetadataChoice(in: path, names: names, media: media.names)
        if let name = choice.name {
            self.init(path, project, metadata: Path.join(path, name))
        } else if media.names.contains(where: { Files.exists(Sidecars.path(of: $0, in: path)) })
            || names.contains(where: [".sidecars.journal", ".sidecars.extra.json"].contains)
        {
            // What a session that was killed has said may be in its journal alone.
            self.init(path, project, metadata: Path.join(path, "sidecars"), format: .sidecars)
        } else {
            self.init(path, project, metadata: Path.join(path, MetadataChoice.newName(among: names)))
            let folders = names.filter { !$0.hasPrefix(".") && Files.isFolder(Path.join(path, $0)) }
            guard !media.names.isEmpty else {
                // Where a list is all that there is, what is wrong with it is the answer.
                if let name = choice.passedOver { _ = try MetadataFile(reading: Path.join(path, name)) }
                throw DatasetError.empty(path, folders: folders)
            }
        }
        notes += choice.notes
        scansFolder = true
        imagesAside = media.imagesAside
        for name in ["scenes", "caption", "train"] where names.contains(name) && project != nil {
            let folder = Path.join(path, name)
            let count = Self.media(in: folder).names.count
            if count > 0 {
                notes.append(
                    "\(counted(count, "clip")) in \(Path.join(Path.name(path), name)): Dataset.open(\"\(folder)\")"
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
