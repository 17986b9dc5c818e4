import Base
import NN
import TestSupport
import Testing
import Torch

@testable import VisionLanguage

/// Captioners of full size, without their weights: published keys, shapes and sizes.
@Suite struct CaptionShapeTests {
    private static let names = ["llava-next-video-7b", "qwen2.5-vl-7b", "qwen3-vl-2b", "qwen3-vl-4b", "qwen3-vl-8b"]

    @Test(arguments: names) func `a full-size captioner takes the published keys and shapes, and no other`(
        _ name: String
    ) throws {
        let shapes = try ShapeList.read(Fixture.path("shapes/\(name).txt"))
        let tensors = try shapes.mapValues { try Tensor.empty($0, device: .meta) }
        let weights = Weights(tensors, source: name, policy: WeightPolicy(on: .meta))
        try build(name, weights)
        try weights.finish()
        #expect(weights.taken.count == shapes.count)
    }
    @Test(arguments: names) func `memory is told from the sizes, and a 7B fits into 8 GB in four bits`(_ name: String)
        throws
    {
        let shapes = try ShapeList.read(Fixture.path("shapes/\(name).txt"))
        for format in [nil, QuantizedFormat.int8, .int4] {
            let policy = WeightPolicy(.bfloat16, on: .meta, quantization: format)
            let weights = Weights(policy: policy) { _, shape in
                try Tensor.empty(shape, dtype: .bfloat16, device: .meta)
            }
            try build(name, weights)
            // Two bytes a number; of the language model's layers a byte or half of one, and a scale (and a shift) in two bytes each.
            let expected = shapes.reduce(0) { sum, entry in
                let count = entry.value.reduce(1, *)
                let isLayer =
                    entry.value.count == 2 && entry.key.contains(".layers.") && !entry.key.contains("vision_tower")
                guard isLayer, let format else { return sum + 2 * count }
                return sum + (format == .int8 ? count + 2 * entry.value[0] : count / 2 + 4 * count / 128)
            }
            #expect(weights.byteCount == expected)
            if format == .int4 { #expect(expected < 8_000_000_000) }
        }
    }
    private func build(_ name: String, _ weights: Weights) throws {
        let path = Fixture.path("shapes/\(name).json"), json = try Files.json(path)
        switch json["model_type"]?.string {
        case LlavaFamily.modelType: _ = try LlavaModel(weights, LlavaConfiguration(json: json, path: path))
        case Qwen3Family.modelType: _ = try Qwen3Model(weights, Qwen3Configuration(json: json, path: path))
        default: _ = try QwenModel(weights, QwenConfiguration(json: json, path: path))
        }
    }

    @Test func `what LLaVA's file says nothing of is Llama's 7B, its positions go on slowly`() throws {
        let path = Fixture.path("shapes/llava-next-video-7b.json")
        let config = try LlavaConfiguration(json: Files.json(path), path: path)
        #expect(config.text.width == 4096 && config.text.hidden == 11008 && config.text.layers == 32)
        #expect(config.text.factor == 2.5 && config.text.context == 4096 && config.visionLayers == 23)
        #expect(config.text.epsilon == 1e-5 && config.text.base == 10000)
    }
    @Test(arguments: [
        (#"{"rope_scaling": {"type": "yarn", "factor": 4}}"#, "yarn"), (#"{"hidden_act": "gelu"}"#, "gelu"),
        (#"{"num_key_value_heads": 5}"#, "num_attention_heads"), (#"{"attention_bias": true}"#, "attention_bias"),
    ]) func `a decoder that is built otherwise is refused with what is other`(text: String, named: String) throws {
        let json: JSON = ["model_type": "llava_next_video", "text_config": try JSON(parsing: text)]
        do {
            _ = try LlavaConfiguration(json: json, path: "config.json")
            Issue.record("taken")
        } catch { #expect("\(error)".contains(named), "\(error)") }
    }
}
