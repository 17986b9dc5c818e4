import Base
import Configuration
import LTXVideo
import NN
import Torch

/// Clips that a run is measured by and not trained on: the loss over them at fixed noise levels and with fixed noise, so that
/// nothing but the model changes it.
///
/// It draws from generators of its own, seeded by the clips' names: a run goes on as if nothing had been measured, and two runs are
/// measured by the same draws.
struct HeldOut: Sendable {
    /// σ at which every clip is looked at, over the whole range.
    static let levels = [0.1, 0.3, 0.5, 0.7, 0.9]
    let data: Precomputed
    let usesReference: Bool

    /// The mean loss at each of the levels, with what hangs on the model's layers; nil when `shouldStop` says so in between.
    func losses(
        _ transformer: Transformer, shouldStop: () -> Bool, _ clipDone: (Int) -> Void
    ) throws -> [Double]? {
        var sums = [Double](repeating: 0, count: Self.levels.count)
        for (place, item) in data.items.enumerated() {
            if shouldStop() { return nil }
            for (level, loss) in try losses(item, transformer).enumerated() { sums[level] += loss }
            clipDone(place + 1)
        }
        return sums.map { $0 / Double(data.items.count) }
    }

    private func losses(_ item: Precomputed.Item, _ transformer: Transformer) throws -> [Double] {
        let device = transformer.device
        let batch = try TrainingBatch(
            [data.sample(item)], references: usesReference, path: data.path, device: device)
        // On the host, so that every device is measured by the same noise.
        let noise = try Tensor.randn(
            batch.latents.shape, dtype: .float32, generator: Generator(seed: UInt64(Checksum.of(item.name)))
        ).to(batch.latents.dtype).to(device)
        return try withoutGradients {
            try stacked(
                Self.levels.map { level in
                    let noisy = try NoisyBatch(
                        batch, sigmas: Tensor([Float(level)], device: device), noise: noise, firstFrame: false,
                        width: transformer.configuration.width)
                    return try noisy.loss(transformer(noisy.input))
                })
        }.floats().map(Double.init)
    }
}

extension HeldOut {
    /// The clips of `whole` that are trained on, and those that are held out of it or come from a folder of their own; nil when the
    /// configuration asks for none.
    ///
    /// Which clips a share takes depends on their names alone: not on the seed, and hardly on clips that are added.
    static func divide(
        _ whole: Precomputed, _ configuration: TrainingConfiguration
    ) throws -> (training: Precomputed, heldOut: HeldOut?) {
        let usesReference = configuration.conditioning.mode == .referenceVideo
        if let root = configuration.data.validationDataRoot {
            let other = try Precomputed(
                opening: root, references: configuration.conditioning.referenceLatentsDir)
            return (whole, HeldOut(data: other, usesReference: usesReference))
        }
        let share = configuration.data.validationSplit
        guard share > 0 else { return (whole, nil) }
        guard whole.items.count > 1 else { throw PrecomputedError.oneClip(whole.path) }
        let count = min(max(1, Int((Double(whole.items.count) * share).rounded())), whole.items.count - 1)
        let shuffled = whole.items.map(\.name).sorted { (Checksum.of($0), $0) < (Checksum.of($1), $1) }
        let chosen = Set(shuffled.prefix(count))
        return (
            whole.with(whole.items.filter { !chosen.contains($0.name) }),
            HeldOut(data: whole.with(whole.items.filter { chosen.contains($0.name) }), usesReference: usesReference)
        )
    }
}
