import Base

/// Lets the captions of a dataset that was made of another one's clips follow the originals, except where a person has
/// written another text. Such a text stays as long as the clip is what it was written of, and is set aside afterwards.
struct BatchCaptions {
    let dataset: Dataset
    let monitor: Monitor

    /// Throws as `Clip.setCaption`, and `FileError`.
    func follow(_ results: [Batch.Result]) throws {
        let byOutput = Dictionary(results.map { ($0.item.output, $0) }, uniquingKeysWith: { _, last in last })
        let aside = SetAside(folder: dataset.folder)
        var changes: [Change] = [], settled: [(record: BatchRecord, caption: String?)] = []
        var edited: [String] = [], parted: [String] = []
        for (id, entry) in dataset.entries {
            guard let result = byOutput[entry.mediaPath] else { continue }
            let original = result.item.clip.caption, now = original ?? "", copy = entry.caption ?? ""
            let last = result.record.caption
            let isOurs = copy == now || copy == last || last == nil && !entry.isCaptioned
            if isOurs || result.record.isOfOtherContent {
                // On the disk before it leaves the list.
                if !isOurs, entry.isCaptioned { parted.append(try aside.keep(copy, of: entry.mediaPath)) }
                if copy != now { changes.append(.caption(id, from: entry.caption, to: original)) }
                settled.append((result.record, now))
            } else {
                if now != last ?? "" { edited.append(entry.mediaPath) }
                settled.append((result.record, nil))
            }
        }
        if !changes.isEmpty { try dataset.store.edit("captions of the originals") { _ in changes } }
        try dataset.store.write()
        // A file that is not ours gets no record by its caption.
        for var item in settled where item.record.isKnown { try item.record.settle(caption: item.caption) }
        if !parted.isEmpty {
            monitor.note(
                "captions that were edited here of clips that are others now are in \(aside.place): \(parted.nameList)")
        }
        if !edited.isEmpty {
            monitor.note(
                "kept captions that were edited here, though the originals have others now: \(edited.nameList)")
        }
    }
}
