import Base

/// An ordered list of clips (videos or images) with captions, kept in one metadata file; or a view of one.
///
/// A view shows some of the clips in an order of its own; an edit through it is an edit of the dataset. Every edit is
/// on the disk when it returns (in a journal beside the metadata file), and in the metadata file itself after `save`,
/// `snapshot` or `close`. Safe from any thread; closures of the caller run on the caller's thread.
///
/// A consumer such as the preprocessor takes a `snapshot()`, which folds first, and works on its plain values.
public final class Dataset: Sendable {
    let store: DatasetStore
    /// Ids of the view's clips, `nil` for all. Clips that were removed since are passed over.
    let selection: [Int]?

    init(_ store: DatasetStore, _ selection: [Int]? = nil) { (self.store, self.selection) = (store, selection) }

    // MARK: Opening

    /// Opens a project, a folder of media, a metadata file or one media file.
    ///
    /// What the person should know is sent to the monitor as notes: another shell holds the dataset, edits of a crashed
    /// session were restored, other metadata is there. Throws `FileError`, `JSONError` or `DatasetError` with the path.
    public static func open(
        _ path: String, among open: OpenDatasets = .shared, monitor: Monitor = Monitor()
    ) throws -> Dataset {
        let location = try DatasetLocation(opening: path, open.projects)
        if let only = location.onlyFile, !Files.exists(location.metadata),
            let listed = try listed(only, in: Path.folder(location.path), open, monitor)
        {
            return listed
        }
        let dataset = Dataset(try open.store(location))
        dataset.passNotes(to: monitor)
        guard let name = location.shown, let id = dataset.store.read({ $0.id(ofPath: name) }) else { return dataset }
        return Dataset(dataset.store, [id])
    }
    /// The one clip, as a view of its folder's dataset, when the metadata there speaks of it.
    private static func listed(
        _ name: String, in folder: String, _ open: OpenDatasets, _ monitor: Monitor
    ) throws -> Dataset? {
        guard let location = try? DatasetLocation(opening: folder, open.projects),
            location.format == .sidecars || Files.exists(location.metadata)
        else { return nil }
        let whole: Dataset
        do { whole = Dataset(try open.store(location)) } catch {
            // What is wrong with the folder's list is no reason to keep its files shut.
            monitor.note("\(error); '\(name)' is opened alone")
            return nil
        }
        let id = whole.store.read { state in
            state.id(ofPath: name).flatMap { state.records[$0].isListed ? $0 : nil }
        }
        guard let id else { return nil }
        whole.passNotes(to: monitor)
        return Dataset(whole.store, [id])
    }

    /// Folds and gives the lock back, so that another shell can edit. An edit here takes it again.
    public func close(monitor: Monitor = Monitor()) throws {
        defer { passNotes(to: monitor) }
        try store.close()
    }
    /// What opening and folding found worth saying.
    func passNotes(to monitor: Monitor) { for note in store.takeNotes() { monitor.note(note) } }

    // MARK: What it is

    /// The folder or file that was opened, absolute.
    public var path: String { store.location.path }
    /// The folder that media paths are relative to, absolute.
    public var folder: String { store.location.folder }
    /// The metadata file, absolute; it need not exist yet. For sidecar captions it is their folder.
    public var metadataPath: String { store.layout.format == .sidecars ? folder : store.location.metadata }
    /// How the captions are laid out on disk.
    public var format: MetadataFormat { store.layout.format }
    /// The name of the project the dataset belongs to, `nil` outside `train_date`.
    public var project: String? { store.open.projects.name(of: path) ?? store.location.project }
    /// True for a view.
    public var isView: Bool { selection != nil }
    /// Why it cannot be edited now: who holds it, or that the folder is read-only. `nil` when it can.
    public var obstacle: DatasetError? { store.obstacle }

    /// The word put before captions at preprocessing: what was set, else the project's name, else the `<WORD>` that
    /// every caption begins with.
    public var trigger: String? {
        store.look(at: .trigger)
        if let set = store.read(\.trigger) { return set.isEmpty ? nil : set }
        if let project { return project }
        return store.read { state in
            Trigger.recognised(in: state.order.lazy.compactMap { state.records[$0].entry.caption })
        }
    }
    /// Sets the trigger; `nil` goes back to the project's name, an empty text means none. Throws as `Clip.setCaption`.
    public func setTrigger(_ word: String?) throws {
        let word = word.map { Lines.trimmed($0) }
        if let word, word.contains(where: \.isNewline) {
            throw DatasetError.option("trigger", reason: "must be one line")
        }
        try store.edit("trigger") { state in
            state.trigger == word ? [] : [.trigger(from: state.trigger, to: word)]
        }
    }

    // MARK: Clips

    /// How many clips the dataset or view has now.
    public var count: Int { ids.count }
    /// The clips in order.
    public var clips: [Clip] { ids.map { Clip(store, $0) } }

    /// The clip at a place, counted from 1, negative from the end. Throws `DatasetError.noClip`.
    public func clip(_ number: Int) throws -> Clip {
        let ids = ids
        let place = number < 0 ? ids.count + number : number - 1
        guard ids.indices.contains(place) else { throw DatasetError.noClip("\(number)", count: ids.count, hint: "") }
        return Clip(store, ids[place])
    }
    /// The clip of a file name or media path. Throws `DatasetError.noClip` with the nearest name.
    public func clip(named name: String) throws -> Clip {
        if let clip = clips.first(where: { $0.mediaPath == name }) ?? clips.first(where: { $0.name == name }) {
            return clip
        }
        throw DatasetError.noClip("'\(name)'", count: count, hint: Suggestion.hint(for: name, in: clips.map(\.name)))
    }

    /// What a person knows clips by, by media path: the name, or the path where several have the name.
    public var labels: [String: String] {
        let paths = Dataset(store).entries.map(\.entry.mediaPath)
        let groups = Dictionary(grouping: Set(paths), by: Path.name)
        return Dictionary(
            paths.map { ($0, groups[Path.name($0)]?.count == 1 ? Path.name($0) : $0) }, uniquingKeysWith: { a, _ in a })
    }

    var ids: [Int] {
        guard let selection else { return store.read(\.order) }
        return store.read { state in
            let present = Set(state.order)
            return selection.filter(present.contains)
        }
    }
    /// Ids with their entries, as one consistent reading.
    var entries: [(id: Int, entry: MetadataEntry)] {
        store.read { state in
            guard let selection else { return state.order.map { ($0, state.records[$0].entry) } }
            let present = Set(state.order)
            return selection.filter(present.contains).map { ($0, state.records[$0].entry) }
        }
    }

    // MARK: Saving

    /// Writes the metadata file with everything in it and empties the journal.
    ///
    /// What another program wrote there meanwhile is kept as well; the monitor is told.
    public func save(monitor: Monitor = Monitor()) throws {
        defer { passNotes(to: monitor) }
        try store.write()
    }
    /// Writes the dataset, or the view's clips in the view's order, to another file; its extension picks json, jsonl, csv
    /// or txt (`file|caption`).
    ///
    /// The dataset itself stays where it is; a view saved to the dataset's own file saves the dataset. Throws `DatasetError.cannotHold` when the format has no place for a
    /// caption.
    public func save(to path: String, monitor: Monitor = Monitor()) throws {
        let path = Path.absolute(path)
        // A part of the clips must not replace the list of all of them.
        if store.location.isOwn(path) { return try save(monitor: monitor) }
        try store.export(isView ? ids : nil, to: path, .asked(by: path))
    }
    /// Puts every edit into the metadata file. Every consumer calls it (through `snapshot`) before it reads.
    public func fold() throws { try store.fold() }

    /// Folds, and returns the clips as plain values for a consumer.
    ///
    /// Throws what folding throws, and `DatasetError.outside` for a clip or reference whose path leaves the folder.
    public func snapshot(monitor: Monitor = Monitor()) throws -> DatasetSnapshot {
        defer { passNotes(to: monitor) }
        try store.fold()
        store.look(at: .all)
        // One reading for the view and for the whole.
        let state = store.state, present = Set(state.order)
        let ids = selection?.filter(present.contains) ?? state.order
        let clips = try ids.map { id in
            let entry = state.records[id].entry
            for path in [entry.mediaPath, entry.reference].compactMap({ $0 }) where !Path.staysInside(path) {
                throw DatasetError.outside(path, folder: folder)
            }
            return ClipSnapshot(
                path: Path.join(folder, entry.mediaPath), mediaPath: entry.mediaPath, caption: entry.caption,
                reference: entry.reference.map { Path.join(folder, $0) }, isExcluded: entry.excluded,
                isImage: MediaKind(entry.mediaPath) == .image)
        }
        return DatasetSnapshot(
            folder: folder, metadataPath: metadataPath, trigger: trigger, clips: clips,
            metadata: store.location.metadata, entries: state.order.map { state.records[$0].entry })
    }
}

// MARK: Looking up

extension Dataset: Equatable {
    /// The clip at a place, counted from 1; `nil` where there is none.
    public func clipIfThere(_ number: Int) -> Clip? {
        guard number > 0 else { return nil }
        let ids = ids
        return number <= ids.count ? Clip(store, ids[number - 1]) : nil
    }
    /// The clip of a file name or media path; `nil` where there is none.
    public func clipIfThere(_ name: String) -> Clip? { try? clip(named: name) }

    /// The same clips of the same open dataset in the same order.
    public static func == (a: Dataset, b: Dataset) -> Bool {
        a.store === b.store && (a.selection == b.selection || a.ids == b.ids)
    }
}

extension Dataset: CustomStringConvertible {
    /// `"APT: 12 clips, 10 captioned"`.
    public var description: String {
        store.look(at: .all)
        let entries = entries, captioned = entries.count(where: \.entry.isCaptioned)
        let name = (isView ? "view of " : "") + (project ?? Path.name(path))
        return "\(name): \(counted(entries.count, "clip")), \(captioned) captioned"
    }
}
