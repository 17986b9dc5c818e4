import Base
import LTXVideo
import Torch

extension Precomputed {
    /// What a model and a batch ask of clips.
    struct Demands {
        /// Channels of latents, and width of caption embeddings.
        var channels: Int, textWidth: Int
        /// Whether every clip needs reference latents of its own size.
        var needsReference: Bool
        /// How the folder of reference latents is called, for errors.
        var referenceFolder: String
    }

    /// Opens every clip's files, before anything is trained, and throws `PrecomputedError` for what would fail later: files that
    /// cannot be read, clips of another model, without a reference. Looks at headers; the values are not read. Returns the clips'
    /// buckets and what is worth a note.
    func require(_ demands: Demands) throws -> (buckets: [Bucket], remarks: [String]) {
        var remarks: [String] = [], wrong: [String] = [], buckets: [Bucket] = []
        for item in items {
            let sample = try sample(item)
            if let remark = sample.remark { remarks.append(remark) }
            buckets.append(Bucket(grid: sample.grid, textTokens: sample.text.size(0)))
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
        // One is as good as all of them.
        let more = remarks.count > 1 ? ["so it is with \(remarks.count - 1) more"] : []
        return (buckets, remarks.prefix(1) + more + unfinished())
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
