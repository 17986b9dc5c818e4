import Base

// MARK: What other shells have said

extension DatasetStore {
    /// What a person gets to see.
    enum Sight {
        case clip(Int), trigger, all
    }
    /// Which files there are, as far as they say that another shell has written.
    struct Stamps: Sendable, Equatable {
        private let files: [FileStamp?], lock: FileStamp?

        init(_ location: DatasetLocation) {
            let partner = PairedText.partner(of: location.metadata)
            let paths =
                [location.metadata, location.files.journal, location.files.extras]
                + [partner?.paths].compactMap { $0 }
            files = paths.map { try? FileStamp($0) }
            lock = try? FileStamp(location.files.lock)
        }
        /// The same metadata and edits, whoever has the lock.
        func hasSameContents(as other: Stamps) -> Bool { files == other.files }
    }

    /// Reads along: while another shell may write, what it has written since is there at the next look. What cannot be read
    /// at the moment stays as it was shown. Places of clips change only where all of them are shown: `ds[2]` means what a
    /// person has seen there.
    func look(at sight: Sight) {
        guarded.withLock { guarded in
            switch sight {
            case .clip(let id):
                catchUp(&guarded, withOrder: false)
                guarded.unseen.remove(id)
            case .trigger:
                catchUp(&guarded, withOrder: false)
                guarded.isTriggerUnseen = false
            case .all:
                catchUp(&guarded, withOrder: true)
                (guarded.unseen, guarded.isTriggerUnseen) = ([], false)
            }
        }
    }
    /// Whether somebody still has the dataset.
    func lookForOwner() { guarded.withLock { catchUp(&$0, withOrder: false) } }
    private func catchUp(_ guarded: inout Guarded, withOrder: Bool) {
        guard guarded.lock == nil else { return }
        let stamps = Stamps(location), isDue = withOrder && guarded.isOrderOld
        // Another folder of the name says nothing of this dataset.
        if stamps == guarded.seen && !isDue || !home.isInPlace { return }
        let isNew = isDue || guarded.seen.map { !stamps.hasSameContents(as: $0) } ?? true
        guarded.seen = stamps
        let before = guarded.state
        if isNew, (try? Self.reload(&guarded, location)) != nil {
            for change in guarded.state.changes(since: before) where !change.movesClips {
                if let id = change.clip { guarded.unseen.insert(id) } else { guarded.isTriggerUnseen = true }
            }
            if !withOrder, guarded.state.order != before.order {
                guarded.state.setOrder(before.order)
                guarded.isOrderOld = true
            }
        }
        // Asked, not taken: whoever only looks keeps nobody from editing.
        if guarded.obstacle != nil, case .taken = DatasetLock.take(location.files.lock) { guarded.obstacle = nil }
    }

    /// What was read along with something else has not been seen by anybody here, and is not overwritten the first time.
    func refuseUnseen(_ edit: Edit, _ guarded: inout Guarded) throws {
        let isTriggerUnseen = guarded.isTriggerUnseen, unseen = guarded.unseen
        let found = edit.changes.filter { $0.clip.map(unseen.contains) ?? isTriggerUnseen }
        guard let first = found.first else { return }
        for change in found {
            if let id = change.clip { guarded.unseen.remove(id) } else { guarded.isTriggerUnseen = false }
        }
        throw DatasetError.changed(
            Self.title(location), count: found.count, now: guarded.state.current(first), step: nil)
    }
}
