import Base

// MARK: Journal

extension DatasetState {
    /// An edit as a line of the journal: absolute values, so that replaying it twice does no harm.
    func journaled(_ edit: Edit) -> JSON {
        // A clip is named by what its path is when its change comes about.
        var state = self
        let moves = edit.changes.count > 1 && edit.changes.contains { $0.movesClips }
        let changes = edit.changes.map { change in
            defer { if moves { state.apply(change) } }
            return state.journaled(change)
        }
        return .object(JSONObject([(key: "edit", value: .array(changes))]))
    }
    private func journaled(_ change: Change) -> JSON {
        func record(_ name: String, _ id: Int, _ value: JSON) -> JSON {
            .object(JSONObject([(key: "clip", value: .string(key(of: id))), (key: name, value: value)]))
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
                    (key: "insert", value: .integer(place)), (key: "media_path", value: .string(entry.mediaPath)),
                    (key: "caption", value: text(entry.caption)), (key: "reference", value: text(entry.reference)),
                    (key: "excluded", value: .bool(entry.excluded)), (key: "columns", value: .object(entry.columns)),
                ]))
        }
    }

    /// What `forget` does, as a line of the journal.
    static func journaled(forgetting paths: Set<String>) -> JSON {
        .object(JSONObject([(key: "forget", value: .array(paths.sorted().map { .string($0) }))]))
    }

    /// The media path, with a count behind it for the second and later clips of the same path.
    private func key(of id: Int) -> String {
        let path = records[id].entry.mediaPath
        let place = same(path).firstIndex(of: id) ?? 0
        return place == 0 ? path : "\(path)\(Self.separator)\(place + 1)"
    }
    private func id(ofKey key: String) -> Int? {
        if let id = id(ofPath: key) { return id }
        guard let end = key.lastIndex(of: Self.separator), let count = Int(key[key.index(after: end)...]) else {
            return nil
        }
        let same = same(String(key[..<end]))
        return same.indices.contains(count - 1) ? same[count - 1] : nil
    }
    private static let separator: Character = "\u{1F}"

    /// Applies a journal's record. Clips that are gone are passed over.
    mutating func replay(_ record: JSON) {
        if let paths = record["forget"]?.array { forget(Set(paths.compactMap(\.string))) }
        for change in record["edit"]?.array ?? [] { replay(change: change) }
    }
    private mutating func replay(change: JSON) {
        if let trigger = change["trigger"] {
            apply(.trigger(from: self.trigger, to: trigger.string))
            return
        }
        if let place = change["insert"]?.integer, let path = change["media_path"]?.string {
            // It is in already when the metadata was written before the journal could be taken away.
            guard id(ofPath: path) == nil else { return }
            let entry = MetadataEntry(
                mediaPath: path, caption: change["caption"]?.string, reference: change["reference"]?.string,
                excluded: change["excluded"]?.bool ?? false, columns: change["columns"]?.object ?? JSONObject())
            apply(.insert(register(entry, isListed: true), at: place))
            return
        }
        guard let key = change["clip"]?.string else { return }
        if let id = id(ofKey: key) {
            let entry = records[id].entry
            if let value = change["caption"] { apply(.caption(id, from: entry.caption, to: value.string)) }
            if let value = change["reference"] { apply(.reference(id, from: entry.reference, to: value.string)) }
            if let value = change["excluded"]?.bool { apply(.excluded(id, from: entry.excluded, to: value)) }
            if let name = change["rename"]?.string {
                apply(.rename(id, from: entry.mediaPath, to: name))
                renamed(entry.mediaPath, name)
            }
            if let place = change["remove"]?.integer { apply(.remove(id, at: place)) }
        } else if change["remove"] != nil {
            setRemoved(removed.union([key]))
        } else if let caption = change["caption"]?.string {
            // The media went away after the edit: the caption is kept, and check() will say what is missing.
            append(MetadataEntry(mediaPath: key, caption: caption), isListed: true)
        }
    }
}
