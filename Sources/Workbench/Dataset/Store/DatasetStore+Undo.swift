import Base

// MARK: Undo

extension DatasetStore {
    typealias Stack = WritableKeyPath<Guarded, [Edit]> & Sendable

    /// Takes the last step back: an edit, the edits of one input line, or a new cut. Returns what it was and what there is
    /// now, `nil` when there is nothing.
    ///
    /// Throws as `edit`; a step that would overwrite what another process wrote since is dropped with that.
    func undo(_ monitor: Monitor = Monitor()) throws -> String? {
        try step(from: \.undo, to: \.redo, isUndo: true, monitor)
    }
    /// Makes the last undone step again.
    func redo(_ monitor: Monitor = Monitor()) throws -> String? {
        try step(from: \.redo, to: \.undo, isUndo: false, monitor)
    }
    /// A new cut becomes a step.
    func add(_ recut: Recut) {
        guarded.withLock { guarded in
            guarded.undo.append(Edit(title: recut.title, changes: [], recut: recut))
            guarded.redo = []
        }
    }
    /// After this there is nothing to undo.
    func forgetSteps() { guarded.withLock { ($0.undo, $0.redo) = ([], []) } }

    private func step(from: Stack, to: Stack, isUndo: Bool, _ monitor: Monitor) throws -> String? {
        var done: [Edit] = []
        while let last = guarded.withLock({ $0[keyPath: from].last }) {
            if let first = done.first, first.group == 0 || first.group != last.group || last.recut != nil { break }
            if let recut = last.recut {
                let isSwapped = try recut.swap(isUndo: isUndo, monitor)
                guarded.withLock { guarded in
                    guarded[keyPath: from].removeAll { $0.recut === recut }
                    guarded[keyPath: to].append(last)
                }
                if isSwapped { return last.title }
            } else {
                done.append(try step(last, from: from, to: to))
            }
        }
        guard let last = done.last else { return nil }
        return done.count == 1
            ? last.summary : "\(done.count) edits of one line: \(done.map(\.title).reversed().nameList)"
    }
    /// Returns the edit that was made: the inverse of the last.
    private func step(_ last: Edit, from: Stack, to: Stack) throws -> Edit {
        try guarded.withLock { guarded in
            try writable(&guarded)
            do { try Self.refuseStale(last.inverse, nil, guarded.state, location, step: last.title) } catch {
                guarded[keyPath: from].removeLast()
                throw error
            }
            try make(last.inverse, &guarded)
            guarded[keyPath: from].removeLast()
            guarded[keyPath: to].append(last.inverse)
            return last.inverse
        }
    }
}
