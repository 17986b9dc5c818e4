import Base
import Glibc

// MARK: Into the metadata file

extension DatasetStore {
    /// Puts every edit into the metadata file and empties the journal. Does nothing where there is nothing to do.
    func fold() throws { try guarded.withLock { if $0.lock != nil { try fold(&$0) } } }
    func fold(_ guarded: inout Guarded) throws {
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
        let found = try loader.checksumOnDisk(guarded.file, renamed: guarded.renamed)
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
        (guarded.folded, guarded.renamed) = ([:], [:])
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
