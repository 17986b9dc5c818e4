import Base
import Torch

/// What a run was trained on: every clip's name, and sums of its files.
///
/// A run that goes on elsewhere, or later, must find the same clips in the same order. The sums are those that `.pt` files carry,
/// so that nothing is read for them.
struct DataIdentity: Equatable, Sendable {
    /// Sums of latents, caption embedding and, where it is used, reference.
    private let clips: [String: [String]]
    private static let parts = ["other latents", "another caption embedding", "other reference latents"]

    init(_ data: Precomputed, usesReference: Bool) throws {
        clips = try Dictionary(
            uniqueKeysWithValues: data.items.map { item in
                let files = [item.latents, item.condition] + (usesReference ? [item.reference].compactMap(\.self) : [])
                return (item.name, try files.map { Checksum.text(try TorchFile.fingerprint($0)) })
            })
    }

    /// `nil` for what none was written as.
    init?(_ json: JSON?) {
        guard let members = json?.object?.members else { return nil }
        var clips: [String: [String]] = [:]
        for (name, sums) in members { clips[name] = sums.array?.compactMap(\.string) }
        self.clips = clips
    }
    var json: JSON {
        .object(
            JSONObject(clips.sorted { $0.key < $1.key }.map { (key: $0, value: .array($1.map(JSON.string))) }))
    }

    /// How `other`, what is there now, differs: the end of a sentence; nil when it does not.
    func difference(from other: DataIdentity) -> String? {
        let gone = clips.keys.filter { other.clips[$0] == nil }.sorted()
        let new = other.clips.keys.filter { clips[$0] == nil }.sorted()
        let others = clips.compactMap { name, sums -> String? in
            guard let now = other.clips[name], now != sums else { return nil }
            let place = zip(now, sums).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
            return "'\(name)' has \(Self.parts[min(place, 2)])"
        }.sorted()
        let words =
            (gone.isEmpty ? [] : ["without \(gone.nameList)"]) + (new.isEmpty ? [] : ["with \(new.nameList) besides"])
            + others.prefix(3) + (others.count > 3 ? ["so have \(others.count - 3) more"] : [])
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }
}
