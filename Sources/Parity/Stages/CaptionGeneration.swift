import Base
import NN
import Torch
import VisionLanguage

/// What captioners say, token by token, beside what the reference said.
struct CaptionGeneration {
    let language: LanguageModel, settings: GenerationConfiguration, goldens: Goldens

    /// `gen_ids` and `logits` below a key, and `gen_ids_rp1` where it has them: without a penalty.
    func rows(_ label: String, _ prefix: String, _ prompt: VisualPrompt, _ tolerance: Double) throws -> [ParityRow] {
        var rows = try compared(label, [prefix], [prompt], settings.penalty, tolerance)
        if goldens.has("\(prefix).gen_ids_rp1") {
            let reference = try goldens["\(prefix).gen_ids_rp1"].ints()
            let said = try continued([prompt], [reference.count], penalty: 1)[0].ids
            rows.append(try .compare(label + "gen_ids_rp1", Tensor(said), Tensor(reference), Tolerance.exact))
        }
        return rows
    }
    /// Several prompts at a time, each against what it is alone: `gen_ids` and `logits` below a key for each.
    func compared(
        _ label: String, _ prefixes: [String], _ prompts: [VisualPrompt], _ penalty: Double, _ tolerance: Double
    ) throws -> [ParityRow] {
        let references = try prefixes.map { try goldens["\($0).gen_ids"].ints() }
        let ours = try continued(prompts, references.map(\.count), penalty: penalty)
        return try prefixes.indices.flatMap { place -> [ParityRow] in
            let label = prefixes.count > 1 ? "\(label)row\(place)." : label, own = ours[place]
            // In fewer bits the likeliest token may be another where two are close; what follows is then another text.
            let reference = tolerance > Tolerance.forward ? Array(references[place].prefix(1)) : references[place]
            let count = reference.count, logits = try goldens["\(prefixes[place]).logits"].slice(0, 0..<count)
            return [
                try .compare(
                    label + "gen_ids", Tensor(Array(own.ids.prefix(count))), Tensor(reference), Tolerance.exact),
                try .compare(label + "logits", stacked(Array(own.logits.prefix(count))), logits, tolerance),
            ]
        }
    }
    /// So many tokens of each, or up to its end.
    private func continued(
        _ prompts: [VisualPrompt], _ counts: [Int], penalty: Double
    ) throws -> [(ids: [Int], logits: [Tensor])] {
        let session = try language.start(prompts, room: (counts.max() ?? 0) + 1)
        var chooser = TokenChooser(penalty: penalty)
        var said = prompts.map { _ in (ids: [Int](), logits: [Tensor]()) }
        func isOver(_ row: Int) -> Bool {
            said[row].ids.count >= counts[row] || said[row].ids.last.map(settings.ends.contains) ?? false
        }
        while !prompts.indices.allSatisfy(isOver) {
            let next = try prompts.indices.map { row in
                guard !isOver(row) else { return 0 }
                let logits = try session.logits.select(0, row)
                let id = chooser.choose(try logits.floats(), after: Set(prompts[row].ids + said[row].ids))
                said[row].ids.append(id)
                said[row].logits.append(logits)
                return id
            }
            try session.append(next)
        }
        return said
    }
}

extension Goldens {
    /// Rows of a prompt's tokens, without what they are padded with on the left.
    func prompts(_ prefix: String) throws -> [[Int]] {
        let rows = try self["\(prefix).input_ids"].unbound(0).map { try $0.ints() }
        guard has("\(prefix).attention_mask") else { return rows }
        let masks = try self["\(prefix).attention_mask"].unbound(0).map { try $0.ints() }
        return zip(rows, masks).map { row, mask in zip(row, mask).filter { $1 == 1 }.map(\.0) }
    }
    /// Grids of images or videos, one a row of the key.
    func grids(_ key: String) throws -> [VisualGrid] {
        guard has(key) else { return [] }
        return try self[key].unbound(0).map {
            let sizes = try $0.ints()
            return VisualGrid(frames: sizes[0], height: sizes[1], width: sizes[2])
        }
    }
    /// Token IDs of the prompts below a key, against a tokenizer's.
    func tokens(_ prefix: String, _ encode: (String) throws -> [Int]) throws -> [ParityRow] {
        try (metadata["prompts"]?.object?.members ?? []).compactMap { prompt, text in
            let key = "\(prefix).tok.\(prompt)"
            guard has(key), let text = text.string else { return nil }
            return try .compare("tok.\(prompt)", Tensor(encode(text)), self[key], Tolerance.exact)
        }
    }
    /// Whether the file's values of this kind came out of a folder.
    func isOf(_ key: String, _ folder: String) -> Bool {
        metadata[key]?.string.map { Path.name($0) == Path.name(folder) } ?? false
    }
    /// Which frames of clips are looked at: keys `TOTAL_FPS_WANTED`.
    func frameChoices(_ prefix: String, _ choose: (Int, Double, Double) -> [Int]) throws -> [ParityRow] {
        try keys(after: "\(prefix).sample_idx.").compactMap { key in
            let figures = key.split(separator: "_").compactMap { Double($0) },
                reference = try self["\(prefix).sample_idx.\(key)"]
            // The reference divides by zero, or looks at nothing; we look at one frame.
            guard figures.count == 3, reference.count > 0 else { return nil }
            let ours = choose(Int(figures[0]), figures[1], figures[2])
            return try .compare("sample_idx.\(key)", Tensor(ours), reference.to(.int64), Tolerance.exact)
        }
    }
}
