import Base
import LTXVideo
import NN
import Text
import Torch

/// The trainer's validation: T5 on the prompt and the negative prompt, 8 steps with guidance 3.5, VAE decode;
/// 25 frames of 256×256.
enum SampleBenchmark: Benchmark {
    static let name = "sample"
    private static let prompt =
        "A professional portrait video of a person with blurry bokeh background, wearing a nice suit."
    private static let negative = "worst quality, inconsistent motion, blurry, jittery, distorted"

    static func run(_ options: BenchmarkOptions) throws {
        let folder = options.model, dtype = options.dtype
        let tokenizer = try T5Tokenizer(folder: Path.join(folder, "tokenizer"))
        let encoder = try T5Encoder.load(Path.join(folder, "text_encoder"), WeightPolicy(dtype, on: options.device))
        let vae = try VideoVAE.load(Path.join(folder, "vae"), WeightPolicy(dtype, on: options.device))
        let transformer = try Transformer.load(
            Path.join(folder, "transformer"), WeightPolicy(dtype, on: options.device))
        let grid = LatentGrid(frames: 4, height: 8, width: 8)
        func encode(_ text: String) throws -> TextCondition {
            let tokens = try tokenizer.encode(text, length: 256)
            let ids = try Tensor(tokens.identifiers, shape: [1, 256]).to(options.device)
            let mask = try Tensor(tokens.mask, shape: [1, 256]).to(options.device)
            return TextCondition(
                embeddings: try encoder(ids, mask: mask), mask: try mask.to(.bool), length: tokens.mask.reduce(0, +))
        }
        func sample(decoding: Bool) throws {
            try withoutGradients {
                let generator = try Generator(seed: 42)
                let sampler = try VideoSampler(transformer, schedule: NoiseSchedule(steps: 8))
                let result = try sampler.run(
                    prompt: encode(prompt), negative: encode(negative), grid: grid, generator: generator)
                if decoding {
                    _ = try vae.decodeVideo(result.latents, frames: 4, height: 8, width: 8, generator: generator)
                        .clamped(0, 1)
                }
            }
        }
        let latentTimes = try Measurement.times(options) { try sample(decoding: false) }
        let times = try Measurement.times(options, warm: 0) { try sample(decoding: true) }
        Measurement.emit(
            name, times,
            [
                ("dtype", .string("\(dtype)")), ("device", .string("\(options.device)")), ("steps", 8), ("frames", 25),
                ("size", 256),
                ("latent_only_seconds", .number(Measurement.rounded(latentTimes.min() ?? 0, 5))),
            ])
    }
}
