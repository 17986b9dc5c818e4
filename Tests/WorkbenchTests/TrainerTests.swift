import Configuration
import Base
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

@Suite(.serialized) struct TrainerTests {
    private func train(_ configuration: TrainingConfiguration) throws -> Run {
        let run = try Trainer(configuration, device: .cpu).start(configuration)
        #expect(run.wait(seconds: Patience.limit))
        if let failure = run.failure { throw failure }
        return run
    }

    @Test func `a run trains, saves under the reference's names and leaves a ComfyUI copy`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.checkpoints.interval = 2
        fixture.configuration.checkpoints.keepLastN = 2
        let run = try train(fixture.configuration)
        #expect(run.state == .finished)
        #expect(run.history.map(\.step) == [1, 2, 3, 4, 5, 6])
        #expect(
            run.checkpoints.map(Path.name) == [
                "lora_weights_step_00004.safetensors", "lora_weights_step_00006.safetensors",
            ])
        let file = try Safetensors.File(run.checkpoints[1])
        #expect(file.header.metadata["format"] == "pt" && file.header.metadata["step"] == "6")
        #expect(file.header.entries.count == 64)
        #expect(
            file.header.entries.contains { $0.name == "transformer.transformer_blocks.3.attn2.to_out.0.lora_B.weight" })
        let comfy = try Safetensors.File(Path.join(Path.folder(file.path), "comfy_\(Path.name(file.path))"))
        #expect(comfy.header.entries.allSatisfy { $0.name.hasPrefix("diffusion_model.transformer_blocks.") })
        #expect(try Files.text(Path.join(run.folder, "metrics.jsonl")).split(separator: "\n").count == 6)
        #expect(try TrainingConfiguration.load(Path.join(run.folder, "config.yaml")) == fixture.configuration)
    }

    @Test func `the same seed gives the same weights, another seed others`() throws {
        var fixture = try TrainingFixture()
        func weights() throws -> [String: Tensor] {
            try Safetensors.read(#require(try train(fixture.configuration).checkpoints.last))
        }
        let first = try weights(), second = try weights()
        for (key, tensor) in first { #expect(try second[key]?.isEqual(to: tensor) == true, "\(key)") }
        fixture.configuration.seed = 43
        let third = try weights()
        #expect(try first.contains { try third[$0.key]?.isEqual(to: $0.value) == false })
    }

    @Test func `block recompute gives the same losses as the whole graph`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.acceleration.mixedPrecisionMode = .no
        let whole = try train(fixture.configuration).history.map(\.loss)
        fixture.configuration.optimization.enableGradientCheckpointing = true
        let blocks = try train(fixture.configuration).history.map(\.loss)
        #expect(whole.count == 6 && blocks.count == 6)
        for (a, b) in zip(whole, blocks) { #expect(abs(a - b) < 1e-6 * max(1, abs(a))) }
    }

    @Test func `accumulating two micro-batches is one update of their mean gradient`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.acceleration.mixedPrecisionMode = .no
        fixture.configuration.optimization.gradientAccumulationSteps = 2
        fixture.configuration.optimization.steps = 2
        let run = try train(fixture.configuration)
        #expect(run.history.count == 2)

        // The same by hand: two draws, and the norm of the mean of their gradients.
        let transformer = try Transformer.load(Path.join(TrainingFixture.model, "transformer"), WeightPolicy(.float32))
        var loop = try fixture.loop(transformer)
        loop.trainable.attach(strength: 1, dropout: nil)
        defer { loop.trainable.detach() }
        let parameters = loop.trainable.parameters.map(\.tensor)
        var sums: [Tensor?] = parameters.map { _ in nil }, losses: [Double] = []
        for _ in 0..<2 {
            losses.append(try TrainingStep.gradients(transformer, loop.draw().batch, checkpointing: false).loss.item())
            for (place, parameter) in parameters.enumerated() {
                guard let gradient = try parameter.gradient()?.cloned() else { continue }
                sums[place] = try sums[place].map { try $0 + gradient } ?? gradient
                try parameter.setGradient(nil)
            }
        }
        let norm = try totalNorm(sums.compactMap { try $0.map { try $0 / 2.0 } }).item()
        let step = try #require(run.history.first)
        #expect(abs(step.loss - (losses[0] + losses[1]) / 2) < 1e-6)
        #expect(norm > 0 && abs(step.gradientNorm - norm) < 1e-5 * norm)
    }

    @Test func `training learns: on the same draws the trained model is closer than the base model`() throws {
        var fixture = try TrainingFixture(clips: 1)
        fixture.configuration.optimization.steps = 60
        fixture.configuration.optimization.schedulerType = .constant
        fixture.configuration.acceleration.mixedPrecisionMode = .no
        func finalLoss(rate: Double) throws -> Double {
            fixture.configuration.optimization.learningRate = rate
            return try train(fixture.configuration).history.suffix(20).map(\.loss).reduce(0, +) / 20
        }
        let base = try finalLoss(rate: 1e-12), trained = try finalLoss(rate: 2e-2)
        #expect(trained < base * 0.97, "from \(base) to \(trained)")
    }

    @Test func `a second run keeps the base model and does not touch the first one's files`() throws {
        let fixture = try TrainingFixture()
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let before = ModelStore.shared.resident.filter { $0.key.source == trainer.model.path }.count
        let first = try trainer.start(fixture.configuration)
        #expect(first.wait(seconds: Patience.limit))
        let second = try trainer.start(fixture.configuration)
        #expect(second.wait(seconds: Patience.limit))
        #expect(second.folder == first.folder + "_2")
        #expect(ModelStore.shared.resident.filter { $0.key.source == trainer.model.path }.count == before)
    }

    @Test func `stopping saves what was trained`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 100_000
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        while run.step < 2 { #expect(!run.wait(seconds: 0.05)) }
        run.stop()
        #expect(run.wait(seconds: Patience.limit))
        #expect(run.state == .stopped)
        #expect(run.checkpoints.map(Path.name) == [RunFolder.checkpointName(run.step)])
    }

    @Test func `a paused run waits, takes a new rate and goes on`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 40
        fixture.configuration.optimization.schedulerType = .constant
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        try run.pause()
        while run.state != .paused { #expect(!run.wait(seconds: 0.02)) }
        try run.set(Run.Changes(learningRate: 1e-5, steps: 12))
        #expect(throws: ConfigurationError.self) { try run.set(Run.Changes(steps: -1)) }
        try run.resume()
        #expect(run.wait(seconds: Patience.limit))
        #expect(run.history.count == 12)
        #expect(run.history.last?.learningRate == 1e-5)
        #expect(throws: TrainerError.self) { try run.pause() }
    }

    @Test func `a refused start leaves no run and no folder`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 100_000
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let run = try trainer.start(fixture.configuration), count = RunList.session.all.count
        var other = fixture.configuration
        other.outputDir = Path.join(fixture.folder, "other")
        other.data.preprocessedDataRoot = Path.join(fixture.folder, "nowhere")
        #expect(throws: (any Error).self) { try trainer.start(other) }
        #expect(RunList.session.all.count == count && !Files.exists(other.outputDir))
        run.stop()
        #expect(run.wait(seconds: Patience.limit))
        other.optimization.steps = 1
        other.data = fixture.configuration.data
        let next = try trainer.start(other)
        #expect(next.number == run.number + 1 && next.wait(seconds: Patience.limit))
    }
    @Test func `a run whose folder is taken away saves what it has trained`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 100_000
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        while run.step < 2 { #expect(!run.wait(seconds: 0.05)) }
        Scratch.remove(run.folder)
        let step = run.step
        while run.step <= step { #expect(!run.wait(seconds: 0.05)) }
        run.stop()
        #expect(run.wait(seconds: Patience.limit))
        #expect(run.state == .stopped && run.failure == nil)
        #expect(run.checkpoints.last.map(Files.exists) == true)
    }
    @Test func `fewer steps than are done end the run at the step it is at`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 100_000
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        while run.step < 3 { #expect(!run.wait(seconds: 0.05)) }
        try run.set(Run.Changes(steps: 1))
        #expect(run.wait(seconds: Patience.limit))
        #expect(run.state == .finished && run.steps == run.step)
    }
    @Test func `a run that is stopped because of a failure says so`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 100_000
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        while run.step < 1 { #expect(!run.wait(seconds: 0.05)) }
        run.stop(because: TrainerError.notRunning("a hook", state: "failed"))
        #expect(run.wait(seconds: Patience.limit))
        #expect(run.state == .failed && run.failure is TrainerError && !run.checkpoints.isEmpty)
    }
    @Test func `nobody waits in front behind a paused run, which would be for ever`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 100_000
        let trainer = try Trainer(fixture.configuration, device: .cpu), run = try trainer.start(fixture.configuration)
        try trainer.requireNobodyPaused()
        try run.pause()
        while run.state != .paused { #expect(!run.wait(seconds: 0.01)) }
        #expect { try trainer.requireNobodyPaused() } throws: {
            "\($0)".contains("\(run.name) is paused and has the model")
        }
        run.stop()
        #expect(run.wait(seconds: Patience.limit))
        try trainer.requireNobodyPaused()
    }
    @Test func `what cannot be trained here is told without starting`() throws {
        var configuration = TrainingConfiguration()
        configuration.hub.pushToHub = true
        configuration.model.trainingMode = .full
        configuration.acceleration.mixedPrecisionMode = .fp16
        configuration.optimization.masterWeights = false
        #expect(Trainer.unsupported(configuration).count == 2)
    }

    @Test func `the number of live tensors is flat over 100 steps and nothing stays behind`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 100
        _ = try Trainer(fixture.configuration, device: .cpu)
        let before = Tensor.live
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        #expect(run.wait(seconds: Patience.limit))
        #expect(run.state == .finished)
        #expect(Tensor.live == before)
    }

    // MARK: Wrong input

    @Test func `what is not supported says so before anything is loaded`() throws {
        let fixture = try TrainingFixture()
        func refusal(_ change: (inout TrainingConfiguration) -> Void) -> String {
            var configuration = fixture.configuration
            change(&configuration)
            do {
                _ = try TrainingPlan(configuration, model: ModelFolder(finding: configuration.model.modelSource))
                return "accepted"
            } catch { return "\(error)" }
        }
        #expect(
            refusal { $0.optimization.optimizerParams = ["beta3": 0.5] }.contains(
                "the optimizer adamw does not take 'beta3'"))
        #expect(
            refusal {
                $0.acceleration.mixedPrecisionMode = .fp16
                $0.optimization.masterWeights = false
            }.contains("fp16 needs copies of the weights in fp32"))
        #expect(refusal { $0.data.preprocessedDataRoot = "/nowhere" }.contains("/nowhere"))
        #expect(
            refusal { $0.optimization.batchSize = 99 }.contains("has 4 clips, fewer than optimization.batch_size = 99"))
        #expect(refusal { $0.optimization.schedulerParams = ["end_factr": 0.5] }.contains("did you mean 'end_factor'"))
        let target = refusal { $0.lora?.targetModules = ["to_kk"] }
        #expect(target.contains("no layer of the model is called 'to_kk'"))
    }
    @Test func `a missing and an incomplete model folder are errors that say what was looked for`() throws {
        let missing = #expect(throws: ModelFolderError.self) { try ModelFolder(finding: "models/nothing-here") }
        #expect(missing?.description.contains("models/nothing-here") == true)
        let folder = Scratch.path("half-model")
        try Files.makeFolder(Path.join(folder, "transformer"))
        let half = #expect(throws: ModelFolderError.self) { try ModelFolder(finding: folder) }
        #expect(half?.description.contains("'vae' is missing") == true)
    }
    @Test func `a truncated shard is named`() throws {
        let copy = Scratch.path("cut-model")
        try TinyModel.make(at: copy)
        let shard = Path.join(copy, "transformer/diffusion_pytorch_model.safetensors")
        try AtomicFile.write(Array(Files.read(shard).dropLast(1000)), to: shard)
        let error = #expect(throws: SafetensorsError.self) {
            try Trainer(model: ModelFolder(finding: copy), device: .cpu)
        }
        #expect(error?.description.contains("is cut off") == true)
        #expect(error?.path == shard)
    }
}
