import LTXVideo
import Torch

/// `sample_list.*`, `sample_stoch.*` and `stg*.*`: listed noise levels, stochastic steps, spatio-temporal guidance.
public struct GuidedSampleStage: ParityStage {
    /// What `--stage` takes.
    public let name: String
    private let guidance: @Sendable (Goldens) -> GuidancePlan?

    private static let alone: @Sendable (Goldens) -> GuidancePlan? = { _ in GuidancePlan(Guidance(scale: 1)) }
    private static func led(
        _ scale: Double = 3, rescale: Double = 0.7, _ mode: SkippedAttention.Mode = .attentionValues
    ) -> @Sendable (Goldens) -> GuidancePlan? {
        { _ in
            var plan = GuidancePlan(Guidance(scale: scale, stgScale: 1, stgBlocks: [1], rescale: rescale))
            plan.mode = mode
            return plan
        }
    }
    /// Everything that Lightricks' pipeline can and upstream's cannot.
    public static let all = [
        GuidedSampleStage(name: "sample_list", guidance: alone),
        GuidedSampleStage(name: "sample_stoch", guidance: alone),
        GuidedSampleStage(name: "stg", guidance: led()), GuidedSampleStage(name: "stg_nocfg", guidance: led(1)),
        GuidedSampleStage(name: "stg_norescale", guidance: led(rescale: 1)),
        GuidedSampleStage(name: "stg_skip", guidance: led(3, .attentionSkip)),
        GuidedSampleStage(name: "stg_block", guidance: led(3, .transformerBlock)),
        GuidedSampleStage(name: "stg_list", guidance: listed),
    ]

    /// Lists over noise levels, as the file's metadata has them.
    private static let listed: @Sendable (Goldens) -> GuidancePlan? = { goldens in
        let lists = goldens.metadata["stg_list"]
        func numbers(_ key: String) -> [Double] { lists?[key]?.array?.compactMap(\.number) ?? [] }
        let blocks = lists?["blocks"]?.array?.map { $0.array?.compactMap(\.integer) ?? [] } ?? []
        let scales = numbers("guidance"), stg = numbers("stg"), rescale = numbers("rescale")
        guard Set([scales.count, stg.count, rescale.count, blocks.count]).count == 1 else { return nil }
        let stages = scales.indices.map {
            Guidance(scale: scales[$0], stgScale: stg[$0], stgBlocks: blocks[$0], rescale: rescale[$0])
        }
        var plan = GuidancePlan(times: numbers("times"), stages: stages)
        plan?.isStar = lists?["cfg_star_rescale"]?.bool ?? false
        return plan
    }

    /// Timesteps where the file has them, and the latents after each step.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.has("\(name).steps"), let plan = guidance(goldens) else { return [] }
        let grid = LatentGrid(goldens)
        let schedule = try schedule(goldens)
        var sampler = try VideoSampler(model.transformer(.float32), schedule: schedule, guidance: plan)
        if name == "sample_stoch" {
            sampler.isStochastic = true
            sampler.stepNoise = { try goldens["sample_stoch.draw.0\($0 + 1)"] }
        }
        var steps: [Tensor] = []
        try withoutGradients {
            _ = try sampler.run(
                prompt: text("caption", goldens, model),
                negative: plan.needsNegative ? text("negative", goldens, model) : nil, grid: grid,
                generator: Generator(seed: goldens.seed), onStep: { steps.append($0) })
        }
        var rows: [ParityRow] = []
        if goldens.has("\(name).timesteps") {
            rows.append(
                try .compare("timesteps", Tensor(schedule.timesteps), goldens["\(name).timesteps"], Tolerance.exact))
        }
        if goldens.has("\(name).sigmas") {
            rows.append(try .compare("sigmas", Tensor(schedule.sigmas), goldens["\(name).sigmas"], 1e-7))
        }
        rows.append(try .compare("steps", stacked(steps), goldens["\(name).steps"], Tolerance.forward))
        return rows
    }
    /// Stored embeddings where the file has them; else the model's own of the prompt.
    private func text(_ prompt: String, _ goldens: Goldens, _ model: ParityModel) throws -> TextCondition {
        if goldens.has("t5.\(prompt).mask") { return try goldens.text(prompt, "t5") }
        let words = goldens.metadata[prompt] ?? goldens.metadata["prompts"]?[prompt]
        return try model.text(words?.string ?? "")
    }
    private func schedule(_ goldens: Goldens) throws -> NoiseSchedule {
        switch name {
        case "sample_list": return NoiseSchedule(.listed(ModelSampling.distilledLevels), steps: 8, tokens: 0)
        // The last of fourteen steps is left out: the one before it goes all the way.
        case "stg_list":
            let levels = try goldens["stg_list.times"].floats().map(Double.init)
            return NoiseSchedule(.listed(levels), steps: levels.count, tokens: 0)
        default: return NoiseSchedule(steps: 8)
        }
    }
}

extension ParityModel {
    /// A prompt as sampling takes it: encoded with its mask, in fp32.
    func text(_ prompt: String) throws -> TextCondition {
        let tokens = try tokenizer().encode(prompt, length: 256), encoder = try textEncoder(.float32)
        let mask = try Tensor(tokens.mask, shape: [1, 256], device: device)
        let ids = try Tensor(tokens.identifiers, shape: [1, 256], device: device)
        return TextCondition(
            embeddings: try withoutGradients { try encoder(ids, mask: mask) }, mask: try mask.to(.bool),
            length: tokens.mask.reduce(0, +))
    }
}
