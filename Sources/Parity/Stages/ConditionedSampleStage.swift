import LTXVideo
import Torch

/// `i2v.*` and `ref.*`: four steps from a first frame, and along a reference video (IC-LoRA).
public struct ConditionedSampleStage: ParityStage {
    /// What `--stage` takes.
    public let name: String
    /// From a first frame.
    public static let image = ConditionedSampleStage(name: "i2v")
    /// Along a reference video.
    public static let reference = ConditionedSampleStage(name: "ref")

    /// Timesteps, the latents after each step, and the final ones.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.has("\(name).final"), goldens.has("t5.caption.mask") else { return [] }
        let vae = try model.vae(.float32), grid = LatentGrid(goldens)
        let schedule = NoiseSchedule(steps: 4)
        let sampler = try VideoSampler(model.transformer(.float32), schedule: schedule)
        var steps: [Tensor] = []
        let result = try withoutGradients {
            try sampler.run(
                prompt: goldens.text("caption", "t5"), negative: goldens.text("negative", "t5"), grid: grid,
                generator: Generator(seed: goldens.seed), conditioning: conditioning(goldens, vae, grid),
                onStep: { steps.append($0) })
        }
        let final =
            try result.reference.map { try concatenated([$0, result.latents], axis: 0) }
            ?? result.latents.transposed(1, 2).unflattened(2, [grid.frames, grid.height, grid.width])
        return [
            try .compare("timesteps", Tensor(schedule.timesteps), goldens["\(name).timesteps"], Tolerance.exact),
            try .compare("steps", stacked(steps), goldens["\(name).steps"], Tolerance.forward),
            try .compare("final", final, goldens["\(name).final"], Tolerance.forward),
        ]
    }

    private func conditioning(
        _ goldens: Goldens, _ vae: VideoVAE, _ grid: LatentGrid
    ) throws -> VideoSampler.Conditioning {
        if name == "i2v" {
            let image = try goldens["i2v.image"].to(.float32).permuted(2, 0, 1) / 255 * 2 - 1
            let video = try image.unsqueezed(1).unsqueezed(0)
            return VideoSampler.Conditioning(firstFrames: { try vae.normalized(vae.encode(video).sample($0)) })
        }
        let frames = try goldens["ref.video"], height = grid.height * 32, width = grid.width * 32
        // Scaled to cover, then cropped in the middle, as the pipeline does.
        let isWide = Double(frames.size(3)) / Double(frames.size(2)) > Double(width) / Double(height)
        let scaled =
            isWide
            ? (height, Int(Double(height) * Double(frames.size(3)) / Double(frames.size(2))))
            : (Int(Double(width) / (Double(frames.size(3)) / Double(frames.size(2)))), width)
        let covering = try frames.resized(height: scaled.0, width: scaled.1, mode: .bilinear)
        let top = (scaled.0 - height) / 2, left = (scaled.1 - width) / 2
        let cropped = try covering.slice(2, top..<top + height).slice(3, left..<left + width)
        let count = (min(frames.size(0), grid.frames * 8 - 7) - 1) / 8 * 8 + 1
        let video = try cropped.slice(0, 0..<count).permuted(1, 0, 2, 3).unsqueezed(0) * 2 - 1
        return VideoSampler.Conditioning(reference: { (try vae.encodeVideo(video, generator: $0), grid) })
    }
}
