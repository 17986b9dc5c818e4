import Base
import Foundation
import NN
import Parity
import Testing
import TestSupport
import Text
import Torch

@testable import VisionLanguage

/// A tiny Qwen2.5-VL against values of transformers 4.52 (Tests/Fixtures/cut_qwen.py).
@Suite struct QwenParityTests {
    private static let folder = Path.join(
        Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures/models/qwen25vl")

    @Test func `tokens, pictures, features, positions, logits and words are those of transformers`() throws {
        let stage = try #require(QwenStage.all.first)
        let rows = try stage.run(ParityModel(Self.folder), Goldens(Path.join(Self.folder, "golden.safetensors")))
        let labels = Set(rows.map(\.label))
        for label in [
            "tok.unicode", "tok.special", "img.pixel_values", "img.features", "img.input_ids", "img.position_ids",
            "img.gen_ids", "img.logits", "two.gen_ids", "two.logits", "img.gen_ids_rp1",
        ] { #expect(labels.contains(label)) }
        #expect(rows.count { $0.label.hasPrefix("pos.") } > 5)
        for row in rows { #expect(row.passed, "\(row)") }
    }
    @Test func `text comes back from its tokens`() throws {
        let tokenizer = try ByteLevelTokenizer(file: Path.join(Self.folder, "tokenizer.json"))
        for text in ["A boat, 12 of them.", "一只猫 🚤 é", "  spaces\n\nand lines ", ""] {
            #expect(tokenizer.decode(try tokenizer.encode(text)) == text)
        }
        let end = try #require(tokenizer.id(of: "<|im_end|>"))
        #expect(try tokenizer.encode("a<|im_end|>").last == end && tokenizer.decode([end]) == "")
    }
    @Test func `a checkpoint that lacks a tensor or has one too many is refused with its key, new names are taken`()
        throws
    {
        let whole = try Checkpoint.read(Self.folder, stem: "model"), path = Path.join(Self.folder, "config.json")
        let config = try QwenConfiguration(json: Files.json(path), path: path)
        func load(_ tensors: [String: Tensor]) throws -> QwenModel {
            try Weights(tensors, source: "here").whole { try QwenModel($0, config) }
        }
        var renamed: [String: Tensor] = [:]
        for (key, tensor) in whole {
            let isText = key.hasPrefix("model."), isVisual = key.hasPrefix("visual.")
            renamed[isText ? "model.language_\(key)" : isVisual ? "model.\(key)" : key] = tensor
        }
        #expect(try load(renamed).byteCount == load(whole).byteCount)
        var less = whole, more = whole
        less["visual.merger.mlp.0.bias"] = nil
        more["visual.extra.weight"] = whole["lm_head.weight"]
        for (tensors, key) in [(less, "visual.merger.mlp.0.bias"), (more, "visual.extra.weight")] {
            do {
                _ = try load(tensors)
                Issue.record("loaded")
            } catch { #expect("\(error)".contains(key), "\(error)") }
        }
    }
    @Test func `one token at a time is what a single pass gives`() throws {
        let model = try QwenModel.load(Self.folder), ids = [5, 9, 300, 41, 7]
        try withoutGradients {
            let whole = try model.start(ids, [], model.positions(ids, []), room: 1)
            let begun = Array(ids.prefix(2)), session = try model.start(begun, [], model.positions(begun, []), room: 3)
            for id in ids.dropFirst(2) { try session.append(id) }
            #expect(try ParityRow.compare("logits", session.logits, whole.logits, 1e-5).passed)
        }
    }
}
