import Base
import LTXVideo
import NN
import Torch

/// Updates over batches of several kinds (Tests/Fixtures/make_training_cases.py): accumulated ones, images, first frames for some clips of
/// a batch, batches of several sizes in one update, captions that are dropped. Losses, gradient norms and final adapters in fp32.
public struct TrainingCasesStage: ParityStage {
    /// What `--stage` takes.
    public let name = "cases"

    /// The stage.
    public init() {}

    /// Three rows a case.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard let cases = goldens.metadata["cases"]?.object, !cases.members.isEmpty else { return [] }
        let transformer = try model.transformer(.float32)
        return try cases.members.flatMap { one in
            try rows(one.key, one.value.array?.map { $0.array ?? [] } ?? [], transformer, goldens)
        }
    }

    private func rows(
        _ name: String, _ updates: [[JSON]], _ transformer: Transformer, _ goldens: Goldens
    ) throws -> [ParityRow] {
        let adapters = try AdapterSet(
            transformer.linears, tensors: goldens.tensors(after: "lora.init."), source: "lora.init")
        adapters.attach()
        defer { adapters.detach() }
        let optimizer = try AdamW(adapters.parameters)
        var losses: [Double] = [], norms: [Double] = []
        for (place, batches) in updates.enumerated() {
            for (micro, batch) in batches.enumerated() {
                let noisy = try noisy(batch, "\(name).\(place).\(micro)", transformer, goldens)
                losses.append(
                    try TrainingStep.gradients(
                        transformer, noisy, share: 1 / Double(batches.count), checkpointing: .none
                    ).loss.item())
            }
            norms.append(try GradientClip.apply(to: adapters.parameters, maxNorm: 1).norm.item())
            try optimizer.update(rate: 4e-3)
            try adapters.parameters.clearGradients()
        }
        let ours = try adapters.tensors()
        let final = try goldens.tensors(after: "\(name).final.").map { key, value in
            guard let tensor = ours[key] else { throw MissingGradient("no adapter '\(key)'") }
            return try ParityRow.compare("\(name) final \(key)", tensor, value, Tolerance.trained)
        }.max { $0.relative < $1.relative }
        return [
            try .compare("\(name) loss", Tensor(losses), goldens["\(name).loss"], Tolerance.forward),
            try .compare("\(name) gnorm", Tensor(norms), goldens["\(name).gnorm"], Tolerance.gradient),
        ] + (final.map { [$0] } ?? [])
    }

    /// `batch`: `{clips, first_frame, dropped}`.
    private func noisy(
        _ batch: JSON, _ draws: String, _ transformer: Transformer, _ goldens: Goldens
    ) throws -> NoisyBatch {
        let clips = batch["clips"]?.array?.compactMap(\.integer) ?? []
        let dropped = batch["dropped"]?.array?.compactMap(\.bool) ?? []
        let samples = try zip(clips, dropped).map { clip, isDropped in
            try Self.sample(clip, text: isDropped ? "empty" : "clip.\(clip)", goldens)
        }
        return try NoisyBatch(
            TrainingBatch(samples, references: false, path: name, device: transformer.device),
            sigmas: goldens["\(draws).sigmas"], noise: goldens["\(draws).noise"],
            firstFrame: batch["first_frame"]?.array?.compactMap(\.bool) ?? [],
            width: transformer.configuration.width)
    }
    /// A clip with its own caption, or with another one.
    public static func sample(_ clip: Int, text: String, _ goldens: Goldens) throws -> TrainingSample {
        let sizes = goldens.metadata["clips"]?.array?[clip].array?.compactMap(\.number) ?? []
        guard sizes.count == 4 else { throw MissingGradient("no clip \(clip)") }
        return TrainingSample(
            name: "clip \(clip)", latents: try goldens["clip.\(clip).latents"], reference: nil,
            grid: LatentGrid(frames: Int(sizes[0]), height: Int(sizes[1]), width: Int(sizes[2])), fps: sizes[3],
            text: try goldens["\(text).text"], textMask: try goldens["\(text).mask"])
    }
}
