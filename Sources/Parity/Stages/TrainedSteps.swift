import LTXVideo
import NN
import Torch

/// The figures of 20 steps on `train.*` with fixed noise: batch 2, AdamW at 4e-3, linear schedule to 10 %, clipping at 1.
struct TrainedSteps {
    private var losses: [Double] = [], norms: [Double] = [], rates: [Double] = []

    /// Trains what hangs on the transformer already. `recomputing`: what is recomputed in a step, which must not show.
    init(
        _ transformer: Transformer, _ trainable: any Trainable, _ goldens: Goldens, _ dtype: DType,
        recomputing: (_ step: Int) -> Recomputation
    ) throws {
        let latents = try goldens["train.latents"].to(dtype), text = try goldens["train.text"].to(dtype)
        let mask = try goldens["train.mask"], sigmas = try goldens["train.sigmas"]
        let noise = try goldens["train.noise"].to(dtype), parameters = trainable.parameters
        let steps = sigmas.size(0), optimizer = try AdamW(parameters)
        let schedule = LearningRateSchedule.linear(start: 1, end: 0.1, over: steps)
        for step in 0..<steps {
            let start = (2 * step) % 4
            let batch = TrainingBatch(
                latents: try latents.slice(0, start..<start + 2), text: try text.slice(0, start..<start + 2),
                textMask: try mask.slice(0, start..<start + 2), grid: LatentGrid(goldens), fps: [24, 24])
            let noisy = try NoisyBatch(
                batch, sigmas: sigmas.select(0, step), noise: noise.select(0, step), firstFrame: false,
                width: transformer.configuration.width)
            losses.append(
                try TrainingStep.gradients(transformer, noisy, checkpointing: recomputing(step)).loss.item())
            rates.append(schedule.rate(4e-3, step: step))
            norms.append(try GradientClip.apply(to: parameters, maxNorm: 1).norm.item())
            try optimizer.update(rate: rates[step])
            try parameters.clearGradients()
        }
    }

    /// Beside the reference's under `name`.
    func rows(_ goldens: Goldens, _ name: String, _ loss: Double, _ weight: Double) throws -> [ParityRow] {
        [
            try .compare("loss", Tensor(losses), goldens["\(name).loss"], loss),
            try .compare("lr", Tensor(rates), goldens["\(name).lr"], 1e-12),
            try .compare("gnorm", Tensor(norms), goldens["\(name).gnorm"], weight),
        ]
    }
}
