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
        /// Text files that several clips share; `nil`: not looked up since clips came or went.
        var sharedTexts: Set<String>?
        var notes: [String]
    }

    // MARK: Opening and closing

    /// Reads the dataset and takes its lock; without the lock it can be read only. Throws what `DatasetLoader` throws.
    init(_ location: DatasetLocation, among open: OpenDatasets = OpenDatasets()) throws {
        (self.location, self.open) = (location, open)
        home = OpenedFolder(location.folder)
        let (lock, obstacle) = Self.takeLock(location)
        let loaded = try DatasetLoader(location: location).load()
        var guarded = Guarded(
            file: loaded.file, state: loaded.state, journal: DatasetJournal(path: location.files.journal), lock: lock,
            obstacle: obstacle, notes: loaded.notes)
        var notes = location.notes
        if location.imagesAside > 0, !loaded.state.order.contains(where: { loaded.state.isImage($0) }) {
            let images = location.imagesAside == 1 ? "1 image" : "\(location.imagesAside) images"
            notes.append("\(images) beside the videos: not part of the dataset")
        }
        guarded.notes += Self.news(notes, obstacle, open)
        if lock != nil { Self.settle(&guarded, loaded, location) }
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
    private static func title(_ location: DatasetLocation) -> String {
        location.format == .sidecars ? location.path : location.metadata
    }
    /// What stays true is said once: a script may open the dataset in a loop.
    private static func news(_ notes: [String], _ obstacle: DatasetError?, _ open: OpenDatasets) -> [String] {
        (notes + (obstacle.map { [$0.description] } ?? [])).filter(open.isNews)
    }
    private static func takeLock(_ location: DatasetLocation) -> (DatasetLock?, DatasetError?) {
        switch DatasetLock.take(location.files.lock) {
        case .taken(let lock): (lock, nil)
        case .held(let holder): (nil, .locked(title(location), holder: holder))
        case .refused(let reason): (nil, .readOnly(title(location), reason: reason))
        }
    }
    /// Finishes what a process that died has left. The lock is ours.
    private static func settle(_ guarded: inout Guarded, _ loaded: DatasetLoader.Result, _ location: DatasetLocation) {
        removeRemains(location)
        if loaded.edits > 0 {
            let edits = loaded.edits == 1 ? "1 edit" : "\(loaded.edits) edits"
            guarded.notes.append("\(edits) of a session that did not end well restored")
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
            names.contains(name) || location.format == .sidecars && Path.fileExtension(name) == "txt"
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

    var state: DatasetState { guarded.withLock(\.state) }
    func record(_ id: Int) -> ClipRecord { guarded.withLock { $0.state.records[id] } }
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
    var obstacle: DatasetError? { guarded.withLock { $0.lock == nil ? $0.obstacle : nil } }

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
        let fresh = try DatasetLoader(location: location).load()
        guarded.file = fresh.file
        guarded.state.adopt(fresh.state)
        guarded.folded = [:]
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
    @discardableResult
    func edit(_ title: String, _ changes: (DatasetState) throws -> [Change]) throws -> Int {
        try guarded.withLock { guarded in
            let shown = guarded.lock == nil ? guarded.state : nil
            try writable(&guarded)
            let edit = Edit(title: title, changes: try changes(guarded.state))
            if edit.changes.isEmpty { return 0 }
            try Self.refuseStale(edit, shown, guarded.state, location)
            try make(edit, &guarded)
            guarded.undo.append(edit)
            guarded.redo = []
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
                title: "add \(Path.name(entry.mediaPath))", changes: [.insert(id, at: guarded.state.order.count)])
            try make(edit, &guarded)
            guarded.undo.append(edit)
            guarded.redo = []
            return id
        }
    }

    /// Takes the last edit back. Returns its title, `nil` when there is none.
    ///
    /// Throws as `edit`; a step that would overwrite what another process wrote since is dropped with that.
    func undo() throws -> String? { try step(from: \.undo, to: \.redo) }
    /// Makes the last undone edit again.
    func redo() throws -> String? { try step(from: \.redo, to: \.undo) }

    private func step(
        from: WritableKeyPath<Guarded, [Edit]> & Sendable, to: WritableKeyPath<Guarded, [Edit]> & Sendable
    ) throws -> String? {
        try guarded.withLock { guarded in
            guard let last = guarded[keyPath: from].last else { return nil }
            try writable(&guarded)
            do { try Self.refuseStale(last.inverse, nil, guarded.state, location, step: last.title) } catch {
                guarded[keyPath: from].removeLast()
                throw error
            }
            try make(last.inverse, &guarded)
            guarded[keyPath: from].removeLast()
            guarded[keyPath: to].append(last.inverse)
            return last.title
        }
    }

    /// Takes the dataset for editing, with what others have written. Throws `DatasetError` when that cannot be.
    func claim() throws { try guarded.withLock { try writable(&$0) } }
    func writable(_ guarded: inout Guarded) throws {
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
        do { try renameMedia(edit) } catch {
            try guarded.journal.append(guarded.state.journaled(edit.inverse))
            throw error
        }
        for case .caption(let id, let old, _) in edit.changes where guarded.folded[id] == nil {
            guarded.folded[id] = .some(old)
        }
        guarded.state.apply(edit)
        if edit.changes.contains(where: \.movesClips) { guarded.sharedTexts = nil }
    }
    /// The journal has the new names already, so that a crash in between is finished on opening.
    private func renameMedia(_ edit: Edit) throws {
        var done: [(String, String)] = []
        for case .rename(_, let old, let new) in edit.changes {
            let from = Path.join(location.folder, old), to = Path.join(location.folder, new)
            // Never over another file.
            let text = Sidecars.path(of: old, in: location.folder),
                newText = Sidecars.path(of: new, in: location.folder)
            let isTaken = Files.exists(to) || text != newText && Files.exists(text) && Files.exists(newText)
            guard !isTaken, rename(from, to) == 0 else {
                let error = FileError.system(operation: "rename", path: from, code: isTaken ? EEXIST : errno)
                for (from, to) in done.reversed() { rename(to, from) }
                throw error
            }
            done.append((from, to))
            if text != newText, Files.exists(text), rename(text, newText) == 0 { done.append((text, newText)) }
        }
    }
    /// An edit must not overwrite what nobody has seen here: what its changes start from has to be what is there `now`,
    /// and what was `shown` here before, where that may be another thing.
    private static func refuseStale(
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

    // MARK: Folding

    /// Puts every edit into the metadata file and empties the journal. Does nothing where there is nothing to do.
    func fold() throws { try guarded.withLock { if $0.lock != nil { try fold(&$0) } } }
    private func fold(_ guarded: inout Guarded) throws {
        if guarded.journal.isEmpty { return }
        try home.requireInPlace(location.files)
        try Self.fold(&guarded, location)
    }
    /// Writes the metadata file even without edits, so that it lists what was found.
    func write() throws {
        try guarded.withLock { guarded in
            try writable(&guarded)
            guarded.state.listAll()
            try Self.fold(&guarded, location, always: true)
        }
    }
    /// The clips of these ids, `nil` for all, as a file elsewhere or in another format; paths become relative to that
    /// file's folder.
    func export(_ ids: [Int]?, to path: String, _ format: MetadataFormat) throws {
        var file = guarded.withLock { guarded in
            var file = guarded.file
            file.entries = (ids ?? guarded.state.order).map { guarded.state.records[$0].entry }
            return file
        }
        let target = Path.folder(path)
        for place in file.entries.indices {
            let media = Path.join(location.folder, file.entries[place].mediaPath)
            file.entries[place].mediaPath = Path.relative(media, to: target)
            if let reference = file.entries[place].reference {
                file.entries[place].reference = Path.relative(Path.join(location.folder, reference), to: target)
            }
        }
        for (name, bytes) in try file.converted(to: format, path: path).encoded() {
            try AtomicFile.write(bytes, to: name)
        }
    }

    static func fold(_ guarded: inout Guarded, _ location: DatasetLocation, always: Bool = false) throws {
        guard always || !guarded.journal.isEmpty else { return }
        let loader = DatasetLoader(location: location)
        let found = try loader.checksumOnDisk(guarded.file)
        if found != guarded.file.checksum {
            if found == 0, !Files.exists(guarded.file.path), guarded.file.layout.format != .sidecars {
                guarded.notes.append("'\(guarded.file.path)' was gone; it is written again from what was open here")
            } else {
                // Another program wrote it. Its version is the base now, our edits since the last fold go on top.
                let before = guarded.state, folded = guarded.folded
                let theirs = try reload(&guarded, location).listed
                keep(theirs, over: folded, before, &guarded, location)
            }
        }
        if !loader.keepsOrder(guarded.state) { guarded.state.listAll() }
        var file = guarded.file
        file.entries = guarded.state.listed
        let outputs = try file.encoded()
        // Before the mark below: from the mark on, the journal is not replayed into the metadata any more.
        let extras = location.files.extras
        if Files.exists(extras), (try? Files.json(extras)) == nil { rename(extras, extras + ".damaged") }
        if let bytes = DatasetLoader.extras(of: guarded.state, file.layout.format) {
            try AtomicFile.write(bytes, to: extras)
        } else if Files.exists(extras) {
            guard unlink(extras) == 0 else { throw FileError.last("remove", extras) }
        }
        let sum = file.checksum(of: outputs)
        if !guarded.journal.isEmpty {
            var mark = JSONObject([(key: "fold", value: .string(Checksum.text(sum)))])
            if outputs.count == 2 {
                mark["files"] = .array(outputs.map { .string(String(decoding: $0.bytes, as: UTF8.self)) })
            }
            if !outputs.isEmpty { try guarded.journal.append(.object(mark)) }
        }
        do { for (path, bytes) in outputs { try AtomicFile.write(bytes, to: path) } } catch {
            // What is there now is ours, not another program's.
            guarded.file.checksum = file.checksumOnDisk()
            throw error
        }
        guarded.file.checksum = sum
        if file.layout.format == .sidecars {
            // Whatever could be written is ours, not another program's.
            defer { guarded.file.checksum = (try? loader.checksumOnDisk(file)) ?? 0 }
            try Sidecars.write(file.entries, in: location.folder)
        }
        guarded.folded = [:]
        try guarded.journal.discard()
    }
    /// Says what became of another program's version of the metadata, `before` being the state without it. A caption
    /// that both have changed is as it was edited here; undo takes the other one, and then all that came from there back.
    private static func keep(
        _ theirs: [MetadataEntry], over folded: [Int: String?], _ before: DatasetState, _ guarded: inout Guarded,
        _ location: DatasetLocation
    ) {
        let came = guarded.state.changes(since: before)
        if !came.isEmpty { guarded.undo.append(Edit(title: "what another program changed", changes: came)) }
        let captions = Dictionary(theirs.map { ($0.mediaPath, $0.caption) }, uniquingKeysWith: { first, _ in first })
        var changes: [Change] = []
        for (id, base) in folded.sorted(by: { $0.key < $1.key }) {
            let ours = guarded.state.records[id].entry
            guard let their = captions[ours.mediaPath], !their.isIdentical(to: base),
                !their.isIdentical(to: ours.caption)
            else { continue }
            changes.append(.caption(id, from: their, to: ours.caption))
        }
        var note = "'\(title(location))' was changed by another program; both its changes and yours are kept"
        guarded.redo = []
        if !changes.isEmpty {
            guarded.undo.append(Edit(title: "your captions over another program's", changes: changes))
            let named = changes.prefix(3).compactMap { change -> String? in
                guard case .caption(let id, let their, _) = change else { return nil }
                return "'\(guarded.state.records[id].entry.mediaPath)' (there: '\(their?.prefix(200) ?? "")')"
            }
            note += ". Both changed the caption of \(named.joined(separator: ", "))"
            if changes.count > 3 { note += " and \(changes.count - 3) more" }
            note += "; yours stands, undo() takes the other"
        }
        guarded.notes.append(note)
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
