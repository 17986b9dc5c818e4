import Torch

/// Prompts and what comes after them, side by side: each row is what it would be alone.
public final class Continuation {
    /// After the last tokens: (prompts, vocabulary), fp32.
    public private(set) var logits: Tensor
    private let model: LanguageModel
    private let cache: [LayerCache]
    private var positions: [VisualPositions]
    /// What hides the padding, for all the tokens there will be: (prompts, 1, 1, tokens). Nil where there is none.
    private let hidden: Tensor?

    /// What is added to a logit that does not count; small enough to be added twice in fp16.
    private static let least = -3e4

    init(_ model: LanguageModel, _ prompts: [VisualPrompt], room: Int) throws {
        guard let first = prompts.first else { throw TorchError.failed("there is no prompt to continue") }
        self.model = model
        positions = prompts.map(\.positions)
        // The text that all of them begin with is gone through once; the rest is padded on the left, where nobody looks.
        let shared = Self.shared(prompts), rests = prompts.map { $0.ids.count - shared }
        let width = rests.max() ?? 0, decoder = model.decoder
        cache = try decoder.cache(rows: prompts.count, room: shared + width + room)
        if shared > 0 {
            let turn = try decoder.turn([first.positions.axes.map { Array($0[..<shared]) }])
            _ = try decoder(first.embedded(0..<shared, decoder.table).x, turn, cache)
        }
        var rows: [Tensor] = [], deep: [[Tensor]] = [], places: [[[Int]]] = []
        let depth = prompts.map(\.depth).max() ?? 0
        for (prompt, rest) in zip(prompts, rests) {
            var (x, added) = try prompt.embedded(shared..<prompt.ids.count, decoder.table)
            while added.count < depth { added.append(try x * 0) }
            let padding = width - rest
            func padded(_ x: Tensor) throws -> Tensor { padding == 0 ? x : try x.padded([0, 0, padding, 0]) }
            rows.append(try padded(x))
            deep.append(try added.map(padded))
            places.append(prompt.positions.axes.map { [Int](repeating: 0, count: padding) + $0[shared...] })
        }
        let gaps = rests.map { shared..<(shared + width - $0) }
        hidden = try gaps.allSatisfy(\.isEmpty) ? nil : Self.hidden(gaps, shared + width + room, model)
        let mask = try shared == 0 && hidden == nil ? nil : Self.mask(shared, width, hidden, model)
        let states = try decoder(
            concatenated(rows, axis: 0), decoder.turn(places), cache, mask: mask,
            deep: (0..<depth).map { layer in try concatenated(deep.map { $0[layer] }, axis: 0) })
        logits = try model.logits(states)
    }

    /// Takes the next token of each prompt.
    public func append(_ ids: [Int]) throws {
        guard ids.count == positions.count else {
            throw TorchError.failed("\(ids.count) tokens for \(positions.count) prompts")
        }
        let places = positions.indices.map { positions[$0].advance().axes }, decoder = model.decoder
        let x = try decoder.table.embedding(Tensor(ids, shape: [ids.count, 1], device: model.device))
        let mask = try hidden.map { try $0.slice(3, 0..<((cache.first?.count ?? 0) + 1)) }
        logits = try model.logits(decoder(x, decoder.turn(places), cache, mask: mask))
    }

    // MARK: What is seen

    /// Tokens of text that several prompts begin with; something is left of each.
    private static func shared(_ prompts: [VisualPrompt]) -> Int {
        guard prompts.count > 1, let first = prompts.first else { return 0 }
        var count = prompts.map { min($0.textCount, $0.ids.count - 1) }.min() ?? 0
        for prompt in prompts.dropFirst() {
            count = zip(first.ids, prompt.ids).prefix(count).prefix { $0 == $1 }.count
        }
        return count
    }
    private static func hidden(_ gaps: [Range<Int>], _ tokens: Int, _ model: LanguageModel) throws -> Tensor {
        let flat = gaps.flatMap { gap in (0..<tokens).map { gap.contains($0) ? Float(least) : 0 } }
        return try Tensor(flat, shape: [gaps.count, 1, 1, tokens]).to(model.device).to(model.dtype)
    }
    /// Of `width` tokens after `before` others: none looks ahead. (prompts, 1, width, tokens)
    private static func mask(_ before: Int, _ width: Int, _ hidden: Tensor?, _ model: LanguageModel) throws -> Tensor {
        let sees = try Tensor.arange(to: Double(before + width)).unsqueezed(0)
        let own = try (Tensor.arange(to: Double(width)) + Double(before)).unsqueezed(1)
        let ahead = try (sees.isAbove(own).to(.float32) * least).to(model.device).to(model.dtype)
        return try hidden.map { try $0.slice(3, 0..<(before + width)) + ahead } ?? ahead.unsqueezed(0).unsqueezed(0)
    }
}
