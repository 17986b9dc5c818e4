import Base
import Torch
import VisionLanguage

/// Answers questions together: each as it would be answered alone.
struct LocalAnswers {
    private let family: any VisionLanguageFamily, model: VisionLanguageModel

    init(_ family: any VisionLanguageFamily, _ model: VisionLanguageModel) {
        (self.family, self.model) = (family, model)
    }

    /// What has become of one question so far.
    private struct Row {
        let question: WaitingQuestion, prompt: VisualPrompt
        var chooser: TokenChooser
        var said: [Int] = [], seen: Set<Int>
        var isOver = false
    }

    /// Finishes every question that can be answered, or fails by itself. Throws what ends them all.
    func answer(_ batch: [WaitingQuestion]) throws {
        try withoutGradients {
            var rows: [Row] = []
            for one in batch {
                do {
                    try one.control.checkpoint()
                    let prompt = try model.prompt(one.question.prompt, one.shown)
                    let chooser = TokenChooser(
                        penalty: family.settings.penalty, temperature: one.question.temperature,
                        topP: family.settings.topP, seed: UInt64.random(in: 0 ... .max))
                    rows.append(Row(question: one, prompt: prompt, chooser: chooser, seen: Set(prompt.ids)))
                } catch let error as TorchError where error.isOutOfMemory && batch.count > 1 {
                    throw error
                } catch {
                    one.finish(.failure(error))
                }
            }
            if !rows.isEmpty { try continued(&rows) }
        }
    }
    private func continued(_ rows: inout [Row]) throws {
        let most = rows.map(\.question.question.maxNewTokens).max() ?? 0
        let session = try model.language.start(rows.map(\.prompt), room: most)
        while true {
            let ids = try next(&rows, session.logits)
            if rows.allSatisfy(\.isOver) { return }
            try session.append(ids)
        }
    }
    /// The next token of each row; of one that is over, any.
    private func next(_ rows: inout [Row], _ logits: Tensor) throws -> [Int] {
        let likeliest = try rows.allSatisfy { $0.chooser.isPlain } ? logits.argmax(1).ints() : nil
        return try rows.indices.map { place in
            if rows[place].isOver { return 0 }
            if rows[place].question.control.isStopped() {
                rows[place].isOver = true
                rows[place].question.finish(.failure(Cancelled()))
                return 0
            }
            let id =
                try likeliest?[place]
                ?? rows[place].chooser.choose(logits.select(0, place).floats(), after: rows[place].seen)
            let hasEnded = family.settings.ends.contains(id)
            if !hasEnded {
                rows[place].said.append(id)
                rows[place].seen.insert(id)
            }
            if hasEnded || rows[place].said.count >= rows[place].question.question.maxNewTokens {
                finish(&rows[place], isCut: !hasEnded)
            }
            return id
        }
    }
    private func finish(_ row: inout Row, isCut: Bool) {
        row.isOver = true
        var usage = CaptionUsage()
        (usage.input, usage.output, usage.requests) = (row.prompt.ids.count, row.said.count, 1)
        row.question.control.spent(usage)
        row.question.finish(.success(CaptionAnswer(text: family.tokenizer.decode(row.said), isCut: isCut)))
    }
}
