import Base
import LTXVideo
import Torch

// MARK: Captions

extension PreprocessingJob {
    /// Encodes every text that is new once, however many clips have it.
    func encodeCaptions(_ monitor: Monitor, _ lease: () throws -> ModelLease<CaptionEncoder>) throws {
        try encodeEmptyCaption(lease)
        let names = try due(items.map { ($0.condition, mark($0), inputs($0)) })
        let due = items.filter { names.contains($0.condition) }
        note(monitor, "captions", due.count, of: items.count)
        guard !due.isEmpty else { return }
        try claim(due.map(\.condition))
        try ranks.meet()
        let held = try lease(), encoder = try held.model(monitor)
        if let note = CaptionLimit(encoder.tokenizer).note(due.map { ($0.name, $0.source.caption) }) {
            monitor.note(note)
        }
        var byText: [String: [Item]] = [:], texts: [String] = []
        for item in due {
            if byText[item.source.caption] == nil { texts.append(item.source.caption) }
            byText[item.source.caption, default: []].append(item)
        }
        let turns = turns("captions"), size = options.batchSize
        var own: [String] = []
        // Whole batches: in another one the last digits differ.
        while case let start = try turns.next() * size, start < texts.count {
            try monitor.checkpoint()
            let batch = Array(texts[start..<min(start + size, texts.count)])
            for (text, condition) in zip(batch, try encoder.encode(batch, masked: false)) {
                for item in byText[text] ?? [] {
                    try ConditionFile.write(condition, to: Path.join(folder, item.condition))
                    try done(item.condition, mark(item), inputs(item))
                    own.append(item.condition)
                }
            }
            let count = texts[..<min(start + size, texts.count)].reduce(0) { $0 + (byText[$1]?.count ?? 0) }
            monitor.report(Progress("captions", count, of: due.count, "captions"))
        }
        try collect(own, monitor)
    }

    /// What captions that are dropped are trained as.
    private func encodeEmptyCaption(_ lease: () throws -> ModelLease<CaptionEncoder>) throws {
        guard ranks.isFirst else { return }
        let mark = EmptyCaption.mark(textModel), path = Path.join(folder, EmptyCaption.file)
        if fingerprints[EmptyCaption.file]?.mark == mark, Files.exists(path) { return }
        try EmptyCaption.encode(lease().model(), mark: mark, to: folder, &fingerprints)
    }
    func mark(_ item: Item) -> String { Fingerprints.hash("\(item.source.caption)|\(textModel)") }
    private func inputs(_ item: Item) -> [String: String] {
        var inputs = textInputs
        inputs["text"] = Fingerprints.hash(item.source.caption)
        if item.name != item.source.stem { inputs["clip"] = item.source.stem }
        return inputs
    }
}
