import LTXVideo
import Torch

/// `sample.*`, `samplebf16.*`, `sample_term.*` and `sample_nocfg.*`: eight steps from the golden prompt embeddings.
public struct SampleStage: ParityStage {
    /// What `--stage` takes.
    public let name: String
    private let dtype: DType, tolerance: Double, guidance: Double, shiftTerminal: Float?

    /// fp32, bf16, fp32 with a stretched schedule, and fp32 without guidance.
    public static let all = [
        SampleStage(name: "sample", dtype: .float32, tolerance: Tolerance.forward, guidance: 3.5, shiftTerminal: nil),
        SampleStage(name: "samplebf16", dtype: .bfloat16, tolerance: Tolerance.bf16, guidance: 3.5, shiftTerminal: nil),
        SampleStage(
            name: "sample_term", dtype: .float32, tolerance: Tolerance.forward, guidance: 3.5, shiftTerminal: 0.1),
        SampleStage(
            name: "sample_nocfg", dtype: .float32, tolerance: Tolerance.forward, guidance: 1, shiftTerminal: nil),
    ]

    /// Timesteps, σ and each step where the file has them, then the final latents.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        let text = dtype == .float32 ? "t5" : "t5bf16"
        guard goldens.has("\(name).final"), goldens.has("\(text).caption.mask"), goldens.has("tok.caption.mask256")
        else { return [] }
        let schedule = NoiseSchedule(steps: 8, shiftTerminal: shiftTerminal)
        let sampler = try VideoSampler(
            model.transformer(dtype), schedule: schedule, guidance: GuidancePlan(Guidance(scale: guidance)))
        let grid = LatentGrid(goldens)
        var rows: [ParityRow] = [], steps: [Tensor] = []
        let result = try withoutGradients {
            try sampler.run(
                prompt: goldens.text("caption", text), negative: guidance > 1 ? goldens.text("negative", text) : nil,
                grid: grid,
                generator: Generator(seed: goldens.seed), onStep: { steps.append($0) })
        }
        if goldens.has("\(name).timesteps") {
            rows.append(
                try .compare("timesteps", Tensor(schedule.timesteps), goldens["\(name).timesteps"], Tolerance.exact))
            rows.append(try .compare("sigmas", Tensor(schedule.sigmas), goldens["\(name).sigmas"], 1e-7))
            rows.append(try .compare("steps", stacked(steps), goldens["\(name).steps"], tolerance))
        }
        let final = try result.latents.transposed(1, 2).unflattened(2, [grid.frames, grid.height, grid.width])
        rows.append(try .compare("final", final, goldens["\(name).final"], tolerance))
        return rows
    }
}

extension Goldens {
    /// A golden prompt as sampling takes it: encoded with its mask.
    func text(_ prompt: String, _ prefix: String) throws -> TextCondition {
        let mask = try self["tok.\(prompt).mask256"].to(.bool).unsqueezed(0)
        return TextCondition(
            embeddings: try self["\(prefix).\(prompt).mask"].unsqueezed(0), mask: mask,
            length: try mask.sum().itemInt())
    }
}
