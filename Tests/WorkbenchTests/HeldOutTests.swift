import Base
import Configuration
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

/// The loss over clips that are not trained on.
@Suite(.serialized) struct HeldOutTests {
    private func done(_ run: Run) throws -> Run {
        #expect(run.wait(seconds: Patience.limit))
        if let failure = run.failure { throw failure }
        return run
    }
    /// Five steps with chance in everything, measured every two over two clips of a folder of their own.
    private func fixture() throws -> TrainingFixture {
        var fixture = try TrainingFixture()
        try fixture.add("held0", TrainingFixture.wide, to: "held")
        try fixture.add("held1", TrainingFixture.image, to: "held")
        fixture.configuration.optimization.steps = 5
        fixture.configuration.lora?.dropout = 0.2
        fixture.configuration.conditioning.firstFrameConditioningP = 0.5
        fixture.configuration.validation.lossInterval = 2
        fixture.configuration.data.validationDataRoot = Path.join(fixture.folder, "held")
        return fixture
    }

    @Test func `a run trains the same with a held-out loss and without`() throws {
        var fixture = try fixture()
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let measured = try done(trainer.start(fixture.configuration))
        #expect(measured.evaluations.map(\.step) == [0, 2, 4, 5])
        for evaluation in measured.evaluations {
            #expect(evaluation.levels.map(\.sigma) == [0.1, 0.3, 0.5, 0.7, 0.9])
            let mean = evaluation.levels.reduce(0) { $0 + $1.loss } / 5
            #expect(evaluation.loss == mean && mean > 0.1 && mean < 10)
        }
        #expect(Set(measured.evaluations.map(\.loss)).count == 4, "the model changes")
        fixture.configuration.data.validationDataRoot = nil
        fixture.configuration.outputDir += "2"
        let plain = try done(trainer.start(fixture.configuration))
        #expect(plain.evaluations.isEmpty && plain.history.count == 5)
        #expect(plain.history.map(\.loss) == measured.history.map(\.loss))
        #expect(try Files.read(#require(plain.checkpoints.last)) == Files.read(#require(measured.checkpoints.last)))

        // Another seed is measured by the same draws: before the first update both are the base model.
        fixture.configuration.data.validationDataRoot = Path.join(fixture.folder, "held")
        fixture.configuration.seed = 1
        fixture.configuration.optimization.steps = 1
        fixture.configuration.outputDir += "3"
        let other = try done(trainer.start(fixture.configuration))
        #expect(other.evaluations.first?.loss == measured.evaluations.first?.loss)
        #expect(other.history.first?.loss != measured.history.first?.loss)
    }

    @Test func `a share of the clips is held out by their names, and not trained on`() throws {
        var fixture = try TrainingFixture(clips: 10)
        fixture.configuration.data.validationSplit = 0.3
        fixture.configuration.validation.lossInterval = nil
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let plan = try TrainingPlan(fixture.configuration, model: trainer.model)
        let held = try #require(plan.heldOut).data.items.map(\.name)
        #expect(held.count == 3 && plan.data.items.count == 7)
        #expect(Set(held).isDisjoint(with: plan.data.items.map(\.name)))
        #expect(plan.notes.contains("3 clips held out, to measure the loss by: \(held.joined(separator: ", "))"))
        fixture.configuration.seed = 5
        try fixture.add("clip99", LatentGrid(frames: 3, height: 2, width: 3))
        let more = try TrainingPlan(fixture.configuration, model: trainer.model)
        let kept = try #require(more.heldOut).data.items.map(\.name)
        #expect(Set(kept).intersection(held).count >= 2)
        let run = try done(trainer.start(fixture.configuration))
        #expect(run.evaluations.map(\.step) == [0, 6])

        fixture.configuration.data.validationSplit = 0.5
        #expect { try trainer.resume(run.folder, fixture.configuration) } throws: {
            "\($0)".contains("data.validation_split = 0.5 (it has 0.3)")
        }
    }

    @Test func `one clip cannot be held out of itself, and two ways of holding out are one too many`() throws {
        var fixture = try TrainingFixture(clips: 1)
        fixture.configuration.data.validationSplit = 0.2
        func refusal() -> String {
            do {
                _ = try TrainingPlan(fixture.configuration, model: ModelFolder(finding: TrainingFixture.model))
                return "accepted"
            } catch { return "\(error)" }
        }
        #expect(refusal().contains("has one clip, and data.validation_split would leave none to train on"))
        fixture.configuration.data.validationDataRoot = fixture.folder
        #expect(refusal().contains("both say what is held out"))
        fixture.configuration.data.validationSplit = 0
        fixture.configuration.data.validationDataRoot = fixture.configuration.data.preprocessedDataRoot
        #expect(refusal().contains("is the folder that is trained on"))
    }

    @Test func `what goes wrong with it is a note, and training goes on`() throws {
        let fixture = try fixture(), trainer = try Trainer(fixture.configuration, device: .cpu)
        let whole = try done(trainer.start(fixture.configuration)), run = try trainer.start(fixture.configuration)
        try run.pause()
        while run.state != .paused { #expect(!run.wait(seconds: 0.01)) }
        let measured = run.evaluations.count
        Files.remove(Path.join(fixture.folder, "held/latents/held1.pt"))
        try run.resume()
        _ = try done(run)
        #expect(run.history.map(\.loss) == whole.history.map(\.loss) && run.evaluations.count == measured)
        let notes = run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
        #expect(notes.contains { $0.contains("was not measured") && $0.contains("held1.pt") }, "\(notes)")
    }

    @Test func `figures of memory and throughput are in the history and in the log`() throws {
        let fixture = try fixture()
        let run = try done(Trainer(fixture.configuration, device: .cpu).start(fixture.configuration))
        #expect(run.history.allSatisfy { ($0.memory ?? 0) > 1_000_000 && $0.samplesPerSecond > 0 })
        // One clip an update: its loss is that of its noise level.
        for step in run.history {
            let level = try #require(step.levels.first)
            #expect(step.levels.count == 1 && abs(level.loss - step.loss) < 1e-5 * step.loss)
            #expect(HeldOut.levels.contains(level.sigma))
        }
        let log = try RunFolder(run.folder).cutLog(after: 4)
        #expect(log.steps == Array(run.history.prefix(4)))
        #expect(log.evaluations == Array(run.evaluations.prefix(3)))
        let lines = try Files.text(Path.join(run.folder, "metrics.jsonl")).split(separator: "\n")
        #expect(lines.count == 7)
        let first = try JSON(parsing: String(lines[0]))
        #expect(
            first["step"]?.integer == 0 && first["held_out_levels"]?["0.9"]?.number == run.evaluations[0].levels[4].loss
        )
    }

    /// Against PyTorch and diffusers (Tests/Fixtures/make_training_cases.py).
    @Test func `losses at fixed noise levels are the reference's, noise included`() throws {
        let fixtures = Path.join(Path.folder(Path.folder(#filePath)), "Fixtures")
        let file = try Safetensors.File(Path.join(fixtures, "training_cases.safetensors"))
        let facts = try JSON(parsing: #require(file.header.metadata["golden"]))
        let folder = try Scratch.folder("held-out"), names = ["held-a", "held-b", "held-c"]
        for name in names {
            let clip = try #require(facts["held_out"]?[name]?.integer)
            let sizes = try #require(facts["clips"]?.array?[clip].array).compactMap(\.number)
            let grid = LatentGrid(frames: Int(sizes[0]), height: Int(sizes[1]), width: Int(sizes[2]))
            for part in ["latents", "conditions"] { try Files.makeFolder(Path.join(folder, part)) }
            try LatentFile.write(
                file.tensor("clip.\(clip).latents"), grid: grid, fps: sizes[3],
                to: Path.join(folder, "latents/\(name).pt"))
            try TorchFile.write(
                TorchValue([
                    "prompt_embeds": .tensor(file.tensor("clip.\(clip).text")),
                    "prompt_attention_mask": .tensor(file.tensor("clip.\(clip).mask")),
                ]), to: Path.join(folder, "conditions/\(name).pt"))
        }
        let transformer = try Transformer.load(
            Path.join(fixtures, "models/transformer/transformer"), WeightPolicy(.float32))
        let adapters = file.header.entries.map(\.name).filter { $0.hasPrefix("lora.init.") }
        let lora = try AdapterSet(
            transformer.linears,
            tensors: Dictionary(
                uniqueKeysWithValues: adapters.map { (String($0.dropFirst(10)), try file.tensor($0)) }),
            source: "lora.init")
        lora.attach()
        defer { lora.detach() }
        let expected = try file.tensor("held_out.loss")
        for (row, name) in names.enumerated() {
            let all = try Precomputed(opening: folder)
            let one = HeldOut(data: all.with(all.items.filter { $0.name == name }), usesReference: false)
            let losses = try #require(try one.losses(transformer, shouldStop: { false }) { _ in })
            let reference = try expected.select(0, row).floats().map(Double.init)
            #expect(losses.count == 5 && reference.count == 5)
            for (a, b) in zip(losses, reference) { #expect(abs(a - b) < 1e-5 * b, "\(name): \(a), \(b)") }
        }
    }
}
