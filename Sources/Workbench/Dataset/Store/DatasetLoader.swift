import Base

/// Puts together what is on the disk: metadata, its extras, media in the folder, and the journal on top.
struct DatasetLoader {
    let location: DatasetLocation

    /// A dataset as read.
    struct Result {
        var file: MetadataFile
        /// What the metadata itself lists, without the journal.
        var listed: [MetadataEntry]
        var state: DatasetState
        /// The journal has records: the files may not have them.
        var isPending: Bool
        /// There is a journal, if only an empty or torn one.
        var hasJournal: Bool
        /// Edits that only the journal has.
        var edits: Int
        var notes: [String]
    }

    /// Throws `FileError`, `JSONError` or `DatasetError`.
    func load() throws -> Result {
        let (records, damaged) = try DatasetJournal.read(location.files.journal)
        var notes = damaged > 0 ? ["\(damaged) damaged lines in '\(location.files.journal)' were passed over"] : []
        let interrupted = try interruptedPair(records)
        var file = try interrupted?.file ?? readMetadata()
        var pending = interrupted?.rest ?? records[...]
        // The metadata that was to be written is there: the journal is in it already.
        if let fold = records.last?["fold"]?.string, fold == Checksum.text(file.checksum) { pending = [] }
        var spelling = MediaSpelling(folder: location.folder)
        spelling.match(&file.entries)
        notes += file.notes + spelling.notes
        var state = DatasetState()
        for entry in file.entries { state.append(entry, isListed: true) }
        do { try readExtras(into: &state, file.layout.format) } catch let error as JSONError {
            notes.append("\(error); the trigger and the exclusions that it held are left out")
        }
        addUnlisted(to: &state)
        for record in pending { state.replay(record) }
        let listed = file.entries
        file.entries = []
        return Result(
            file: file, listed: listed, state: state, isPending: !records.isEmpty,
            hasJournal: Files.exists(location.files.journal),
            edits: pending.count { $0["edit"] != nil }, notes: notes)
    }

    /// Two files cannot be replaced at once. The journal's mark of a fold has both, for when the writing was cut short
    /// between them; edits that were made after it lie on top. `nil` when the first was not replaced either.
    private func interruptedPair(_ records: [JSON]) throws -> (file: MetadataFile, rest: ArraySlice<JSON>)? {
        guard let partner = PairedText.partner(of: location.metadata), Files.exists(partner.captions) else {
            return nil
        }
        let captions = try Files.read(partner.captions)
        func bytes(_ record: JSON, _ file: Int) -> [UInt8]? {
            record["files"]?.array.flatMap { $0.count == 2 ? $0[file].string : nil }.map { Array($0.utf8) }
        }
        guard let place = records.lastIndex(where: { bytes($0, 0) == captions }), let paths = bytes(records[place], 1)
        else { return nil }
        let (layout, entries) = try PairedText.read(paths: paths, captions: captions, partner)
        var file = MetadataFile(path: partner.captions, layout: layout, entries: entries)
        file.checksum = Checksum.of(paths + captions)
        return (file, records[(place + 1)...])
    }

    private func readMetadata() throws -> MetadataFile {
        if location.format == .sidecars {
            let (entries, notes) = try sidecars()
            var file = MetadataFile(path: location.metadata, layout: MetadataLayout(.sidecars), entries: entries)
            file.notes = notes
            file.checksum = Sidecars.checksum(entries.map { ($0.mediaPath, $0.caption) })
            return file
        }
        if Files.exists(location.metadata) { return try MetadataFile(reading: location.metadata) }
        let format = try location.format ?? MetadataFormat.asked(by: location.metadata)
        return MetadataFile(path: location.metadata, layout: MetadataLayout(format))
    }

    /// What the metadata, the text files or the folder holds now, to compare with `MetadataFile.checksum`. Media that were
    /// `renamed` here since count by the names that they had.
    func checksumOnDisk(_ file: MetadataFile, renamed: [String: String] = [:]) throws -> UInt32 {
        guard file.layout.format == .sidecars else { return file.checksumOnDisk() }
        return Sidecars.checksum(try sidecars().entries.map { (renamed[$0.mediaPath] ?? $0.mediaPath, $0.caption) })
    }

    private func sidecars() throws -> (entries: [MetadataEntry], notes: [String]) {
        let names = location.onlyFile.map { [$0] } ?? DatasetLocation.media(in: location.folder).names
        var remarks: [String] = [], problems: [String] = []
        let entries = names.map { name in
            var entry = MetadataEntry(mediaPath: name)
            // One text that cannot be read must not close the others.
            do {
                guard let text = try Sidecars.text(of: name, in: location.folder) else { return entry }
                entry.caption = text.caption
                if let remark = text.remark { remarks.append(remark) }
            } catch { problems.append("\(name) has no caption here: \(error)") }
            return entry
        }
        return (entries, [remarks, problems].compactMap(Self.first))
    }
    /// The first of several sentences of one kind and how many more there are.
    private static func first(_ notes: [String]) -> String? {
        notes.first.map { notes.count == 1 ? $0 : "\($0) (so it is with \(notes.count - 1) more)" }
    }

    private func addUnlisted(to state: inout DatasetState) {
        let names = location.onlyFile.map { [$0] } ?? (location.scansFolder ? scanned() : [])
        guard !names.isEmpty else { return }
        let listed = state.order.map { state.records[$0].entry.mediaPath }
        var rest = state.order[...]
        let order = Self.merged(listed, into: names, without: state.removed).map { name, isListed in
            if isListed, let id = rest.popFirst() { return id }
            return state.register(MetadataEntry(mediaPath: name), isListed: false)
        }
        state.setOrder(order)
    }
    private func scanned() -> [String] { DatasetLocation.media(in: location.folder).names }

    /// Where media that the metadata does not list go: to their place by name when the list is in that order, so that
    /// a half-captioned folder keeps its order, else to the end.
    private static func merged(
        _ listed: [String], into names: [String], without removed: Set<String>
    ) -> [(name: String, isListed: Bool)] {
        let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let known = Set(listed), found = listed.compactMap { places[$0] }
        let isSorted = zip(found, found.dropFirst()).allSatisfy { $0 < $1 }
        var rest = names.filter { !known.contains($0) && !removed.contains($0) }[...]
        var order: [(String, Bool)] = []
        for name in listed {
            if isSorted, let place = places[name] {
                while let next = rest.first, let nextPlace = places[next], nextPlace < place {
                    order.append((next, false))
                    rest = rest.dropFirst()
                }
            }
            order.append((name, true))
        }
        return order + rest.map { ($0, false) }
    }

    /// Whether reading the metadata again, with only the listed clips in it, gives the order of the state.
    func keepsOrder(_ state: DatasetState) -> Bool {
        guard location.scansFolder, state.order.contains(where: { !state.records[$0].isListed }) else { return true }
        let names = scanned(), present = Set(names)
        let order = state.order.map { state.records[$0] }
        let listed = order.filter(\.isListed).map(\.entry.mediaPath)
        let wanted = order.filter { $0.isListed || present.contains($0.entry.mediaPath) }.map(\.entry.mediaPath)
        let known = Set(wanted)
        return Self.merged(listed, into: names, without: state.removed).map(\.name).filter(known.contains) == wanted
    }

    // MARK: Extras

    private func readExtras(into state: inout DatasetState, _ format: MetadataFormat) throws {
        guard Files.exists(location.files.extras) else { return }
        let extras = try Files.json(location.files.extras)
        state.setTrigger(extras["trigger"]?.string)
        state.setRemoved(Set((extras["removed"]?.array ?? []).compactMap(\.string)))
        if format == .sidecars { state.dropRemoved() }
        for (key, value) in extras["clips"]?.object?.members ?? [] {
            guard let id = state.id(ofPath: key) else { continue }
            if let reference = value["reference"]?.string { state.apply(.reference(id, from: nil, to: reference)) }
            if let excluded = value["excluded"]?.bool { state.apply(.excluded(id, from: false, to: excluded)) }
        }
    }

    /// What the metadata's format has no place for; `nil` when there is nothing of the kind.
    static func extras(of state: DatasetState, _ format: MetadataFormat) -> [UInt8]? {
        var extras = JSONObject()
        if let trigger = state.trigger { extras["trigger"] = .string(trigger) }
        if !state.removed.isEmpty { extras["removed"] = .array(state.removed.sorted().map { .string($0) }) }
        if !format.hasColumns {
            var clips = JSONObject()
            for record in state.order.lazy.map({ state.records[$0] }) {
                var fields = JSONObject()
                if let reference = record.entry.reference { fields["reference"] = .string(reference) }
                if record.entry.excluded { fields["excluded"] = .bool(true) }
                if !fields.members.isEmpty { clips[record.entry.mediaPath] = .object(fields) }
            }
            if !clips.members.isEmpty { extras["clips"] = .object(clips) }
        }
        return extras.members.isEmpty ? nil : Array(JSON.object(extras).text(indent: 2).utf8)
    }
}
