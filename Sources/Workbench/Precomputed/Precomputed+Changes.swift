import Base

extension Precomputed {
    /// The trigger word that most captions were encoded with, by the record of preprocessing; `nil` where it knows of none.
    var trigger: String? {
        let record = Fingerprints(path)
        let words = items.map { record["conditions/\($0.name).pt"]?.inputs["trigger"] ?? "" }
        let counts = Dictionary(words.map { ($0, 1) }, uniquingKeysWith: +)
        let usual = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
        return usual.isEmpty ? nil : usual
    }

    /// A clip of which something has changed since it was preprocessed.
    struct Change: Sendable {
        let item: Item
        let reasons: [StaleReason]
        /// What would be encoded of its caption now, `nil` without one.
        let text: String?
        /// The trigger in it.
        let trigger: String?
    }

    /// What has changed since preprocessing: captions, the trigger, files, and with a model its text encoder and VAE. Of what
    /// another program has made nothing is known. Throws `Cancelled`.
    func changes(for model: ModelFolder? = nil) throws -> [Change] {
        let record = Fingerprints(path)
        if record.isEmpty { return [] }
        let text = model.map(ModelIdentity.text), video = model.map(ModelIdentity.video)
        var datasets: [String: (preparation: Preparation, entries: [String: MetadataEntry])?] = [:]
        return try items.compactMap { item in
            guard let name = (record["conditions/\(item.name).pt"] ?? record["latents/\(item.name).pt"])?.dataset else {
                return nil
            }
            if datasets[name] == nil { datasets[name] = .some(read(name, record, text, video)) }
            guard let (preparation, entries) = datasets[name] ?? nil else { return nil }
            let entry = entries[record.clip(of: item.name)]
            let reasons = try preparation.reasons(item.name, entry, isSame: Preparation.isSame)
            return reasons.isEmpty
                ? nil
                : Change(
                    item: item, reasons: reasons,
                    text: entry.flatMap { $0.isCaptioned ? preparation.text(of: item.name, $0) : nil },
                    trigger: preparation.trigger(of: item.name))
        }
    }
    private func read(
        _ dataset: String, _ record: Fingerprints, _ text: String?, _ video: String?
    ) -> (Preparation, [String: MetadataEntry])? {
        let metadata = Path.absolute(Path.join(DatasetLocation.resolved(path), dataset))
        guard let contents = DatasetContents(at: metadata) else { return nil }
        let entries = Dictionary(
            contents.entries.map { (Path.withoutExtension($0.mediaPath), $0) }, uniquingKeysWith: { first, _ in first })
        return (Preparation(record: record, contents: contents, text: text, video: video), entries)
    }

    /// A sentence for each way in which clips have changed: `"2 of 9 clips have another caption now than when they were
    /// preprocessed (a, b)"`.
    static func sentences(_ changes: [Change], of count: Int) -> [String] {
        StaleReason.allCases.compactMap { reason in
            let names = changes.filter { $0.reasons.contains(reason) }.map(\.item.name)
            guard !names.isEmpty else { return nil }
            let isOne = names.count == 1, clips = "\(names.count) of \(counted(count, "clip"))"
            let what =
                switch reason {
                case .caption:
                    "\(isOne ? "has" : "have") another caption now than when \(isOne ? "it was" : "they were") preprocessed"
                case .trigger: "\(isOne ? "was" : "were") preprocessed with another trigger word than there is now"
                case .source: "\(isOne ? "is another video" : "are other videos") now than when preprocessed"
                case .gone: "\(isOne ? "is" : "are") not in the dataset any more, or excluded"
                case .textEncoder: "\(isOne ? "was" : "were") preprocessed with another text encoder than this model's"
                case .vae: "\(isOne ? "was" : "were") preprocessed with another VAE than this model's"
                }
            return "\(clips) \(what) (\(names.nameList))"
        }
    }
    /// Clips that were brought to other sizes than most, as the record of preprocessing has them.
    func otherSizes() -> String? {
        let record = Fingerprints(path)
        let sizes = items.compactMap { item in
            // Of a run at several sizes all are right.
            let inputs = record["latents/\(item.name).pt"]?.inputs
            return (inputs?["sizes"] ?? inputs?["size"]).map { (item.name, $0) }
        }
        let groups = Dictionary(grouping: sizes, by: \.1).sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        guard groups.count > 1 else { return nil }
        let others = groups.dropFirst().map { "\($0.value.count) at \($0.key) (\($0.value.map(\.0).nameList))" }
        return "not all clips have one size: \(groups[0].value.count) at \(groups[0].key), "
            + others.joined(separator: ", ") + ": every batch is of one; pre:run(ds, …) brings all to one"
    }
}
