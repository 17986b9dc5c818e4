import Base
import LTXVideo
import NN
import Text
import Torch

/// Four prompts to embeddings, tokenizer included: 4 × 256 tokens, no attention mask, as upstream's preprocessing does.
enum T5EncodeBenchmark: Benchmark {
    static let name = "t5-encode"
    private static let prompts = [
        "A cat walks slowly in the garden.",
        "A professional portrait video of a person with blurry bokeh background, wearing a nice suit.",
        Array(repeating: "The golden robot dances gracefully near the misty castle while snow falls.", count: 9)
            .joined(separator: " "),
        "worst quality, inconsistent motion, blurry, jittery, distorted",
    ]

    static func run(_ options: BenchmarkOptions) throws {
        let tokenizer = try T5Tokenizer(folder: Path.join(options.model, "tokenizer"))
        let encoder = try T5Encoder.load(
            Path.join(options.model, "text_encoder"), WeightPolicy(options.dtype, on: options.device))
        let times = try withoutGradients {
            try Measurement.times(options) {
                let ids = try prompts.flatMap { try tokenizer.encode($0, length: 256).identifiers }
                _ = try encoder(Tensor(ids, shape: [prompts.count, 256]).to(options.device))
            }
        }
        Measurement.emit(
            name, times,
            [
                ("dtype", .string("\(options.dtype)")), ("device", .string("\(options.device)")),
                ("prompts", .integer(prompts.count)), ("tokens", 256),
            ])
    }
}
