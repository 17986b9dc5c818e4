import Foundations

/// The clips, their order and the dataset's own settings: plain values, without the disk.
struct DatasetState: Sendable {
    /// By id; a record stays when its clip is removed, so that undo finds it.
    private(set) var records: [ClipRecord] = []
    private(set) var order: [Int] = []
    /// `nil`: the project's name.
    private(set) var trigger: String?
    /// Media of the folder that a person took out of the dataset.
    private(set) var removed: Set<String> = []
    /// Goes up when clips come or go, so that views know.
    private(set) var generation = 0
    private var ids: [String: Int] = [:]

    // MARK: Filling

    /// Adds a record that is not in the order yet, and returns its id.
    mutating func register(_ entry: MetadataEntry, isListed: Bool) -> Int {
        var key = entry.mediaPath, occurrence = 1
        while ids[key] != nil {
            occurrence += 1
            key = "\(entry.mediaPath)\u{1F}\(occurrence)"
        }
        let id = records.count
        records.append(ClipRecord(id: id, key: key, entry: entry, isListed: isListed))
        ids[key] = id
        return id
    }
    mutating func append(_ entry: MetadataEntry, isListed: Bool) {
        order.append(register(entry, isListed: isListed))
        generation += 1
    }
    /// Every clip of the order goes into the metadata file.
    mutating func listAll() { for id in order { records[id].isListed = true } }
    mutating func setTrigger(_ value: String?) { trigger = value }
    mutating func setRemoved(_ names: Set<String>) { removed = names }
    /// Takes the removed media out of the order, where the folder itself is the list.
    mutating func dropRemoved() { order.removeAll { removed.contains(records[$0].entry.mediaPath) } }

    func id(ofKey key: String) -> Int? { ids[key] }
    func contains(_ id: Int) -> Bool { order.contains(id) }

    // MARK: Changing

    mutating func apply(_ change: Change) {
        switch change {
        case .caption(let id, _, let value):
            records[id].entry.caption = value
            records[id].isListed = true
        case .reference(let id, _, let value):
            records[id].entry.reference = value
            records[id].isListed = true
        case .excluded(let id, _, let value):
            records[id].entry.excluded = value
            records[id].isListed = true
        case .trigger(_, let value): trigger = value
        case .rename(let id, _, let name):
            records[id].entry.mediaPath = name
            records[id].isListed = true
        case .insert(let id, let place):
            order.insert(id, at: min(max(place, 0), order.count))
            records[id].isListed = true
            removed.remove(records[id].entry.mediaPath)
            generation += 1
        case .remove(let id, let place):
            let found = place < order.count && place >= 0 && order[place] == id ? place : order.firstIndex(of: id)
            guard let found else { return }
            order.remove(at: found)
            removed.insert(records[id].entry.mediaPath)
            generation += 1
        }
    }
    mutating func apply(_ edit: Edit) { for change in edit.changes { apply(change) } }

    // MARK: Journal

    /// An edit as a line of the journal: absolute values, so that replaying it twice does no harm.
    func journaled(_ edit: Edit) -> JSON {
        .object(JSONObject([(key: "edit", value: .array(edit.changes.map(journaled)))]))
    }
    private func journaled(_ change: Change) -> JSON {
        func record(_ name: String, _ id: Int, _ value: JSON) -> JSON {
            .object(JSONObject([(key: "clip", value: .string(records[id].key)), (key: name, value: value)]))
        }
        func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
        switch change {
        case .caption(let id, _, let value): return record("caption", id, text(value))
        case .reference(let id, _, let value): return record("reference", id, text(value))
        case .excluded(let id, _, let value): return record("excluded", id, .bool(value))
        case .trigger(_, let value): return .object(JSONObject([(key: "trigger", value: text(value))]))
        case .remove(let id, let place): return record("remove", id, .integer(place))
        case .rename(let id, _, let name): return record("rename", id, .string(name))
        case .insert(let id, let place):
            let entry = records[id].entry
            return .object(
                JSONObject([
                    (key: "clip", value: .string(records[id].key)), (key: "insert", value: .integer(place)),
                    (key: "media_path", value: .string(entry.mediaPath)), (key: "caption", value: text(entry.caption)),
                    (key: "reference", value: text(entry.reference)), (key: "excluded", value: .bool(entry.excluded)),
                    (key: "columns", value: .object(entry.columns)),
                ]))
        }
    }

    /// Applies a journal's record. Clips that are gone are passed over.
    mutating func replay(_ record: JSON) {
        for change in record["edit"]?.array ?? [] { replay(change: change) }
    }
    private mutating func replay(change: JSON) {
        if let trigger = change["trigger"] {
            apply(.trigger(from: self.trigger, to: trigger.string))
            return
        }
        guard let key = change["clip"]?.string else { return }
        if let place = change["insert"]?.integer {
            let known = ids[key]
            if let known, order.contains(known) { return }
            let entry = MetadataEntry(
                mediaPath: change["media_path"]?.string ?? key, caption: change["caption"]?.string,
                reference: change["reference"]?.string, excluded: change["excluded"]?.bool ?? false,
                columns: change["columns"]?.object ?? JSONObject())
            let id = known ?? register(entry, isListed: true)
            records[id].entry = entry
            apply(.insert(id, at: place))
        } else if let id = ids[key] {
            let entry = records[id].entry
            if let value = change["caption"] { apply(.caption(id, from: entry.caption, to: value.string)) }
            if let value = change["reference"] { apply(.reference(id, from: entry.reference, to: value.string)) }
            if let value = change["excluded"]?.bool { apply(.excluded(id, from: entry.excluded, to: value)) }
            if let name = change["rename"]?.string { apply(.rename(id, from: entry.mediaPath, to: name)) }
            if let place = change["remove"]?.integer { apply(.remove(id, at: place)) }
        } else if change["remove"] != nil {
            removed.insert(key)
        } else if let caption = change["caption"]?.string {
            // The media went away after the edit: the caption is kept, and check() will say what is missing.
            append(MetadataEntry(mediaPath: key, caption: caption), isListed: true)
        }
    }

    // MARK: Reading again

    /// Takes over what was read from the disk anew. Ids of clips that are still there stay what they were.
    mutating func adopt(_ fresh: DatasetState) {
        var byPath = ids
        for id in order { byPath[records[id].entry.mediaPath] = byPath[records[id].entry.mediaPath] ?? id }
        order = fresh.order.map { place in
            let record = fresh.records[place]
            if let id = byPath[record.key] {
                records[id].entry = record.entry
                records[id].isListed = record.isListed
                return id
            }
            return register(record.entry, isListed: record.isListed)
        }
        (trigger, removed) = (fresh.trigger, fresh.removed)
        generation += 1
    }
}

extension DatasetState {
    /// What the metadata file is to list: what it listed before, and what a person has said something about.
    var listed: [MetadataEntry] { order.lazy.map { self.records[$0] }.filter(\.isListed).map(\.entry) }
}
