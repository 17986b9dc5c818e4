import Base
import NN
import Parity
import Testing
import Torch

@testable import VisionLanguage

/// Tiny captioners against values of transformers 4.52 and 5.23.
@Suite struct CaptionParityTests {
    private static let cases: [(stage: String, folder: String, labels: [String])] = [
        (
            "qwen", Fixture.qwen,
            [
                "tok.unicode", "tok.special", "img.pixel_values", "img.features", "img.input_ids", "img.position_ids",
                "img.gen_ids", "img.logits", "two.gen_ids", "two.logits", "img.gen_ids_rp1",
                "pos.g8x16x16.position_ids",
                "pos.two_videos.position_ids", "523.pos.g8x16x16.position_ids", "523.pos.g8x16x16.rope_deltas",
                "batch.row0.gen_ids", "batch.row0.logits", "batch.row1.gen_ids", "batch.row1.logits",
            ]
        ),
        (
            "cap", Fixture.llava,
            [
                "tok.unicode", "tok.special", "tok.space", "tok.long", "523.tok.space", "523.tok.special",
                "sample_idx.60_5.0_3", "523.sample_idx.100_25.0_3", "input_ids", "523.input_ids", "features", "gen_ids",
                "logits", "img.input_ids", "523.img.input_ids", "img.packed", "img.gen_ids", "img.logits",
            ]
        ),
        (
            "qwen3", Fixture.qwen3,
            [
                "tok.unicode", "sample_idx.577_54.3485_2", "sample_idx.7_24.0_2", "input_ids", "position_ids",
                "features",
                "deepstack.0", "deepstack.1", "gen_ids", "logits", "img.input_ids", "img.position_ids", "img.features",
                "img.deepstack.1", "img.gen_ids", "img.logits", "523.input_ids", "523.position_ids", "523.gen_ids",
                "523.logits",
            ]
        ),
    ]

    @Test(arguments: cases)
    func `tokens, frames, pictures, features, positions, logits and words are those of transformers`(
        stage: String, folder: String, labels: [String]
    ) throws {
        let stage = try #require(Parity.stages.first { $0.name == stage })
        let rows = try stage.run(ParityModel(folder), Goldens(Path.join(folder, "golden.safetensors")))
        let found = Set(rows.map(\.label))
        for label in labels { #expect(found.contains(label), "\(label) of \(found.sorted())") }
        for row in rows { #expect(row.passed, "\(row)") }
    }

    // MARK: Checkpoints

    private static let renamings: [(folder: String, names: [(old: String, new: String)], missing: String)] = [
        (
            Fixture.qwen, [("model.", "model.language_model."), ("visual.", "model.visual.")],
            "visual.merger.mlp.0.bias"
        ),
        (
            Fixture.llava,
            [
                ("language_model.model.", "model.language_model."), ("language_model.lm_head.", "lm_head."),
                ("vision_tower.vision_model.", "model.vision_tower."),
                ("multi_modal_projector.", "model.multi_modal_projector."), ("image_newline", "model.image_newline"),
            ], "multi_modal_projector.linear_1.bias"
        ),
        (Fixture.qwen3, [], "model.visual.deepstack_merger_list.1.norm.weight"),
    ]
    @Test(arguments: renamings)
    func `a checkpoint that lacks a tensor or has one too many is refused with its key, new names are taken`(
        folder: String, names: [(old: String, new: String)], missing: String
    ) throws {
        let whole = try Checkpoint.read(folder, stem: "model")
        var renamed: [String: Tensor] = [:]
        for (key, tensor) in whole {
            let name = names.first { key.hasPrefix($0.old) }
            renamed[name.map { $0.new + key.dropFirst($0.old.count) } ?? key] = tensor
        }
        #expect(try byteCount(renamed, folder) == byteCount(whole, folder))
        var less = whole, more = whole
        less[missing] = nil
        more["model.visual.extra.weight"] = whole[missing]
        for (tensors, key) in [(less, missing), (more, "model.visual.extra.weight")] {
            do {
                _ = try byteCount(tensors, folder)
                Issue.record("loaded")
            } catch { #expect("\(error)".contains(key), "\(error)") }
        }
    }
    /// Of a model that took all of the tensors.
    private func byteCount(_ tensors: [String: Tensor], _ folder: String) throws -> Int {
        let path = Path.join(folder, "config.json"), json = try Files.json(path)
        return try Weights(tensors, source: "here").whole { w in
            switch json["model_type"]?.string {
            case LlavaFamily.modelType: try LlavaModel(w, LlavaConfiguration(json: json, path: path)).byteCount
            case Qwen3Family.modelType: try Qwen3Model(w, Qwen3Configuration(json: json, path: path)).byteCount
            default: try QwenModel(w, QwenConfiguration(json: json, path: path)).byteCount
            }
        }
    }
    @Test func `older files of CLIP number their places, which is taken and not used`() throws {
        var tensors = try Checkpoint.read(Fixture.llava, stem: "model")
        tensors["vision_tower.vision_model.embeddings.position_ids"] = try Tensor(Array(0..<37), shape: [1, 37])
        #expect(try byteCount(tensors, Fixture.llava) > 0)
    }
}
