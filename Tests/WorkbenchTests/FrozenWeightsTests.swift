import Base
import Configuration
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

/// Runs on weights that are kept in fewer bits, or elsewhere.
@Suite(.serialized) struct FrozenWeightsTests {
    private struct Outcome {
        let losses: [Double], weights: [String: Tensor], notes: [String]
    }
    private func train(_ change: (inout TrainingConfiguration) -> Void) throws -> Outcome {
        var fixture = try TrainingFixture()
        change(&fixture.configuration)
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        #expect(run.wait(seconds: Patience.limit))
        if let failure = run.failure { throw failure }
        let weights = try Safetensors.read(#require(run.checkpoints.last))
        let notes = run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
        return Outcome(losses: run.history.map(\.loss), weights: weights, notes: notes)
    }
    private func isSame(_ a: Outcome, _ b: Outcome) throws -> Bool {
        try a.losses == b.losses && a.weights.keys == b.weights.keys
            && a.weights.allSatisfy { try b.weights[$0.key]?.isEqual(to: $0.value) == true }
    }

    @Test(arguments: Quantization.allCases.filter { $0 != .noChange }, [MixedPrecision.bf16, .no])
    func `a LoRA trains on every format, near to what it does without`(
        _ format: Quantization, _ precision: MixedPrecision
    ) throws {
        let plain = try train { $0.acceleration.mixedPrecisionMode = precision }
        let quantized = try train {
            $0.acceleration.mixedPrecisionMode = precision
            $0.acceleration.quantization = format
        }
        #expect(quantized.losses.count == 6 && quantized.losses != plain.losses)
        for (a, b) in zip(plain.losses, quantized.losses) { #expect(abs(a - b) < 0.2 * a, "\(a) \(b)") }
        #expect(quantized.weights.keys == plain.weights.keys)
        let b = try #require(quantized.weights.first { $0.key.contains("lora_B") }?.value)
        #expect(try b.to(.float32).abs().max().item() > 0)
    }

    @Test(arguments: [(1, nil), (3, .int8), (4, .int4)] as [(Int, Quantization?)])
    func `blocks in host memory change no loss and no weight, and it is said`(
        _ count: Int, _ format: Quantization?
    ) throws {
        let resident = try train { $0.acceleration.quantization = format }
        let streamed = try train {
            $0.acceleration.quantization = format
            $0.acceleration.blocksToOffload = .count(count)
        }
        #expect(try isSame(resident, streamed))
        #expect(streamed.notes.contains { $0.contains("\(count) blocks lie in host memory") })
        #expect(!resident.notes.contains { $0.contains("host memory") })
    }
    @Test func `so many blocks recomputed change no loss and no weight`() throws {
        let plain = try train { _ in }
        for count in [GradientCheckpointing.on, .blocks(1), .blocks(3), .blocks(99)] {
            #expect(try isSame(plain, train { $0.optimization.enableGradientCheckpointing = count }))
            let away = try train {
                $0.optimization.enableGradientCheckpointing = count
                $0.acceleration.offloadActivations = true
            }
            #expect(try isSame(plain, away))
            #expect(away.notes.contains { $0.contains("what recomputed blocks keep waits in host memory") })
        }
    }

    @Test func `formats are models of their own in memory, and runs use the one that they ask for`() throws {
        var fixture = try TrainingFixture()
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        fixture.configuration.acceleration.quantization = .int8
        let run = try trainer.start(fixture.configuration)
        #expect(run.wait(seconds: Patience.limit) && run.state == .finished)
        let formats = ModelStore.shared.resident.filter { $0.key.part == .transformer }
        let plain = try #require(formats.first { $0.key.format == "bf16" })
        let small = try #require(formats.first { $0.key.format == "bf16, int8" })
        let sizes = try trainer.model.transformerConfiguration()
        let footprint = try TransformerFootprint(sizes, dtype: .bfloat16, quantization: .int8)
        #expect(small.bytes == footprint.total && small.bytes < plain.bytes * 2 / 3)
        #expect(try TransformerFootprint(sizes, dtype: .bfloat16, quantization: nil).total == plain.bytes)
    }
    @Test func `a trainer of a format samples with it`() throws {
        let fixture = try TrainingFixture()
        func sample(_ options: Trainer.LoadOptions) throws -> [UInt8] {
            let trainer = try Trainer(
                model: ModelFolder(finding: TrainingFixture.model), device: .cpu, options: options)
            let path = Path.join(fixture.folder, "\(options.quantization)-\(options.loadsTextEncoderIn8bit).png")
            var choices = SampleOptions.Choices()
            (choices.steps, choices.guidance) = (2, [1])
            let size = try VideoSize(width: 64, height: 64, frames: 1)
            try trainer.sample(SampleOptions(prompt: "a red car", size: size, output: path, choices: choices))
            return try Files.read(path)
        }
        var small = Trainer.LoadOptions(), text = Trainer.LoadOptions()
        small.quantization = .int2
        text.loadsTextEncoderIn8bit = true
        let plain = try sample(Trainer.LoadOptions())
        #expect(try sample(small) != plain)
        #expect(try sample(text) != plain)
        let encoders = ModelStore.shared.resident.filter { $0.key.part == .textEncoder }
        let whole = try #require(encoders.first { $0.key.format == "bf16" })
        let half = try #require(encoders.first { $0.key.format == "bf16, int8" })
        #expect(half.bytes < whole.bytes)
    }

    @Test func `as few blocks go to host memory as make the rest fit`() throws {
        let sizes = try TransformerConfiguration(json: Files.json(Shapes.path("transformer-13b")), path: "13b")
        let whole = try TransformerFootprint(sizes, dtype: .bfloat16, quantization: nil)
        let small = try TransformerFootprint(sizes, dtype: .bfloat16, quantization: .int8)
        #expect(whole.layers == 48 && whole.total > 25_000_000_000 && whole.total < 27_000_000_000)
        #expect(small.total > 12_900_000_000 && small.total < 13_700_000_000)
        #expect(whole.offloaded(toFit: 60_000_000_000) == 0)
        #expect(whole.offloaded(toFit: 1) == 48)
        for bytes in stride(from: 2_000_000_000, to: 26_000_000_000, by: 3_000_000_000) {
            let count = whole.offloaded(toFit: bytes)
            #expect(whole.onDevice(offloaded: count) <= bytes || count == 48)
            #expect(count == 0 || whole.onDevice(offloaded: count - 1) > bytes)
        }
    }
}

private enum Shapes {
    static func path(_ name: String) -> String {
        Path.join(Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures/shapes/\(name).json")
    }
}
