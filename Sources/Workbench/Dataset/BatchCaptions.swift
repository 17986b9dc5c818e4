import Foundations

/// Lets the captions of a dataset that was made of another one's clips follow the originals, except where a person has
/// written another text.
struct BatchCaptions {
    let dataset: Dataset
    let monitor: Monitor

    /// Throws as `Clip.setCaption`, and `FileError`.
    func follow(_ results: [Batch.Result]) throws {
        let byOutput = Dictionary(results.map { ($0.item.output, $0) }, uniquingKeysWith: { _, last in last })
        var changes: [Change] = [], followed: [(record: BatchRecord, caption: String)] = [], edited: [String] = []
        for (id, entry) in dataset.entries {
            guard let result = byOutput[entry.mediaPath] else { continue }
            let original = result.item.clip.caption, now = original ?? "", copy = entry.caption ?? ""
            let last = result.record.caption
            if copy == now || copy == last || last == nil && !entry.isCaptioned {
                if copy != now { changes.append(.caption(id, from: entry.caption, to: original)) }
                // A file that is not ours gets no record by its caption.
                if result.record.isKnown { followed.append((result.record, now)) }
            } else if now != last ?? "" {
                edited.append(entry.mediaPath)
            }
        }
        if !changes.isEmpty { try dataset.store.edit("captions of the originals") { _ in changes } }
        try dataset.store.write()
        for var item in followed { try item.record.setCaption(item.caption) }
        guard !edited.isEmpty else { return }
        let names = edited.prefix(3).joined(separator: ", ") + (edited.count > 3 ? " and \(edited.count - 3) more" : "")
        monitor.note("kept captions that were edited here, though the originals have others now: \(names)")
    }
}
