import Base
import Configuration
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

/// First frames for each clip of a batch, and captions that are dropped.
@Suite(.serialized) struct ConditioningChanceTests {
    private func transformer() throws -> Transformer {
        try Transformer.load(Path.join(TrainingFixture.model, "transformer"), WeightPolicy(.bfloat16))
    }
    private func writeEmptyCaption(_ fixture: TrainingFixture) throws {
        try TorchFile.write(
            TorchValue([
                "prompt_embeds": .tensor(try Tensor.ones([256, 64], dtype: .bfloat16)),
                "prompt_attention_mask": .tensor(try Tensor.arange(to: 256).isBelow(1)),
            ]), to: Path.join(fixture.folder, "data/empty_caption.pt"))
    }

    @Test(arguments: [false, true])
    func `a first frame is given to all of a batch, or drawn for each clip`(perSample: Bool) throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.batchSize = 2
        fixture.configuration.conditioning.firstFrameConditioningP = 0.5
        fixture.configuration.conditioning.firstFrameConditioningPerSample = perSample
        var loop = try fixture.loop(transformer())
        let drawn = try (0..<24).map { _ in try loop.draw().batch.conditioned }
        #expect(Set(drawn.joined()) == [0, 6])
        #expect(drawn.contains { Set($0).count == 2 } == perSample)
    }

    @Test(arguments: [(0.0, 0...0), (0.5, 8...40), (1.0, 48...48)])
    func `captions are dropped as often as was asked, each clip by itself`(
        chance: Double, expected: ClosedRange<Int>
    ) throws {
        var fixture = try TrainingFixture()
        try writeEmptyCaption(fixture)
        fixture.configuration.optimization.batchSize = 2
        fixture.configuration.conditioning.captionDropoutP = chance
        var loop = try fixture.loop(transformer()), dropped = 0, halves = 0
        for _ in 0..<24 {
            let input = try loop.draw().batch.input, mask = try #require(input.textMask)
            let lengths = try (0..<2).map { try mask.select(0, $0).ints().reduce(0, +) }
            for (row, length) in lengths.enumerated() where length == 1 {
                dropped += 1
                #expect(
                    try input.text.select(0, row).isEqual(to: .ones(input.text.select(0, row).shape, dtype: .bfloat16)))
            }
            #expect(Set(lengths).isSubset(of: [1, 20]))
            if Set(lengths).count == 2 { halves += 1 }
        }
        #expect(expected.contains(dropped) && (halves > 0) == (chance == 0.5), "\(dropped), \(halves)")
    }

    @Test func `an empty caption that is not there is encoded by the model's text encoder, and kept`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.conditioning.captionDropoutP = 1
        fixture.configuration.optimization.steps = 2
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let run = try trainer.start(fixture.configuration), path = Path.join(fixture.folder, "data/empty_caption.pt")
        #expect(run.wait(seconds: Patience.limit) && run.state == .finished, "\(run.failure.map { "\($0)" } ?? "")")
        let text = try ConditionFile.read(path)
        #expect(try text.embeddings.shape == [256, 64] && text.mask.ints().reduce(0, +) == 1)
        let stamp = try FileStamp(path).text
        fixture.configuration.outputDir += "2"
        #expect(try trainer.start(fixture.configuration).wait(seconds: Patience.limit))
        #expect(try FileStamp(path).text == stamp)
        #expect(try Precomputed(opening: fixture.folder + "/data").items.count == 4)
    }
    @Test func `an empty caption of another model is named with the clip that it does not fit`() throws {
        var fixture = try TrainingFixture()
        try writeEmptyCaption(fixture)
        fixture.configuration.conditioning.captionDropoutP = 1
        try fixture.add("long-text", TrainingFixture.image, textTokens: 300)
        var loop = try fixture.loop(transformer())
        #expect { while true { _ = try loop.draw() } } throws: {
            "\($0)".contains("empty_caption.pt' has shape [256, 64], the caption of 'long-text' has [300, 64]")
        }
    }
}
