import Base

/// What lies in a folder of resized clips besides the results of a run.
struct BatchLeftovers {
    let batch: Batch
    /// All that the folder's list has.
    let dataset: Dataset

    /// Takes results of clips that the batch's dataset no longer has out of the list. The files stay, and captions that
    /// were edited there are kept as texts: where the clip comes back, so does its result.
    func takeOut(_ results: [Batch.Result]) throws {
        let outputs = Set(results.map(\.item.output)), name = batch.datasetName
        let clips = Set(Dataset(batch.dataset.store).entries.map { Path.withoutExtension($0.entry.mediaPath) })
        var gone: [(id: Int, entry: MetadataEntry, record: BatchRecord)] = []
        for (id, entry) in dataset.entries where !outputs.contains(entry.mediaPath) {
            // Of a dataset's clip that is not in this view, or was not read.
            if clips.contains(Path.withoutExtension(entry.mediaPath)) { continue }
            let record = BatchRecord(batch.tool, of: entry.mediaPath, in: batch.folder)
            if record.isKnown, record.dataset == name { gone.append((id, entry, record)) }
        }
        if gone.isEmpty { return }
        var texts: [String] = []
        for index in gone.indices {
            let entry = gone[index].entry
            if let caption = entry.caption, entry.isCaptioned, caption != gone[index].record.caption {
                texts.append(try SetAside(folder: dataset.folder).keep(caption, of: entry.mediaPath))
            }
            // Before it leaves the list: from then on it is not taken for one that a person took out.
            try gone[index].record.retire()
        }
        let ids = Set(gone.map(\.id))
        try dataset.store.edit("results of clips that have gone") { state in
            state.order.enumerated().reversed().filter { ids.contains($0.element) }
                .map { .remove($0.element, at: $0.offset) }
        }
        var note =
            "made of clips that the dataset no longer has, and out of the list in '\(batch.folder)' (the files stay): "
            + gone.map(\.entry.mediaPath).nameList
        if !texts.isEmpty {
            let place = SetAside(folder: dataset.folder).place
            note += "; captions that were edited there are now in \(place): \(texts.nameList)"
        }
        batch.monitor.note(note)
    }

    /// The dataset of the results alone, in their order; the whole one where it has no others.
    func view(of results: [Batch.Result]) -> Dataset {
        var seen: Set<Int> = []
        let ids = dataset.store.read { state in
            results.compactMap { state.id(ofPath: $0.item.output) }.filter { seen.insert($0).inserted }
        }
        if ids == dataset.ids { return dataset }
        let others = dataset.count - ids.count
        if others > 0 {
            let lie = counted(others, "other clip lies", "other clips lie")
            batch.monitor.note("\(lie) in '\(batch.folder)', not among these")
        }
        return Dataset(dataset.store, ids)
    }
}
