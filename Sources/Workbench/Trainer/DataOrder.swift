import Torch

/// The order in which clips are trained on: shuffled anew each epoch, in batches of one bucket.
///
/// The draws are those of torch's DataLoader in one process: per epoch one int64 that seeds the workers and one that
/// seeds the sampler's own generator, whose permutation is the order. Where all clips are in one bucket the batches are the
/// DataLoader's, too, and an incomplete one at the end is dropped. Where there are several a batch comes when its last clip does,
/// and what is left over waits for the next epoch: a bucket is drawn as often as its share of the clips, however small it is.
struct DataOrder {
    /// Of each clip.
    private let buckets: [Int]
    private let batch: Int, hasOne: Bool
    /// The batches of this epoch that have not been taken, in order.
    private(set) var rest: ArraySlice<[Int]> = []
    /// Clips that have been drawn and wait for others of their bucket.
    private(set) var waiting: [Int] = []

    /// There are at least `batch` clips. `rest`, `waiting`: what was left of an epoch, perhaps in batches of another size.
    init(buckets: [Int], batch: Int, rest: [[Int]] = [], waiting: [Int] = []) {
        (self.buckets, self.batch) = (buckets, batch)
        hasOne = Set(buckets).count == 1
        deal(rest.joined() + waiting)
    }
    private mutating func deal(_ clips: [Int]) {
        var open: [Int: [Int]] = [:], full: [[Int]] = []
        for clip in clips {
            open[buckets[clip], default: []].append(clip)
            if let complete = open[buckets[clip]], complete.count == batch {
                full.append(complete)
                open[buckets[clip]] = nil
            }
        }
        rest = full[...]
        waiting = hasOne ? [] : open.sorted { $0.key < $1.key }.flatMap(\.value)
    }

    /// Draws the order of an epoch; `generator` is the run's own on the CPU.
    mutating func shuffle(_ generator: Generator) throws {
        _ = try generator.integer()
        let seed = UInt64(try generator.integer())
        deal(waiting + (try Tensor.permutation(buckets.count, generator: Generator(seed: seed)).ints()))
    }
    /// The indices of the next batch; nil when the epoch is over.
    mutating func next() -> [Int]? { rest.popFirst() }
}
