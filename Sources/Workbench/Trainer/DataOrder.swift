import Torch

/// The order in which clips are trained on: shuffled anew each epoch, incomplete batches dropped.
///
/// The draws are those of torch's DataLoader in one process: per epoch one int64 that seeds the workers and one that
/// seeds the sampler's own generator, whose permutation is the order.
struct DataOrder {
    private let count: Int, batch: Int
    private var rest: [[Int]] = []

    /// `count` is at least `batch`.
    init(count: Int, batch: Int) { (self.count, self.batch) = (count, batch) }

    /// The indices of the next batch; `generator` is the run's own on the CPU.
    mutating func next(_ generator: Generator) throws -> [Int] {
        if rest.isEmpty {
            _ = try generator.integer()
            let order = try Tensor.permutation(count, generator: Generator(seed: UInt64(try generator.integer())))
                .ints()
            rest = stride(from: 0, to: count - batch + 1, by: batch).map { Array(order[$0..<$0 + batch]) }.reversed()
        }
        return rest.removeLast()
    }
}
