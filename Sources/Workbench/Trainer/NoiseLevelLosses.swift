import LTXVideo
import Torch

/// The losses of an update's samples with their noise levels, while they are on the device.
struct NoiseLevelLosses {
    /// Of each micro-batch: (2, batch), σ and the loss.
    private(set) var batches: [Tensor] = []

    /// - Parameter velocity: outside the graph.
    mutating func add(_ batch: NoisyBatch, _ velocity: Tensor) throws {
        batches.append(try stacked([batch.sigmas.to(.float32), batch.losses(velocity)]))
    }
    /// Those of a micro-batch as they were added on another rank: (2, batch).
    mutating func add(_ figures: Tensor) { batches.append(figures) }
    /// How many numbers it is.
    var count: Int { batches.reduce(0) { $0 + $1.count } }

    /// The mean loss in each fifth of the noise levels that a sample was in, by the fifth's middle, from the lowest on.
    ///
    /// - Parameter numbers: of all batches, one after the other, as they were read.
    func means(_ numbers: some Collection<Float>) -> [Run.Evaluation.Level] {
        var sums = HeldOut.levels.map { _ in (loss: 0.0, count: 0) }, rest = Array(numbers)[...]
        for batch in batches {
            let size = batch.size(1), sigmas = rest.prefix(size), losses = rest.dropFirst(size).prefix(size)
            rest = rest.dropFirst(2 * size)
            for (sigma, loss) in zip(sigmas, losses) where sigma.isFinite && loss.isFinite {
                let place = min(max(0, Int(Double(sigma) * Double(sums.count))), sums.count - 1)
                sums[place] = (sums[place].loss + Double(loss), sums[place].count + 1)
            }
        }
        return zip(HeldOut.levels, sums).compactMap { sigma, sum in
            sum.count > 0 ? Run.Evaluation.Level(sigma: sigma, loss: sum.loss / Double(sum.count)) : nil
        }
    }
}
