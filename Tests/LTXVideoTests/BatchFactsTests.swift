import LTXVideo
import NN
import Parity
import Testing
import Torch

/// What differs from sample to sample of one batch.
@Suite(.serialized) struct BatchFactsTests {
    private let grid = LatentGrid(frames: 3, height: 2, width: 3)

    private func batch(_ goldens: Goldens, _ rows: Range<Int>, fps: [Double], reference: Bool = false) throws
        -> TrainingBatch
    {
        TrainingBatch(
            latents: try goldens["flow.latents"].slice(0, rows),
            reference: reference ? try goldens["flow.ref"].slice(0, rows) : nil,
            text: try goldens["flow.text"].slice(0, rows), textMask: try goldens["flow.mask"].slice(0, rows),
            grid: grid, fps: fps)
    }
    private func noisy(_ goldens: Goldens, _ batch: TrainingBatch, _ rows: Range<Int>, firstFrame: [Bool]) throws
        -> NoisyBatch
    {
        try NoisyBatch(
            batch, sigmas: goldens["flow.sigmas"].slice(0, rows), noise: goldens["flow.noise"].slice(0, rows),
            firstFrame: firstFrame, width: 32)
    }

    @Test func `clips of two rates have their own coordinates, those of one rate share them`() throws {
        let goldens = try Goldens(Fixture.path("models/transformer/golden.safetensors"))
        let mixed = try batch(goldens, 0..<2, fps: [24, 10]).coordinates()
        #expect(mixed.shape == [2, 3, 18])
        for (row, fps) in [24.0, 10].enumerated() {
            let alone = try grid.coordinates(scale: (8 / fps, 32, 32))
            #expect(try mixed.slice(0, row..<row + 1).isEqual(to: alone))
            #expect(try batch(goldens, row..<row + 1, fps: [fps]).coordinates().isEqual(to: alone))
            #expect(try batch(goldens, 0..<2, fps: [fps, fps]).coordinates().isEqual(to: alone))
        }
    }

    @Test(arguments: [
        ([24.0, 10.0], [false, false], false), ([24, 10], [true, true], true), ([24, 24], [true, false], false),
        ([10, 24], [false, true], true),
    ])
    func `a mixed batch is its samples alone`(_ fps: [Double], _ firstFrame: [Bool], _ reference: Bool) throws {
        let folder = Fixture.path("models/transformer"), goldens = try Goldens(folder + "/golden.safetensors")
        let transformer = try ParityModel(folder).transformer(.float32)
        func run(
            _ rows: Range<Int>
        ) throws -> (velocity: Tensor, loss: Double, each: [Float], tokens: Int, inputs: Tensor) {
            let rates = Array(fps[rows]), first = Array(firstFrame[rows])
            let clean = try batch(goldens, rows, fps: rates, reference: reference)
            let noisy = try noisy(goldens, clean, rows, firstFrame: first)
            let velocity = try withoutGradients { try transformer(noisy.input) }
            let counted = noisy.conditioned.reduce(0) { $0 + velocity.size(1) - $1 }
            let each = try noisy.losses(velocity).floats()
            return (velocity, try noisy.loss(velocity).item(), each, counted, noisy.input.latents)
        }
        let both = try run(0..<2), alone = [try run(0..<1), try run(1..<2)]
        for row in 0..<2 {
            #expect(try both.inputs.slice(0, row..<row + 1).isEqual(to: alone[row].inputs))
            let difference = try (both.velocity.slice(0, row..<row + 1) - alone[row].velocity).abs().max().item()
            #expect(difference < 1e-5, "sample \(row)")
            #expect(abs(Double(both.each[row]) - alone[row].loss) < 1e-5 && alone[row].each.count == 1)
        }
        // The mean is over what counts, so that the samples weigh by their tokens.
        let expected = alone.reduce(0) { $0 + $1.loss * Double($1.tokens) } / Double(both.tokens)
        #expect(abs(both.loss - expected) < 1e-5)
        #expect(both.tokens == alone[0].tokens + alone[1].tokens)
    }

    @Test func `samples are stacked with the rate of each`() throws {
        func sample(_ name: String, _ grid: LatentGrid, fps: Double, reference: Tensor? = nil) throws -> TrainingSample
        {
            TrainingSample(
                name: name, latents: try .ones([grid.tokens, 4]), reference: reference, grid: grid, fps: fps,
                text: try .ones([5, 6]), textMask: try Tensor.arange(to: 5).isBelow(3))
        }
        let a = try sample("a", grid, fps: 24), b = try sample("b", grid, fps: 10)
        let both = try TrainingBatch([a, b], references: false, path: "x", device: .cpu)
        #expect(both.fps == [24, 10] && both.latents.shape == [2, 18, 4] && both.longestText == 3)
        let other = try sample("c", LatentGrid(frames: 2, height: 2, width: 3), fps: 24)
        #expect { try TrainingBatch([a, other], references: false, path: "x", device: .cpu) } throws: {
            "\($0)".contains("'x': clips of one batch must have one size: 'a' is 3x2x3, 'c' is 2x2x3")
        }
        let withReference = try sample("d", grid, fps: 24, reference: .ones([18, 4]))
        #expect { try TrainingBatch([withReference, b], references: true, path: "x", device: .cpu) } throws: {
            "\($0)".contains("'b' has no reference latents")
        }
        #expect(throws: TrainingBatchError.self) { try TrainingBatch([], references: false, path: "x", device: .cpu) }
    }
}
