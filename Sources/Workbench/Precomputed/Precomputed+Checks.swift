import Base

extension Precomputed {
    /// What is in the folder.
    public struct Statistics: Sendable, Equatable {
        /// Clips with latents and a caption embedding.
        public let count: Int
        /// Tokens of all clips together.
        public let tokens: Int
        /// Pixel sizes such as `"768x448x89"`, the most frequent first.
        public let sizes: [(size: String, count: Int)]
        /// Frames a second such as `"24.0"`, the most frequent first.
        public let rates: [(rate: String, count: Int)]

        /// All four agree, the order of sizes and rates included.
        public static func == (a: Self, b: Self) -> Bool {
            a.count == b.count && a.tokens == b.tokens && a.sizes.elementsEqual(b.sizes, by: ==)
                && a.rates.elementsEqual(b.rates, by: ==)
        }
    }

    /// Reads every latents file. Throws for one that cannot be read.
    public var statistics: Statistics {
        get throws {
            let files = try items.map { try LatentFile($0.latents) }
            func counted(_ names: [String]) -> [(String, Int)] {
                Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
                    .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
            }
            return Statistics(
                count: files.count, tokens: files.reduce(0) { $0 + $1.grid.tokens },
                sizes: counted(files.map(\.grid.videoSize))
                    .map { (size: $0.0, count: $0.1) },
                rates: counted(files.map { "\(($0.fps * 100).rounded() / 100)" }).map { (rate: $0.0, count: $0.1) })
        }
    }

    /// One sentence for everything that is wrong: latents without a caption embedding, clips that the dataset they were
    /// made for does not have or excludes, or that no preprocessing here has made, captions, triggers and files that are
    /// others now, files that cannot be read or do not fit together, rates that are none.
    ///
    /// - Parameter model: what is to be trained: its text encoder and VAE are compared with those that were used.
    public func problems(for model: ModelFolder? = nil) -> [String] {
        var widths: [String: [Int: [String]]] = [:]
        let ofFiles = items.compactMap { item -> String? in
            do {
                let sample = try sample(item)
                widths["latents", default: [:]][sample.latents.size(1), default: []].append(item.name)
                widths["caption embeddings", default: [:]][sample.text.size(1), default: []].append(item.name)
                let broken = try [("latents", sample.latents), ("caption embedding", sample.text)].first {
                    try !$0.1.isFiniteOnHost()
                }
                if let broken { return "the \(broken.0) of '\(item.name)' have values that are not finite" }
                if let reference = sample.reference {
                    if reference.shape != sample.latents.shape {
                        return "the reference latents of '\(item.name)' have another size than its latents"
                    }
                    if try !reference.isFiniteOnHost() {
                        return "the reference latents of '\(item.name)' have values that are not finite"
                    }
                }
                return sample.remark
            } catch { return "\(error)" }
        }
        return orphans.map { "'\($0)' has latents but no caption embedding" } + unfinished() + strays() + missing()
            + stale(for: model) + widths.sorted { $0.key < $1.key }.flatMap { Self.mixed($0.key, $0.value) } + ofFiles
    }

    /// Files of different models: those that are not like most.
    private static func mixed(_ what: String, _ widths: [Int: [String]]) -> [String] {
        let groups = widths.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        guard let usual = groups.first else { return [] }
        return groups.dropFirst().map { width, names in
            "the \(what) of \(names.nameList) are \(width) wide and those of most \(usual.key): they are of another model"
        }
    }
    /// Caption embeddings without latents, and clips of the dataset of which nothing was made.
    private func missing() -> [String] {
        let known = Set(items.map(\.name)).union(orphans), record = Fingerprints(path)
        let alone = ((try? Self.files(in: Path.join(path, "conditions"))) ?? []).filter { name in
            let numbered = Path.name(name).hasPrefix("condition_") ? "latent_\(Path.name(name).dropFirst(10))" : name
            return !known.contains(name) && !known.contains(numbered)
        }
        let clips = Set((Array(known) + alone).map { record.clip(of: $0) })
        let datasets = Set(items.compactMap { record["latents/\($0.name).pt"]?.dataset }).sorted()
        let left = datasets.flatMap { name -> [String] in
            let metadata = Path.absolute(Path.join(DatasetLocation.resolved(path), name))
            return (Self.clips(metadata) ?? []).subtracting(clips).sorted()
        }
        return alone.map { "'\($0)' has a caption embedding but no latents" }
            + (left.isEmpty
                ? []
                : [
                    "\(counted(left.count, "clip is", "clips are")) in the dataset and not preprocessed (\(left.nameList))"
                ])
    }

    /// What has changed since; clips that have gone are strays.
    private func stale(for model: ModelFolder?) -> [String] {
        do {
            let changes = try changes(for: model).filter { !$0.reasons.contains(.gone) }
            return Self.sentences(changes, of: items.count).map { $0 + ": pre:run(ds, …)" }
                + [otherSizes()].compactMap(\.self)
        } catch { return ["\(error)"] }
    }
    /// What lies there without belonging, by the record of preprocessing; a folder without one is another program's.
    private func strays() -> [String] {
        let record = Fingerprints(path)
        if record.isEmpty { return [] }
        var datasets: [String: Set<String>?] = [:]
        return items.compactMap { item in
            guard let entry = record["latents/\(item.name).pt"] else {
                return "'\(item.name)' was not made by preprocessing here, and training uses it"
            }
            guard let name = entry.dataset else { return nil }
            let metadata = Path.absolute(Path.join(DatasetLocation.resolved(path), name))
            let clips = datasets[name] ?? Self.clips(metadata)
            datasets[name] = .some(clips)
            guard let clips, !clips.contains(record.clip(of: item.name)) else { return nil }
            return "'\(item.name)' is of a clip that '\(metadata)' does not have or excludes, and training uses it; "
                + "pre:run(ds, …) puts it away"
        }
    }
    /// The clips of a dataset that preprocessing takes, without extension, as they are on the disk; `nil` when it cannot be
    /// read.
    private static func clips(_ metadata: String) -> Set<String>? {
        guard let entries = OpenDatasets.entries(at: metadata)?.filter({ !$0.excluded }) else { return nil }
        return Set(entries.map { Path.withoutExtension($0.mediaPath) })
    }
}
