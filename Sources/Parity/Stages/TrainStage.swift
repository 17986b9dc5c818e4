import LTXVideo
import NN
import Torch

/// `train.f32.*`, `train.bf16.*` and `train.int8.*`: the losses, gradient norms and final adapters of 20 steps with fixed noise (batch
/// 2, AdamW at 4e-3, linear schedule to 10 %, clipping at 1).
public struct TrainStage: ParityStage {
    /// What `--stage` takes.
    public let name: String
    private let dtype: DType, quantization: QuantizedFormat?, lossTolerance: Double, weightTolerance: Double

    /// In fp32.
    public static let fp32 = TrainStage(
        name: "train.f32", dtype: .float32, quantization: nil, lossTolerance: Tolerance.forward,
        weightTolerance: Tolerance.trained)
    /// In bf16.
    public static let bf16 = TrainStage(
        name: "train.bf16", dtype: .bfloat16, quantization: nil, lossTolerance: Tolerance.bf16Loss,
        weightTolerance: Tolerance.bf16Trained)
    /// In bf16 on a base in int8.
    public static let int8 = TrainStage(
        name: "train.int8", dtype: .bfloat16, quantization: .int8, lossTolerance: Tolerance.bf16Loss,
        weightTolerance: Tolerance.bf16Trained)

    /// Rows for losses, rates and norms, and one for the adapter that is furthest off.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.has("\(name).loss") else { return [] }
        let transformer = try model.transformer(dtype, quantization)
        let adapters = try AdapterSet(
            transformer.linears, tensors: goldens.tensors(after: "lora.init."), source: "lora.init")
        adapters.attach()
        defer { adapters.detach() }
        let latents = try goldens["train.latents"].to(dtype), text = try goldens["train.text"].to(dtype)
        let mask = try goldens["train.mask"], sigmas = try goldens["train.sigmas"]
        let noise = try goldens["train.noise"].to(dtype)
        let steps = sigmas.size(0), optimizer = try AdamW(adapters.parameters)
        let schedule = LearningRateSchedule.linear(start: 1, end: 0.1, over: steps)
        var losses: [Double] = [], norms: [Double] = [], rates: [Double] = []
        for step in 0..<steps {
            let start = (2 * step) % 4
            let batch = TrainingBatch(
                latents: try latents.slice(0, start..<start + 2), text: try text.slice(0, start..<start + 2),
                textMask: try mask.slice(0, start..<start + 2), grid: LatentGrid(goldens), fps: [24, 24])
            let noisy = try NoisyBatch(
                batch, sigmas: sigmas.select(0, step), noise: noise.select(0, step), firstFrame: false,
                width: transformer.configuration.width)
            losses.append(
                try TrainingStep.gradients(transformer, noisy, checkpointing: Recomputation(step % 2 == 1)).loss.item())
            rates.append(schedule.rate(4e-3, step: step))
            norms.append(try GradientClip.apply(to: adapters.parameters, maxNorm: 1).norm.item())
            try optimizer.update(rate: rates[step])
            try adapters.parameters.clearGradients()
        }
        var rows = [
            try ParityRow.compare("loss", Tensor(losses), goldens["\(name).loss"], lossTolerance),
            try .compare("lr", Tensor(rates), goldens["\(name).lr"], 1e-12),
            try .compare("gnorm", Tensor(norms), goldens["\(name).gnorm"], weightTolerance),
        ]
        let final = try goldens.tensors(after: "\(name).final.")
        let ours = try adapters.tensors()
        let worst = try final.map { key, value in
            guard let tensor = ours[key] else { throw MissingGradient("no adapter '\(key)'") }
            return try ParityRow.compare("final \(key)", tensor, value, weightTolerance)
        }.max { $0.relative < $1.relative }
        rows += worst.map { [$0] } ?? []
        return rows
    }
}
