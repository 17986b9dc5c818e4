import Base
import Media
import Synchronization

// MARK: What was preprocessed of it

extension Dataset {
    /// Clips of which another caption, with another trigger, or another file was preprocessed than there is now, by place.
    /// Only what preprocessing has written beside the dataset is looked at.
    public var outdated: Set<Int> {
        let ids = ids, found = outdated(among: ids)
        return Set(ids.indices.filter { found.contains(ids[$0]) }.map { $0 + 1 })
    }
    func outdated(among ids: [Int]) -> Set<Int> {
        guard let record = store.prepared.record(in: Path.join(folder, ".precomputed")) else { return [] }
        let state = store.state, own = Path.join("..", Path.name(store.location.metadata))
        let preparation = Preparation(
            record: record, contents: DatasetContents(state, folder: folder, project: project))
        let parts = record.parts
        return Set(
            ids.filter { id in
                let entry = state.records[id].entry, clip = Path.withoutExtension(entry.mediaPath)
                return (parts[clip] ?? [clip]).contains { name in
                    let known = record["conditions/\(name).pt"] ?? record["latents/\(name).pt"]
                    guard let known, known.dataset ?? own == own else { return false }
                    return preparation.reasons(name, entry, isSame: store.prepared.isSame).contains { $0 != .gone }
                }
            })
    }
}

extension Clip {
    /// Something else was preprocessed of it than there is now.
    public var isOutdated: Bool { Dataset(store).outdated(among: [id]).contains(id) }
}

/// The record of preprocessing as a table needs it: read again when it changes, and no file is hashed twice.
final class PreparedCache: Sendable {
    private struct Known: Sendable {
        var stamp: FileStamp?
        var record: Fingerprints?
        var comparisons: [String: Bool] = [:]
    }
    private let known = Mutex(Known())

    /// `nil` where nothing was preprocessed.
    func record(in folder: String) -> Fingerprints? {
        guard let stamp = try? FileStamp(Path.join(folder, "fingerprints.json")) else { return nil }
        if let record = known.withLock({ $0.stamp == stamp ? $0.record : nil }) { return record }
        let record = Fingerprints(folder)
        known.withLock { ($0.stamp, $0.record) = (stamp, record) }
        return record
    }
    func isSame(_ path: String, _ provenance: Provenance) -> Bool {
        guard let stamp = try? FileStamp(path), stamp.text != provenance.stamp else { return true }
        let key = "\(path) \(stamp.text) \(provenance.content ?? "")"
        if let answer = known.withLock({ $0.comparisons[key] }) { return answer }
        let answer = (try? Preparation.isSame(path, provenance)) ?? true
        known.withLock { $0.comparisons[key] = answer }
        return answer
    }
}
