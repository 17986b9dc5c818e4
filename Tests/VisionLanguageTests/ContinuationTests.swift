import Base
import NN
import Parity
import Testing
import Torch

@testable import VisionLanguage

/// Prompts side by side, and one token after the other.
@Suite struct ContinuationTests {
    private func text(_ ids: [Int]) throws -> VisualPrompt {
        try VisualPrompt(ids, VisualPositions(text: ids.count), places: [])
    }
    @Test(arguments: [Fixture.qwen, Fixture.llava, Fixture.qwen3])
    func `one token at a time is what a single pass gives`(_ folder: String) throws {
        let language = try #require(try VisionLanguageFamilies.open(folder, nil)).load(WeightPolicy()).language
        let ids = [5, 9, 300, 41, 7]
        try withoutGradients {
            let whole = try language.start([text(ids)], room: 1)
            let session = try language.start([text(Array(ids.prefix(2)))], room: 3)
            for id in ids.dropFirst(2) { try session.append([id]) }
            #expect(try ParityRow.compare("logits", session.logits, whole.logits, 1e-5).passed)
            #expect(throws: TorchError.self) { try session.append([1]) }
        }
    }
    // Beginnings that all share, none, everything but the last, and one prompt that is the beginning of another.
    @Test(arguments: [
        [[1, 50, 60, 70, 80, 90], [1, 50, 60, 33], [1, 50, 60, 200, 201]], [[3, 4, 5], [9], [8, 7, 6, 5, 4, 3, 2]],
        [[1, 2, 3, 4], [1, 2, 3, 5]], [[1, 2, 3], [1, 2, 3, 4, 5]],
    ]) func `a row of a batch is what it is alone`(_ rows: [[Int]]) throws {
        for folder in [Fixture.qwen, Fixture.llava, Fixture.qwen3] {
            let language = try #require(try VisionLanguageFamilies.open(folder, nil)).load(WeightPolicy()).language
            try withoutGradients {
                let batch = try language.start(rows.map(text), room: 2)
                let alone = try rows.map { try language.start([text($0)], room: 2) }
                for step in 0..<3 {
                    for (row, one) in alone.enumerated() {
                        let own = try batch.logits.select(0, row)
                        #expect(
                            try ParityRow.compare("row", own, one.logits.select(0, 0), 1e-5).passed, "\(step), \(row)")
                    }
                    if step == 2 { break }
                    let ids = rows.indices.map { 17 + $0 + step }
                    try batch.append(ids)
                    for (id, one) in zip(ids, alone) { try one.append([id]) }
                }
            }
        }
    }
    @Test(arguments: [QuantizedFormat.int8, .int4])
    func `in fewer bits the decoder's matrices alone are rounded`(_ format: QuantizedFormat) throws {
        for folder in [Fixture.qwen, Fixture.llava, Fixture.qwen3] {
            let family = try #require(try VisionLanguageFamilies.open(folder, nil))
            let policy = WeightPolicy(.float32, quantization: format)
            let small = try family.load(policy), whole = try family.load(WeightPolicy(.float32))
            #expect(small.byteCount < whole.byteCount)
            #expect(try small.byteCount == family.byteCount(policy))
            var rounded = try Checkpoint.read(folder, stem: "model"), count = 0
            for (key, tensor) in rounded where tensor.rank == 2 && key.contains(".layers.") && !key.contains("vision") {
                rounded[key] = try QuantizedTensor(tensor, as: format).dense(.float32)
                count += 1
            }
            #expect(count >= 14)
            let expected = try language(rounded, folder), prompt = try text([5, 9, 300, 41, 7])
            try withoutGradients {
                let a = try small.language.start([prompt], room: 1).logits
                let b = try expected.start([prompt], room: 1).logits,
                    c = try whole.language.start([prompt], room: 1).logits
                let row = try ParityRow.compare("logits", a, b, 1e-4)
                #expect(row.passed, "\(folder): \(row)")
                #expect(try ParityRow.compare("logits", c, b, 1).relative > 1e-3)
            }
        }
    }
    private func language(_ tensors: [String: Tensor], _ folder: String) throws -> LanguageModel {
        let path = Path.join(folder, "config.json"), json = try Files.json(path)
        return try Weights(tensors, source: "here").whole { w in
            switch json["model_type"]?.string {
            case LlavaFamily.modelType: try LlavaModel(w, LlavaConfiguration(json: json, path: path)).language
            case Qwen3Family.modelType: try Qwen3Model(w, Qwen3Configuration(json: json, path: path)).language
            default: try QwenModel(w, QwenConfiguration(json: json, path: path)).language
            }
        }
    }
}
