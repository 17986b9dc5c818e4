import Torch

/// The order in which clips are trained on: shuffled anew each epoch, incomplete batches dropped.
///
/// The draws are those of torch's DataLoader in one process: per epoch one int64 that seeds the workers and one that
/// seeds the sampler's own generator, whose permutation is the order.
struct DataOrder {
    private let count: Int, batch: Int
    /// The batches of this epoch that have not been taken, in order.
    private(set) var rest: ArraySlice<[Int]> = []

    /// `count` is at least `batch`. `rest`: what was left of an epoch, perhaps in batches of another size.
    init(count: Int, batch: Int, rest: [[Int]] = []) {
        (self.count, self.batch) = (count, batch)
        self.rest = Self.batches(Array(rest.joined()), of: batch)
    }
    private static func batches(_ order: [Int], of size: Int) -> ArraySlice<[Int]> {
        order.count < size
            ? [] : stride(from: 0, to: order.count - size + 1, by: size).map { Array(order[$0..<$0 + size]) }[...]
    }

    /// Draws the order of an epoch; `generator` is the run's own on the CPU.
    mutating func shuffle(_ generator: Generator) throws {
        _ = try generator.integer()
        let order = try Tensor.permutation(count, generator: Generator(seed: UInt64(try generator.integer()))).ints()
        rest = Self.batches(order, of: batch)
    }
    /// The indices of the next batch; nil when the epoch is over.
    mutating func next() -> [Int]? { rest.popFirst() }
}
