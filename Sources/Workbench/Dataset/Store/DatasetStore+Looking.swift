import Base

// MARK: What other shells have said

extension DatasetStore {
    /// Which files there are, as far as they say that another shell has written.
    struct Stamps: Sendable, Equatable {
        private let files: [FileStamp?], lock: FileStamp?

        init(_ location: DatasetLocation) {
            let partner = PairedText.partner(of: location.metadata)
            let paths =
                [location.metadata, location.files.journal, location.files.extras] + [partner?.paths].compactMap { $0 }
            files = paths.map { try? FileStamp($0) }
            lock = try? FileStamp(location.files.lock)
        }
        /// The same metadata and edits, whoever has the lock.
        func hasSameContents(as other: Stamps) -> Bool { files == other.files }
    }

    /// Reads along: while another shell may write, what it has written since is there at the next look. What cannot be read
    /// at the moment stays as it was shown.
    func look(_ guarded: inout Guarded) {
        guard guarded.lock == nil else { return }
        let stamps = Stamps(location)
        // Another folder of the name says nothing of this dataset.
        if stamps == guarded.seen || !home.isInPlace { return }
        let isNew = guarded.seen.map { !stamps.hasSameContents(as: $0) } ?? true
        guarded.seen = stamps
        if isNew { _ = try? Self.reload(&guarded, location) }
        // Asked, not taken: whoever only looks keeps nobody from editing.
        if guarded.obstacle != nil, case .taken = DatasetLock.take(location.files.lock) { guarded.obstacle = nil }
    }
}
