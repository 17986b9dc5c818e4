import Base

// MARK: Media that become others

extension DatasetStore {
    /// Forgets what is said of media whose names other media are about to get; in the metadata when it returns.
    ///
    /// It is no step of undo, and steps that speak of those names go: undone, they would speak of the others.
    /// Returns how many steps went. Throws as `edit`.
    func forget(_ paths: Set<String>) throws -> Int {
        try guarded.withLock { guarded in
            try writable(&guarded)
            // An edit that is still in the journal alone would be compared with clips that are gone.
            try Self.fold(&guarded, location)
            // The split has taken text files away; that was no other program.
            if guarded.file.layout.format == .sidecars { try Self.reload(&guarded, location) }
            try guarded.journal.append(DatasetState.journaled(forgetting: paths))
            let (records, before) = (guarded.state.records, guarded.undo.count)
            func isOfThem(_ edit: Edit) -> Bool {
                edit.changes.contains { $0.clip.map { paths.contains(records[$0].entry.mediaPath) } ?? false }
            }
            guarded.undo.removeAll(where: isOfThem)
            guarded.redo.removeAll(where: isOfThem)
            guarded.state.forget(paths)
            try Self.fold(&guarded, location)
            return before - guarded.undo.count
        }
    }
    /// Lists media at the end, as no step of undo; those that are listed already, or were taken out, stay as they are.
    /// Throws as `edit`, and `DatasetError.cannotHold` where text files are the list.
    func list(_ paths: [String]) throws {
        try guarded.withLock { guarded in
            try writable(&guarded)
            let state = guarded.state
            let new = paths.filter { state.id(ofPath: $0) == nil && !state.removed.contains($0) }
            guard let first = new.first else { return }
            if guarded.file.layout.format == .sidecars {
                throw DatasetError.cannotHold(
                    Self.title(location), format: MetadataFormat.sidecars.title,
                    reason: "'\(first)' lies in a folder below")
            }
            let start = state.order.count
            let changes = new.enumerated().map { place, path in
                Change.insert(
                    guarded.state.register(MetadataEntry(mediaPath: path), isListed: true), at: start + place)
            }
            try make(Edit(title: "split", changes: changes), &guarded)
        }
    }
    /// Says of media what was said of them before, as no step of undo; what somebody has said of one since stands.
    ///
    /// Entries whose media are not here are passed over, those of `removed` are taken out. Returns the paths of the
    /// entries that were put in. Throws as `edit`.
    func restore(_ entries: [MetadataEntry], removed: Set<String>) throws -> Set<String> {
        try guarded.withLock { guarded in
            try writable(&guarded)
            var state = guarded.state, changes: [Change] = [], paths: Set<String> = []
            for path in removed {
                guard let id = state.id(ofPath: path), let place = state.order.firstIndex(of: id) else { continue }
                changes.append(.remove(id, at: place))
                state.apply(.remove(id, at: place))
            }
            for entry in entries {
                guard let old = state.id(ofPath: entry.mediaPath), state.records[old].entry.isBlank,
                    let place = state.order.firstIndex(of: old)
                else { continue }
                let new = guarded.state.register(entry, isListed: true)
                _ = state.register(entry, isListed: true)
                for change in [Change.remove(old, at: place), .insert(new, at: place)] {
                    changes.append(change)
                    state.apply(change)
                }
                paths.insert(entry.mediaPath)
            }
            if !changes.isEmpty { try make(Edit(title: "split", changes: changes), &guarded) }
            return paths
        }
    }
}
