import Base
import Configuration
import LTXVideo
import TestSupport
import Testing
import Torch

@testable import Workbench

extension TrainingFixture {
    /// One more clip, of random latents, in `data` or another folder beside it; a caption of `textTokens`, or none.
    func add(_ name: String, _ grid: LatentGrid, textTokens: Int = 256, to part: String = "data") throws {
        let generator = try Generator(seed: UInt64(Checksum.of(name)))
        for folder in ["latents", "conditions"] { try Files.makeFolder(Path.join(self.folder, "\(part)/\(folder)")) }
        try LatentFile.write(
            Tensor.randn([grid.tokens, 128], generator: generator).to(.bfloat16), grid: grid, fps: 24,
            to: Path.join(folder, "\(part)/latents/\(name).pt"))
        try TorchFile.write(
            TorchValue([
                "prompt_embeds": .tensor(try Tensor.randn([textTokens, 64], generator: generator).to(.bfloat16)),
                "prompt_attention_mask": .tensor(try Tensor.arange(to: Double(textTokens)).isBelow(12)),
            ]), to: Path.join(folder, "\(part)/conditions/\(name).pt"))
    }
    static let image = LatentGrid(frames: 1, height: 2, width: 2), wide = LatentGrid(frames: 2, height: 2, width: 4)

    /// Two videos more, of another size, and three images.
    func addOtherSizes() throws {
        for name in ["wide0", "wide1"] { try add(name, Self.wide) }
        for name in ["image0", "image1", "image2"] { try add(name, Self.image) }
    }
}

/// Clips of several sizes and lengths in one training.
@Suite(.serialized) struct BucketTests {
    private func epochs(_ order: inout DataOrder, _ generator: Generator, _ count: Int) throws -> [[[Int]]] {
        try (0..<count).map { _ in
            try order.shuffle(generator)
            var batches: [[Int]] = []
            while let batch = order.next() { batches.append(batch) }
            return batches
        }
    }

    /// torch 2.13, `DataLoader(range(7), 2, shuffle=True, drop_last=True)` after `manual_seed(42)`.
    @Test func `clips of one size come in the batches of torch's loader`() throws {
        var order = DataOrder(buckets: [Int](repeating: 0, count: 7), batch: 2)
        let drawn = try epochs(&order, Generator(seed: 42), 3)
        #expect(
            drawn == [[[1, 2], [3, 6], [4, 5]], [[4, 6], [1, 2], [0, 3]], [[5, 2], [6, 0]]] || drawn[2].count == 3)
        #expect(
            Array(drawn.joined().prefix(8)) == [[1, 2], [3, 6], [4, 5], [4, 6], [1, 2], [0, 3], [5, 2], [6, 0]])
        #expect(order.waiting.isEmpty)
    }
    @Test func `clips that go one by one come in the same order, whatever their sizes`() throws {
        var mixed = DataOrder(buckets: [0, 1, 0, 2, 1, 0, 0], batch: 1)
        var alike = DataOrder(buckets: [Int](repeating: 0, count: 7), batch: 1)
        let drawn = try epochs(&mixed, Generator(seed: 42), 4)
        #expect(try drawn == epochs(&alike, Generator(seed: 42), 4))
        #expect(drawn.allSatisfy { $0.count == 7 })
    }
    @Test func `every batch is of one bucket, and every clip comes as often as the others`() throws {
        let buckets = [0, 0, 0, 0, 0, 1, 1, 1, 2], batch = 4
        var order = DataOrder(buckets: buckets, batch: batch)
        let drawn = try epochs(&order, Generator(seed: 7), 41)
        var counts = [Int](repeating: 0, count: buckets.count)
        for clips in drawn.joined() {
            #expect(clips.count == batch && Set(clips.map { buckets[$0] }).count == 1)
            for clip in clips { counts[clip] += 1 }
        }
        for clip in order.waiting { counts[clip] += 1 }
        #expect(counts == [Int](repeating: 41, count: buckets.count))
        // Nothing waits for more than a batch of its own.
        #expect(order.waiting.count < 3 * batch && Set(drawn.map(\.count)).count > 1)
    }
    @Test func `an epoch is taken up where it was left, also in batches of another size`() throws {
        let buckets = [0, 0, 0, 0, 0, 1, 1, 1, 2]
        var order = DataOrder(buckets: buckets, batch: 2)
        try order.shuffle(Generator(seed: 3))
        _ = order.next()
        let left = Array(order.rest), waiting = order.waiting
        let same = DataOrder(buckets: buckets, batch: 2, rest: left, waiting: waiting)
        #expect(Array(same.rest) == left && same.waiting == waiting && !waiting.isEmpty)
        let other = DataOrder(buckets: buckets, batch: 3, rest: left, waiting: waiting)
        #expect((other.rest.joined() + other.waiting).sorted() == (left.joined() + waiting).sorted())
    }

    @Test func `videos of two sizes and images are trained on side by side, and what a batch is is said`() throws {
        var fixture = try TrainingFixture()
        try fixture.addOtherSizes()
        try fixture.add("short-text", TrainingFixture.image, textTokens: 128)
        fixture.configuration.optimization.batchSize = 2
        fixture.configuration.optimization.gradientAccumulationSteps = 3
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        #expect(run.wait(seconds: Patience.limit) && run.state == .finished && run.history.count == 6)
        #expect(run.history.allSatisfy { $0.loss.isFinite })
        let said = run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
        let note = try #require(said.first { $0.contains("sizes") })
        #expect(
            note
                == "the clips have 4 sizes: 4 of 96x64x17 with 256 text tokens, 3 of 64x64x1 with 256 text tokens (image0, "
                + "image1, image2), 2 of 128x64x9 with 256 text tokens (wide0, wide1), 1 of 64x64x1 with 128 text tokens "
                + "(short-text); a batch is 2 clips of one size, and what an epoch leaves over of a size waits for the next; "
                + "each of the 3 batches of an update counts the same, whatever its size")
    }
    @Test func `a folder of one size says nothing of sizes`() {
        let one = Precomputed.Buckets([.init(grid: TrainingFixture.wide, textTokens: 256)])
        #expect(one.note(["a"], batch: 1, accumulation: 4) == nil)
    }
}
