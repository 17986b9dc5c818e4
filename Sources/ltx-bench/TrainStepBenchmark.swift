import Base
import LTXVideo
import NN
import Torch

/// One LoRA training step: batch 1, 4×16×16 latents = 1024 tokens (25 frames of 512×512) unless `--grid` says
/// otherwise, prompt of 60 in 256 tokens,
/// all attention layers, forward, backward, clipping and AdamW.
enum TrainStepBenchmark: Benchmark {
    static let name = "train-step"

    static func run(_ options: BenchmarkOptions) throws {
        let transformer =
            try options.size?.transformer(options.policy)
            ?? Transformer.load(Path.join(options.model, "transformer"), options.policy)
        let generator = try Generator(seed: 0, device: options.device), config = transformer.configuration
        let adapters = try AdapterSet(
            transformer.linears, rank: options.rank, alpha: Double(options.rank),
            targets: ["to_k", "to_q", "to_v", "to_out.0"], generator: generator)
        adapters.attach()
        let optimizer = try AdamW(adapters.parameters)
        let grid = options.size?.grid ?? options.grid, tokens = grid.tokens
        let real = 60, mask = try Tensor.arange(to: 256).isBelow(Double(real)).unsqueezed(0).to(options.device)
        let batch = TrainingBatch(
            latents: try Tensor.randn([1, tokens, 128], device: options.device, generator: generator).to(options.dtype),
            text: try Tensor.randn([1, 256, config.captionChannels], device: options.device, generator: generator)
                .to(options.dtype),
            textMask: mask, longestText: real, grid: grid, fps: [24])
        var coins = PythonRandom(seed: 0), losses: [Double] = []
        let times = try Measurement.times(options) {
            let firstFrame = coins.random() < 0.1
            let sigmas = try NoiseLevelSampler.shiftedLogitNormal().sample(
                batch: 1, tokens: tokens, device: options.device, generator: generator)
            let noise = try Tensor.randn(
                batch.latents.shape, dtype: options.dtype, device: options.device, generator: generator)
            let noisy = try NoisyBatch(batch, sigmas: sigmas, noise: noise, firstFrame: firstFrame, width: config.width)
            let loss = try TrainingStep.gradients(
                transformer, noisy, checkpointing: Recomputation(options.checkpointing)
            ).loss
            let clip = try GradientClip.apply(to: adapters.parameters, maxNorm: 1)
            try optimizer.update(rate: 2e-4, skip: clip.notFinite)
            try adapters.parameters.clearGradients()
            losses.append(try loss.item())
        }
        Measurement.emit(
            name, times,
            [
                ("dtype", .string("\(options.dtype)")), ("device", .string("\(options.device)")),
                ("gc", .bool(options.checkpointing)), ("weights", .string("\(options.policy)")),
                ("rank", .integer(options.rank)),
                ("lora_params_m", .number(Measurement.rounded(Double(adapters.parameterCount) / 1e6, 2))),
                ("seq", .integer(tokens)), ("loss_last", .number(Measurement.rounded(losses.last ?? 0, 4))),
                ("threads", .integer(Backend.threads)),
            ])
    }
}
