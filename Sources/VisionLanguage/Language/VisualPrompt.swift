import Torch

/// A prompt as a language model takes it: tokens, where they stand, and what is shown in some of their places.
public struct VisualPrompt {
    /// Its tokens.
    public let ids: [Int]
    let positions: VisualPositions
    /// The tokens in whose places pictures stand.
    private let places: Set<Int>
    /// What is put there, in order: (tokens, width); and what is added there behind the first layers.
    private let features: Tensor?, deep: [Tensor]

    /// Throws when there are not as many places as features.
    init(
        _ ids: [Int], _ positions: VisualPositions, places: Set<Int>, features: [Tensor] = [], deep: [[Tensor]] = []
    ) throws {
        (self.ids, self.positions, self.places) = (ids, positions, places)
        self.features = features.isEmpty ? nil : try concatenated(features, axis: 0)
        // What one medium has in every layer, to what one layer has of every medium.
        self.deep = try (deep.first ?? []).indices.map { layer in
            try concatenated(deep.map { $0[layer] }, axis: 0)
        }
        let count = ids.count { places.contains($0) }, shown = self.features?.size(0) ?? 0
        guard count == shown else {
            throw TorchError.failed("the prompt has \(count) places for \(shown) tokens of pictures")
        }
        guard positions.count == ids.count else {
            throw TorchError.failed("\(ids.count) tokens have \(positions.count) positions")
        }
    }
    /// Tokens before the first picture.
    var textCount: Int { ids.firstIndex { places.contains($0) } ?? ids.count }
    /// How many layers have something added behind them.
    var depth: Int { deep.count }

    /// What stands at `range`: (1, tokens, width), and what is added there behind the first layers.
    func embedded(_ range: Range<Int>, _ table: Tensor) throws -> (x: Tensor, deep: [Tensor]) {
        let all = Array(ids[range])
        let texts = try table.embedding(Tensor(all, shape: [1, all.count], device: table.device))
        guard let features else { return (texts, []) }
        // Runs of text and of pictures, in order.
        var taken = ids[..<range.lowerBound].count { places.contains($0) }, place = 0
        var parts: [Tensor] = [], deepParts = deep.map { _ in [Tensor]() }
        while place < all.count {
            let isShown = places.contains(all[place])
            let end = all[place...].firstIndex { places.contains($0) != isShown } ?? all.count
            let text = try texts.slice(1, place..<end), shown = taken..<(taken + end - place)
            func there(_ x: Tensor) throws -> Tensor { try x.slice(0, shown).unsqueezed(0).to(text.dtype) }
            parts.append(isShown ? try there(features) : text)
            for layer in deep.indices { deepParts[layer].append(isShown ? try there(deep[layer]) : try text * 0) }
            if isShown { taken = shown.upperBound }
            place = end
        }
        return (try concatenated(parts, axis: 1), try deepParts.map { try concatenated($0, axis: 1) })
    }
}
