import Base
import LTXVideo
import Torch

extension Precomputed {
    /// What a model and a batch ask of clips.
    struct Demands {
        /// Channels of latents, and width of caption embeddings.
        var channels: Int, textWidth: Int
        /// Clips in a batch: more than one must have one size.
        var batch: Int
        /// Whether every clip needs reference latents of its own size.
        var needsReference: Bool
        /// How the folder of reference latents is called, for errors.
        var referenceFolder: String
    }

    /// Opens every clip's files, before anything is trained, and throws `PrecomputedError` for what would fail later: files that
    /// cannot be read, clips of another model, of several sizes in one batch, without a reference. Looks at headers; the values are
    /// not read. Returns what is worth a note.
    func require(_ demands: Demands) throws -> [String] {
        var remarks: [String] = [], wrong: [String] = [], sizes: [LatentGrid: [String]] = [:],
            texts: [Int: [String]] = [:]
        for item in items {
            let sample = try sample(item)
            if let remark = sample.remark { remarks.append(remark) }
            sizes[sample.grid, default: []].append(item.name)
            texts[sample.text.size(0), default: []].append(item.name)
            if sample.latents.size(1) != demands.channels {
                throw PrecomputedError.otherModel(
                    item.latents, "latents of \(sample.latents.size(1)) channels", "\(demands.channels)")
            }
            if sample.text.size(1) != demands.textWidth {
                throw PrecomputedError.otherModel(
                    item.condition, "a caption embedding \(sample.text.size(1)) wide", "\(demands.textWidth)")
            }
            guard demands.needsReference else { continue }
            guard let reference = sample.reference, let path = item.reference else {
                wrong.append(item.name)
                continue
            }
            guard reference.shape == sample.latents.shape else {
                throw PrecomputedError.shape(
                    path,
                    "has \(reference.size(0)) tokens of \(reference.size(1)) channels, its clip '\(item.name)' has "
                        + "\(sample.latents.size(0)) of \(sample.latents.size(1)): a reference must have the size and length of "
                        + "its clip; make it again (ds:references{…}) and preprocess")
            }
        }
        if let first = wrong.first {
            throw PrecomputedError.noReference(path, first, folder: demands.referenceFolder, others: wrong.count - 1)
        }
        if demands.batch > 1 {
            if sizes.count > 1 { throw PrecomputedError.mixed(path, Self.listed(sizes) { "\($0) latent cells" }) }
            if texts.count > 1 { throw PrecomputedError.mixed(path, Self.listed(texts) { "\($0) text tokens" }) }
        }
        // One is as good as all of them.
        let more = remarks.count > 1 ? ["so it is with \(remarks.count - 1) more"] : []
        return remarks.prefix(1) + more + unfinished()
    }

    /// `"24 of 3x2x3 latent cells, 1 of 2x2x3 latent cells ('odd')"`: the most frequent first, the rare ones by name.
    private static func listed<Key: Hashable>(_ groups: [Key: [String]], _ text: (Key) -> String) -> String {
        let sorted = groups.sorted { ($1.value.count, text($0.key)) < ($0.value.count, text($1.key)) }
        return sorted.map { key, names in
            "\(names.count) of \(text(key))" + (names.count <= 3 ? " ('\(names.joined(separator: "', '"))')" : "")
        }.joined(separator: ", ")
    }

    /// What a preprocessing that was stopped has left undone.
    func unfinished() -> [String] {
        let names = Fingerprints(path).unfinished.map { String($0.drop { $0 != "/" }.dropFirst().dropLast(3)) }
        guard !names.isEmpty else { return [] }
        let clips = Set(names).sorted()
        return [
            "preprocessing was stopped before it was done with \(counted(clips.count, "clip")) "
                + "(\(clips.nameList)); pre:run(ds, …) goes on"
        ]
    }
}
