import Base
import Glibc
import Synchronization

/// One open dataset: its state, its journal and its lock. Every view and clip of it shares the store.
///
/// Safe from any thread: everything that changes is behind one mutex, and no closure of a caller runs under it.
final class DatasetStore: Sendable {
    let location: DatasetLocation
    let open: OpenDatasets
    let media = MediaCache()
    let measures: MeasureCache
    let prepared = PreparedCache()
    let home: OpenedFolder
    let guarded: Mutex<Guarded>

    struct Guarded {
        var file: MetadataFile
        var state: DatasetState
        var journal: DatasetJournal
        var lock: DatasetLock?
        /// Why there is no lock.
        var obstacle: DatasetError?
        var undo: [Edit] = [], redo: [Edit] = []
        /// Captions as the metadata has them, of the clips whose captions were edited since.
        var folded: [Int: String?] = [:]
        /// Media that were renamed here since the metadata was last read or written: what each was called then.
        var renamed: [String: String] = [:]
        /// Text files that several clips share; `nil`: not looked up since clips came or went.
        var sharedTexts: Set<String>?
        var authors: CaptionAuthors
        var notes: [String]
        /// The files as they were when they were last read; `nil` makes the next look read them.
        var seen: Stamps?
        /// What another shell has written and nobody here has looked at.
        var unseen: Set<Int> = [], isTriggerUnseen = false
        /// Works of all ranks that this one, the first, writes down.
        var sharedWritings = 0
        /// Clips came, went or moved there, and the order here is the one that was shown.
        var isOrderOld = false
    }

    // MARK: Opening and closing

    /// Reads the dataset and takes its lock; without the lock it can be read only. Throws what `DatasetLoader` throws.
    init(_ location: DatasetLocation, among open: OpenDatasets = OpenDatasets()) throws {
        (self.location, self.open) = (location, open)
        measures = MeasureCache(folder: location.folder)
        home = OpenedFolder(location.folder)
        let (lock, obstacle) = Self.takeLock(location), seen = Stamps(location)
        let loaded = try DatasetLoader(location: location).load()
        var guarded = Guarded(
            file: loaded.file, state: loaded.state, journal: DatasetJournal(path: location.files.journal), lock: lock,
            obstacle: obstacle, authors: CaptionAuthors(location.files.authors), notes: loaded.notes)
        var notes = location.notes
        if location.imagesAside > 0, !loaded.state.order.contains(where: { loaded.state.isImage($0) }) {
            notes.append("\(counted(location.imagesAside, "image")) beside the videos: not part of the dataset")
        }
        guarded.notes += Self.news(notes, obstacle, open)
        if lock != nil { Self.settle(&guarded, loaded, location) }
        guarded.seen = seen
        self.guarded = Mutex(guarded)
    }

    deinit { try? close() }

    /// Folds, and lets go of the lock. The dataset can still be read, and edited when the lock is free again.
    func close() throws {
        try guarded.withLock { guarded in
            defer {
                guarded.journal.close()
                guarded.lock = nil
            }
            if guarded.lock != nil { try fold(&guarded) }
        }
    }

    /// What a person knows the dataset by: its metadata file, or the folder of text files.
    static func title(_ location: DatasetLocation) -> String {
        location.format == .sidecars ? location.path : location.metadata
    }
    /// What stays true is said once: a script may open the dataset in a loop.
    private static func news(_ notes: [String], _ obstacle: DatasetError?, _ open: OpenDatasets) -> [String] {
        (notes + (obstacle.map { [$0.description] } ?? [])).filter(open.isNews)
    }
    private static func takeLock(_ location: DatasetLocation) -> (DatasetLock?, DatasetError?) {
        // Of several ranks, none of which writes, the first keeps other shells from it.
        guard SessionRanks.rank == 0 else { return (nil, nil) }
        return switch DatasetLock.take(location.files.lock) {
        case .taken(let lock): (lock, nil)
        case .held(let holder): (nil, .locked(title(location), holder: holder))
        case .refused(let reason): (nil, .readOnly(title(location), reason: reason))
        }
    }
    /// Finishes what a process that died has left. The lock is ours.
    private static func settle(_ guarded: inout Guarded, _ loaded: DatasetLoader.Result, _ location: DatasetLocation) {
        removeRemains(location)
        if loaded.edits > 0 {
            guarded.notes.append("\(counted(loaded.edits, "edit")) of a session that did not end well restored")
        }
        guard loaded.hasJournal else { return }
        do {
            if loaded.isPending {
                guarded.journal.markPending()
                finishRenames(loaded.state, location)
                try fold(&guarded, location)
            } else {
                try guarded.journal.discard()
            }
        } catch {
            // A disk that is full now does no harm: the journal stays until a later fold succeeds.
            guarded.notes.append("\(error)")
        }
    }
    /// Half-written files of a process that died: nobody is writing them now.
    private static func removeRemains(_ location: DatasetLocation) {
        let partner = PairedText.partner(of: location.metadata)
        let ours = [location.metadata, location.files.extras, partner?.paths, partner?.captions].compactMap { $0 }
        let names = Set(ours.map(Path.name))
        AtomicFile.removeRemains(in: location.folder) { name in
            names.contains(name)
                || location.format == .sidecars && Sidecars.extensions.contains(Path.fileExtension(name))
        }
    }
    /// A rename whose journal line was written but which was not done on the disk before the process died.
    private static func finishRenames(_ state: DatasetState, _ location: DatasetLocation) {
        for (old, new) in state.renames where Path.staysInside(old) && Path.staysInside(new) {
            let from = Path.join(location.folder, old), to = Path.join(location.folder, new)
            if !Files.exists(to), Files.exists(from) { rename(from, to) }
        }
    }

    // MARK: Reading

    var state: DatasetState { read { $0 } }
    func record(_ id: Int) -> ClipRecord { read { $0.records[id] } }
    func read<Value>(_ body: (DatasetState) -> Value) -> Value { guarded.withLock { guarded in body(guarded.state) } }
    var layout: MetadataLayout { guarded.withLock(\.file.layout) }
    /// What opening found worth saying, each sentence once.
    func takeNotes() -> [String] {
        guarded.withLock {
            let notes = $0.notes
            $0.notes = []
            return notes
        }
    }
    /// Why the dataset cannot be edited now, `nil` when it can.
    var obstacle: DatasetError? {
        lookForOwner()
        return guarded.withLock { $0.lock == nil ? $0.obstacle : nil }
    }

    /// Reads the disk again: media and metadata that came or went since. Edits that are not folded stay on top.
    func refresh() throws {
        try guarded.withLock { guarded in
            let isNew = guarded.lock == nil
            if isNew { (guarded.lock, guarded.obstacle) = Self.takeLock(location) }
            let fresh = try Self.reload(&guarded, location)
            if isNew, guarded.lock != nil { Self.settle(&guarded, fresh, location) }
            if guarded.lock == nil { guarded.notes = Self.news([], guarded.obstacle, open) }
        }
    }
    @discardableResult
    static func reload(_ guarded: inout Guarded, _ location: DatasetLocation) throws -> DatasetLoader.Result {
        (guarded.seen, guarded.isOrderOld) = (Stamps(location), false)
        let fresh = try DatasetLoader(location: location).load()
        guarded.file = fresh.file
        guarded.state.adopt(fresh.state)
        (guarded.folded, guarded.renamed) = ([:], [:])
        guarded.sharedTexts = nil
        if fresh.isPending { guarded.journal.markPending() }
        return fresh
    }

    // MARK: Editing

    /// Makes the changes that `changes` derives from the state, as one step of undo, on the disk before it returns.
    ///
    /// Returns how many there were. Throws `DatasetError` when the dataset cannot be edited or its format cannot hold
    /// the result, `.changed` when what a change starts from is not what is there (or was shown here until now, while
    /// another process had the dataset); `JournalError` when the disk fails. Nothing has changed then.
    ///
    /// - Parameter author: who wrote the captions.
    @discardableResult
    func edit(
        _ title: String, by author: String = Clip.person, _ changes: (DatasetState) throws -> [Change]
    ) throws -> Int {
        try guarded.withLock { guarded in
            let shown = guarded.lock == nil ? guarded.state : nil
            try writable(&guarded)
            let edit = Edit(title: title, changes: try changes(guarded.state), group: open.group)
            if edit.changes.isEmpty { return 0 }
            try Self.refuseStale(edit, shown, guarded.state, location)
            try refuseUnseen(edit, &guarded)
            try make(edit, &guarded)
            guarded.authors.note(edit, guarded.state, by: author)
            guarded.undo.append(edit)
            guarded.redo = []
            // What a model wrote is in its captioning's row.
            if author == Clip.person { Ledger.session.add("edited", edit.changes.count, "change", in: location.folder) }
            return edit.changes.count
        }
    }
    /// Adds a clip at the end. Returns its id. Throws `DatasetError.duplicate`, and as `edit`.
    func edit(adding entry: MetadataEntry) throws -> Int {
        try guarded.withLock { guarded in
            try writable(&guarded)
            guard guarded.state.same(entry.mediaPath).isEmpty else { throw DatasetError.duplicate(entry.mediaPath) }
            let id = guarded.state.register(entry, isListed: true)
            let edit = Edit(
                title: "add \(Path.name(entry.mediaPath))", changes: [.insert(id, at: guarded.state.order.count)],
                group: open.group)
            try make(edit, &guarded)
            guarded.undo.append(edit)
            guarded.redo = []
            Ledger.session.add("edited", 1, "change", in: location.folder)
            return id
        }
    }

    /// The first of several ranks writes what all of them make, until the returned turn ends; it ends by itself when it is dropped.
    func sharedWriting() -> SharedWriting { SharedWriting(self) }
    final class SharedWriting: Sendable {
        private let store: Mutex<DatasetStore?>
        fileprivate init(_ store: DatasetStore) {
            self.store = Mutex(store)
            store.guarded.withLock { $0.sharedWritings += 1 }
        }
        func end() {
            let store = store.withLock { store in
                defer { store = nil }
                return store
            }
            store?.guarded.withLock { $0.sharedWritings -= 1 }
        }
        deinit { end() }
    }

    /// Takes the dataset for editing, with what others have written. Throws `DatasetError` when that cannot be.
    func claim() throws {
        try guarded.withLock { guarded in
            try writable(&guarded)
            (guarded.unseen, guarded.isTriggerUnseen) = ([], false)
        }
    }
    func writable(_ guarded: inout Guarded) throws {
        if guarded.sharedWritings == 0 { try SessionRanks.requireAlone("writing a dataset") }
        try home.requireInPlace(location.files)
        if guarded.lock != nil { return }
        let (lock, obstacle) = Self.takeLock(location)
        guarded.obstacle = obstacle
        if let obstacle { throw obstacle }
        // Whoever had it may have written.
        guarded.lock = lock
        Self.settle(&guarded, try Self.reload(&guarded, location), location)
    }

    func make(_ edit: Edit, _ guarded: inout Guarded) throws {
        if guarded.file.layout.format == .sidecars { try Self.refuseClash(edit, &guarded, location) }
        try Self.refuse(edit, guarded.state, guarded.file.layout.format, location)
        try guarded.journal.append(guarded.state.journaled(edit))
        do { try renameMedia(edit, guarded.state) } catch {
            try guarded.journal.append(guarded.state.journaled(edit.inverse))
            throw error
        }
        for case .caption(let id, let old, _) in edit.changes where guarded.folded[id] == nil {
            guarded.folded[id] = .some(old)
        }
        for case .rename(_, let old, let new) in edit.changes {
            guarded.renamed[new] = guarded.renamed.removeValue(forKey: old) ?? old
        }
        guarded.state.apply(edit)
        if edit.changes.contains(where: \.movesClips) { guarded.sharedTexts = nil }
    }
    /// The journal has the new names already, so that a crash in between is finished on opening.
    private func renameMedia(_ edit: Edit, _ state: DatasetState) throws {
        guard edit.changes.contains(where: { if case .rename = $0 { true } else { false } }) else { return }
        let shared = Sidecars.shared(state.order.lazy.map { state.records[$0].entry.mediaPath })
        var done: [(String, String)] = []
        for case .rename(_, let old, let new) in edit.changes {
            let from = Path.join(location.folder, old), to = Path.join(location.folder, new)
            // Never over another file.
            let text = Sidecars.path(of: old, in: location.folder)
            let newText = Path.withoutExtension(to) + Path.dottedExtension(text)
            let isTaken = Files.exists(to) || text != newText && Files.exists(text) && Files.exists(newText)
            guard !isTaken, rename(from, to) == 0 else {
                let error = FileError.system(operation: "rename", path: from, code: isTaken ? EEXIST : errno)
                for (from, to) in done.reversed() { rename(to, from) }
                throw error
            }
            done.append((from, to))
            guard text != newText, Files.exists(text) else { continue }
            if shared.contains(Sidecars.name(of: old)) {
                // The other clip of this name keeps its text.
                do { try AtomicFile.write(Files.read(text), to: newText) } catch {
                    for (from, to) in done.reversed() { rename(to, from) }
                    throw error
                }
            } else if rename(text, newText) == 0 {
                done.append((text, newText))
            }
        }
    }
    /// An edit must not overwrite what nobody has seen here: what its changes start from has to be what is there `now`,
    /// and what was `shown` here before, where that may be another thing.
    static func refuseStale(
        _ edit: Edit, _ shown: DatasetState?, _ now: DatasetState, _ location: DatasetLocation, step: String? = nil
    ) throws {
        let stale = edit.changes.filter { change in
            if !now.agrees(with: change) { return true }
            // A clip that came with the others' version was not shown, and what is said of it comes from there.
            guard let shown, change.clip.map(shown.records.indices.contains) ?? true else { return false }
            return !shown.agrees(with: change)
        }
        guard let first = stale.first else { return }
        if let id = first.clip, !now.contains(id) { throw DatasetError.gone(now.records[id].entry.mediaPath) }
        throw DatasetError.changed(title(location), count: stale.count, now: now.current(first), step: step)
    }
    /// Clips of one text file cannot have two captions.
    private static func refuseClash(_ edit: Edit, _ guarded: inout Guarded, _ location: DatasetLocation) throws {
        let state = guarded.state
        let shared = guarded.sharedTexts ?? Sidecars.shared(state.order.lazy.map { state.records[$0].entry.mediaPath })
        guarded.sharedTexts = shared
        let touches = edit.changes.contains { change in
            guard !change.movesClips, let id = change.clip else { return change.movesClips }
            return shared.contains(Sidecars.name(of: state.records[id].entry.mediaPath))
        }
        guard touches else { return }
        // The others' captions as they are to be after the whole edit.
        var after = state
        after.apply(edit)
        guard let (name, other) = Sidecars.clash(after.order.lazy.map { after.records[$0].entry }) else { return }
        throw DatasetError.cannotHold(
            title(location), format: MetadataFormat.sidecars.title,
            reason: "'\(name)' and '\(other)' share one text file, '\(Sidecars.name(of: name))'")
    }
    private static func refuse(
        _ edit: Edit, _ state: DatasetState, _ format: MetadataFormat, _ location: DatasetLocation
    ) throws {
        guard format == .csv || !format.hasColumns else { return }
        for change in edit.changes {
            var entry: MetadataEntry
            switch change {
            case .caption(let id, _, let value):
                entry = state.records[id].entry
                entry.caption = value
            case .rename(let id, _, let name):
                entry = state.records[id].entry
                entry.mediaPath = name
            case .insert(let id, _): entry = state.records[id].entry
            default: continue
            }
            if let reason = MetadataFile.refusal(of: entry, by: format) {
                throw DatasetError.cannotHold(location.metadata, format: format.title, reason: reason)
            }
        }
    }
}

extension DatasetStore {
    /// A path as the metadata names it. Throws `DatasetError.outside` when it is not below the dataset's folder.
    func inside(_ path: String) throws -> String {
        let relative = path.hasPrefix("/") || path.hasPrefix("~") ? Path.relative(path, to: location.folder) : path
        guard Path.staysInside(relative) else { throw DatasetError.outside(path, folder: location.folder) }
        return relative
    }
}
