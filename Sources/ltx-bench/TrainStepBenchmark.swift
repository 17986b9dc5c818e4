import Foundations
import LTXVideo
import Torch

/// One LoRA training step: batch 1, 4×16×16 latents = 1024 tokens (25 frames of 512×512), prompt of 60 in 256 tokens,
/// all attention layers, forward, backward, clipping and AdamW.
enum TrainStepBenchmark: Benchmark {
    static let name = "train-step"

    static func run(_ options: BenchmarkOptions) throws {
        let transformer = try Transformer.load(Path.join(options.model, "transformer"), dtype: options.dtype)
        let generator = try Generator(seed: 0), config = transformer.configuration
        let adapters = try AdapterSet(
            transformer, rank: options.rank, alpha: Double(options.rank), generator: generator)
        adapters.attach()
        let optimizer = try AdamW(adapters.parameters)
        let real = 60, mask = try Tensor.arange(to: 256).isBelow(Double(real)).unsqueezed(0)
        let batch = TrainingBatch(
            latents: try Tensor.randn([1, 1024, 128], generator: generator).to(options.dtype),
            text: try Tensor.randn([1, 256, config.captionChannels], generator: generator).to(options.dtype),
            textMask: mask, longestText: real, grid: LatentGrid(frames: 4, height: 16, width: 16), fps: 24)
        var coins = PythonRandom(seed: 0), losses: [Double] = []
        let times = try Measurement.times(options.repetitions) {
            let firstFrame = coins.random() < 0.1
            let sigmas = try TimestepSampler.shiftedLogitNormal().sample(
                batch: 1, tokens: 1024, device: .cpu, generator: generator)
            let noise = try Tensor.randn(batch.latents.shape, dtype: options.dtype, generator: generator)
            let noisy = try NoisyBatch(batch, sigmas: sigmas, noise: noise, firstFrame: firstFrame, width: config.width)
            let loss = try TrainingStep.gradients(transformer, noisy, checkpointing: options.checkpointing).loss
            try optimizer.step(rate: 2e-4, maxNorm: 1)
            losses.append(try loss.item())
        }
        Measurement.emit(
            name, times,
            [
                ("dtype", .string("\(options.dtype)")), ("gc", .bool(options.checkpointing)),
                ("rank", .integer(options.rank)),
                ("lora_params_m", .number(Measurement.rounded(Double(adapters.parameterCount) / 1e6, 2))),
                ("seq", 1024), ("loss_last", .number(Measurement.rounded(losses.last ?? 0, 4))),
                ("threads", .integer(Backend.threads)),
            ])
    }
}
