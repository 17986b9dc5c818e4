import Base

/// The clips, their order and the dataset's own settings: plain values, without the disk.
struct DatasetState: Sendable {
    /// By id; a record stays when its clip is removed, so that undo finds it.
    private(set) var records: [ClipRecord] = []
    private(set) var order: [Int] = []
    /// `nil`: the project's name.
    private(set) var trigger: String?
    /// Media of the folder that a person took out of the dataset.
    private(set) var removed: Set<String> = []
    /// Names that a journal gave media, old and new.
    private(set) var renames: [(from: String, to: String)] = []
    /// Ids of the order by media path; more than one where the metadata lists a path twice, then in the order's order.
    private var ids: [String: [Int]] = [:]

    // MARK: Filling

    /// Adds a record that is not in the order yet, and returns its id.
    mutating func register(_ entry: MetadataEntry, isListed: Bool) -> Int {
        records.append(ClipRecord(id: records.count, entry: entry, isListed: isListed))
        return records.count - 1
    }
    mutating func append(_ entry: MetadataEntry, isListed: Bool) {
        let id = register(entry, isListed: isListed)
        order.append(id)
        ids[entry.mediaPath, default: []].append(id)
    }
    mutating func renamed(_ old: String, _ new: String) { renames.append((old, new)) }
    mutating func setTrigger(_ value: String?) { trigger = value }
    mutating func setRemoved(_ names: Set<String>) { removed = names }
    /// Takes the removed media out of the order, where the folder itself is the list.
    mutating func dropRemoved() { setOrder(order.filter { !removed.contains(records[$0].entry.mediaPath) }) }
    mutating func setOrder(_ order: [Int]) {
        self.order = order
        ids = Dictionary(grouping: order) { records[$0].entry.mediaPath }
    }
    /// Every clip of the order goes into the metadata file.
    mutating func listAll() { for id in order { records[id].isListed = true } }

    /// What the metadata file is to list: what it listed before, and what a person has said something about.
    var listed: [MetadataEntry] { order.lazy.map { self.records[$0] }.filter(\.isListed).map(\.entry) }

    /// The clips with this media path, in their order.
    func same(_ path: String) -> [Int] { ids[path] ?? [] }
    /// The first clip with this media path.
    func id(ofPath path: String) -> Int? { ids[path]?.first }

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
        case .rename(let id, let old, let name):
            ids[old]?.removeAll { $0 == id }
            records[id].entry.mediaPath = name
            records[id].isListed = true
            index(id)
        case .insert(let id, let place):
            order.insert(id, at: min(max(place, 0), order.count))
            records[id].isListed = true
            removed.remove(records[id].entry.mediaPath)
            index(id)
        case .remove(let id, let place):
            let found = place < order.count && place >= 0 && order[place] == id ? place : order.firstIndex(of: id)
            guard let found else { return }
            order.remove(at: found)
            ids[records[id].entry.mediaPath]?.removeAll { $0 == id }
            if same(records[id].entry.mediaPath).isEmpty { removed.insert(records[id].entry.mediaPath) }
        }
    }
    /// Media of these paths are others from now on: nothing is said of them, not that somebody took them out either.
    mutating func forget(_ paths: Set<String>) {
        setOrder(order.filter { !paths.contains(records[$0].entry.mediaPath) })
        removed.subtract(paths)
    }
    mutating func apply(_ edit: Edit) { for change in edit.changes { apply(change) } }

    private mutating func index(_ id: Int) {
        let path = records[id].entry.mediaPath, known = (ids[path] ?? []) + [id]
        ids[path] = known.count == 1 ? known : order.filter(Set(known).contains)
    }

    /// What is otherwise than in an earlier state of the same dataset, clips that came aside.
    func changes(since before: DatasetState) -> [Change] {
        var changes: [Change] = []
        let present = Set(order)
        for (place, id) in before.order.enumerated().reversed() where !present.contains(id) {
            changes.append(.remove(id, at: place))
        }
        for id in before.order where present.contains(id) {
            let old = before.records[id].entry, new = records[id].entry
            if !old.caption.isIdentical(to: new.caption) {
                changes.append(.caption(id, from: old.caption, to: new.caption))
            }
            if !old.reference.isIdentical(to: new.reference) {
                changes.append(.reference(id, from: old.reference, to: new.reference))
            }
            if old.excluded != new.excluded { changes.append(.excluded(id, from: old.excluded, to: new.excluded)) }
        }
        if !before.trigger.isIdentical(to: trigger) { changes.append(.trigger(from: before.trigger, to: trigger)) }
        return changes
    }

    /// Told from the extension.
    func isImage(_ id: Int) -> Bool { MediaKind(records[id].entry.mediaPath) == .image }

    // MARK: Checking

    /// Whether the clip is in the order.
    func contains(_ id: Int) -> Bool { records.indices.contains(id) && same(records[id].entry.mediaPath).contains(id) }
    /// Whether the state has what the change starts from.
    func agrees(with change: Change) -> Bool {
        switch change {
        case .caption(let id, let value, _): contains(id) && records[id].entry.caption.isIdentical(to: value)
        case .reference(let id, let value, _): contains(id) && records[id].entry.reference.isIdentical(to: value)
        case .excluded(let id, let value, _): contains(id) && records[id].entry.excluded == value
        case .rename(let id, let value, _): contains(id) && records[id].entry.mediaPath.isIdentical(to: value)
        case .trigger(let value, _): trigger.isIdentical(to: value)
        case .insert, .remove: true
        }
    }
    /// What is there instead of what the change starts from, in words.
    func current(_ change: Change) -> String {
        func text(_ value: String?) -> String {
            value.map { "'\($0.prefix(60))\($0.count > 60 ? "…" : "")'" } ?? "none"
        }
        return switch change {
        case .reference(let id, _, _):
            "the reference of '\(records[id].entry.mediaPath)' is \(text(records[id].entry.reference)) now"
        case .excluded(let id, _, let value):
            "'\(records[id].entry.mediaPath)' is \(value ? "not excluded" : "excluded") now"
        case .caption(let id, _, _):
            "the caption of '\(records[id].entry.mediaPath)' is \(text(records[id].entry.caption)) now"
        case .trigger: "the trigger is \(text(trigger)) now"
        case .rename(let id, let old, _): "'\(old)' is called '\(records[id].entry.mediaPath)' now"
        case .insert(let id, _), .remove(let id, _): "'\(records[id].entry.mediaPath)' is at another place now"
        }
    }

    // MARK: Reading again

    /// Takes over what was read from the disk anew. Ids of clips that are still there stay what they were.
    mutating func adopt(_ fresh: DatasetState) {
        var known = ids.mapValues { $0[...] }
        let order = fresh.order.map { place in
            let record = fresh.records[place]
            guard let id = known[record.entry.mediaPath]?.popFirst() else {
                return register(record.entry, isListed: record.isListed)
            }
            records[id].entry = record.entry
            records[id].isListed = record.isListed
            return id
        }
        setOrder(order)
        (trigger, removed) = (fresh.trigger, fresh.removed)
    }
}
