import Base
import Configuration
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

/// That a run which is taken up again is the run that never stopped.
@Suite(.serialized) struct ResumeTests {
    /// Seven steps with a state every third: warm-up, accumulation, dropout, coins, an average, batches of two out of five clips.
    private func fixture(_ change: (inout TrainingConfiguration) -> Void = { _ in }) throws -> TrainingFixture {
        var fixture = try TrainingFixture(clips: 5)
        fixture.configuration.optimization.steps = 7
        fixture.configuration.optimization.warmupSteps = 2
        fixture.configuration.optimization.batchSize = 2
        fixture.configuration.optimization.gradientAccumulationSteps = 2
        fixture.configuration.optimization.enableGradientCheckpointing = true
        fixture.configuration.optimization.emaDecay = 0.9
        fixture.configuration.conditioning.firstFrameConditioningP = 0.4
        fixture.configuration.lora?.dropout = 0.2
        fixture.configuration.checkpoints.interval = 3
        fixture.configuration.checkpoints.keepLastN = -1
        fixture.configuration.checkpoints.keepStates = 9
        change(&fixture.configuration)
        return fixture
    }
    private func done(_ run: Run) throws -> Run {
        #expect(run.wait(seconds: Patience.limit))
        if let failure = run.failure { throw failure }
        return run
    }
    /// What the folder of a run looked like when it was killed after `step`: later files are not there, the log has a step more and
    /// a torn line.
    private func killed(_ run: Run, after step: Int) throws {
        let log = Path.join(run.folder, "metrics.jsonl")
        let lines = try Files.text(log).split(separator: "\n").filter {
            try JSON(parsing: String($0))["step"]?.integer ?? 0 <= step + 1
        }
        try AtomicFile.write(lines.joined(separator: "\n") + "\n{\"step\":\(step + 2),\"lo", to: log)
        for part in ["checkpoints", "states", "ema"] {
            let folder = Path.join(run.folder, part)
            for name in try Files.list(folder) {
                let stem = name.hasPrefix("comfy_") ? String(name.dropFirst(6)) : name
                let made = try #require(CheckpointSource.step(of: stem) ?? ModelWeights.step(of: name))
                if made > step { AtomicFolder.remove(Path.join(folder, name)) }
            }
        }
    }
    /// Names and contents of everything, the log without what the clock says.
    private func contents(_ folder: String) throws -> [String: [UInt8]] {
        var all: [String: [UInt8]] = [:]
        func add(_ path: String, _ name: String) throws {
            guard !Files.isFolder(path) else {
                for inner in try Files.list(path) { try add(Path.join(path, inner), "\(name)/\(inner)") }
                return
            }
            all[name] = try Files.read(path)
            guard name.hasSuffix("metrics.jsonl") else { return }
            let lines = try Files.text(path).split(separator: "\n").map { line in
                try JSON(parsing: String(line)).object?.members.filter {
                    !["seconds", "samples_per_second", "memory"].contains($0.key)
                }.map { "\($0.key): \($0.value.compactText)" }
            }
            all[name] = Array("\(lines)".utf8)
        }
        for name in try Files.list(folder) where !name.hasPrefix("events") { try add(Path.join(folder, name), name) }
        return all
    }
    private func expectSame(_ a: [String: [UInt8]], _ b: [String: [UInt8]], _ place: String = "") {
        #expect(a.keys.sorted() == b.keys.sorted(), "\(place)")
        #expect(a.count > 3)
        for (name, bytes) in a where b[name] != bytes { Issue.record("\(place) '\(name)' differs") }
    }

    @Test(arguments: OptimizerType.allCases)
    func `a run that was killed and resumed leaves the same bytes, whatever its optimizer`(
        optimizer: OptimizerType
    ) throws {
        let fixture = try fixture {
            $0.optimization.optimizerType = optimizer
            if optimizer == .prodigy { $0.optimization.learningRate = 1 }
            if optimizer == .adafactor { $0.optimization.optimizerParams = ["beta1": 0.9, "weight_decay": 0.1] }
        }
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let whole = try done(trainer.start(fixture.configuration)), expected = try contents(whole.folder)
        try killed(whole, after: 3)
        let resumed = try done(trainer.resume(whole.folder))
        #expect(resumed.state == .finished && resumed.history.map(\.step) == Array(1...7))
        #expect(resumed.history.map(\.loss) == whole.history.map(\.loss))
        #expect(resumed.checkpoints == whole.checkpoints)
        expectSame(expected, try contents(whole.folder))
        // It would show if the state were not what the run goes on from.
        let weights = try Safetensors.read(whole.checkpoints[2]), before = try Safetensors.read(whole.checkpoints[0])
        #expect(try weights.contains { try before[$0.key]?.isEqual(to: $0.value) == false })
    }

    @Test(arguments: [MixedPrecision.bf16, .no])
    func `a run that trains the whole model is resumed to the same bytes`(precision: MixedPrecision) throws {
        let fixture = try fixture {
            $0.model.trainingMode = .full
            $0.acceleration.mixedPrecisionMode = precision
            $0.optimization.optimizerType = .adamw8bit
        }
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let whole = try done(trainer.start(fixture.configuration)), expected = try contents(whole.folder)
        try killed(whole, after: 3)
        let resumed = try done(trainer.resume(whole.folder))
        #expect(resumed.history.map(\.loss) == whole.history.map(\.loss))
        #expect(resumed.checkpoints == whole.checkpoints)
        expectSame(expected, try contents(whole.folder))
        let first = try ModelWeights(whole.checkpoints[0]).tensors, last = try ModelWeights(whole.folder).tensors
        #expect(first.count == last.count && first.count > 100)
        #expect(try first.allSatisfy { try last[$0.key]?.isEqual(to: $0.value) == false })
    }

    @Test func `clips of several sizes, dropped captions and held-out losses are taken up where they were`() throws {
        let fixture = try fixture {
            $0.conditioning.captionDropoutP = 0.3
            $0.conditioning.firstFrameConditioningPerSample = true
            $0.data.validationSplit = 0.2
            $0.validation.lossInterval = 2
            $0.checkpoints.interval = 1
        }
        try fixture.addOtherSizes()
        for (frames, name) in ["lone0", "lone1"].enumerated() {
            try fixture.add(name, LatentGrid(frames: frames + 1, height: 3, width: 3))
        }
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let whole = try done(trainer.start(fixture.configuration)), expected = try contents(whole.folder)
        #expect(whole.evaluations.map(\.step) == [0, 2, 4, 6, 7])
        // Some of them wait for others of their size when the state is taken.
        let waiting = try (1...6).map { try TrainingState(reading: RunFolder(whole.folder).state($0)).waiting.count }
        #expect(waiting.contains { $0 > 0 })
        for step in [3, 4] {
            try killed(whole, after: step)
            let resumed = try done(trainer.resume(whole.folder))
            #expect(resumed.history.map(\.loss) == whole.history.map(\.loss))
            #expect(resumed.evaluations.map(\.loss) == whole.evaluations.map(\.loss))
            expectSame(expected, try contents(whole.folder), "step \(step)")
        }
        let fork = try done(whole.fork(Run.Changes(steps: 8)))
        #expect(fork.evaluations.map(\.step) == [0, 2, 4, 6, 7, 8])
    }

    @Test func `minutes count beside steps, and states are written only where they are wanted`() throws {
        let fixture = try fixture {
            $0.checkpoints.interval = nil
            $0.checkpoints.intervalMinutes = 1e-9
            $0.checkpoints.keepStates = 0
        }
        let run = try done(Trainer(fixture.configuration, device: .cpu).start(fixture.configuration))
        #expect(run.checkpoints.map(Path.name) == (1...7).map(RunFolder.checkpointName))
        #expect(try RunFolder(run.folder).allStates().isEmpty)
    }

    @Test func `a run in fp16 is resumed with its loss scale`() throws {
        let fixture = try fixture { $0.acceleration.mixedPrecisionMode = .fp16 }
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        #expect(trainer.dtype == .float16)
        let whole = try done(trainer.start(fixture.configuration)), expected = try contents(whole.folder)
        #expect(whole.history.contains { !$0.isSkipped } && whole.history.allSatisfy { $0.loss.isFinite })
        let scale = try RunFolder(whole.folder).newestState().state.tensor("scaler.scale").item()
        #expect(scale > 0 && scale <= 65_536)
        try killed(whole, after: 3)
        _ = try done(trainer.resume(whole.folder))
        expectSame(expected, try contents(whole.folder))
    }

    @Test func `a run that is stopped goes on as if it had not been`() throws {
        let fixture = try fixture {
            $0.checkpoints.interval = nil
            $0.optimization.steps = 30
        }
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let whole = try done(trainer.start(fixture.configuration))
        let part = try trainer.start(fixture.configuration)
        while part.step < 1 { #expect(!part.wait(seconds: 0.01)) }
        part.stop()
        #expect(try done(part).state == .stopped && part.step > 0 && part.step < 30)
        let resumed = try done(trainer.resume(part.folder))
        #expect(resumed.history.map(\.loss) == whole.history.map(\.loss))
        #expect(
            try Files.read(#require(resumed.checkpoints.last)) == Files.read(#require(whole.checkpoints.last)))
    }

    @Test func `a damaged newest state is found wherever it is damaged, and the one before is taken and named`() throws
    {
        let fixture = try fixture { $0.checkpoints.keepStates = 2 }
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let whole = try done(trainer.start(fixture.configuration)), expected = try contents(whole.folder)
        let states = try RunFolder(whole.folder).allStates()
        #expect(states.map(Path.name) == ["state_step_00007.safetensors", "state_step_00006.safetensors"])
        let bytes = try Files.read(states[0]), data = 8 + Int(bytes[0]) + Int(bytes[1]) << 8 + Int(bytes[2]) << 16
        #expect(data < bytes.count)
        var places = SplitMix64(seed: 7)
        // Half of them in the header, which is text.
        for round in 0..<60 {
            var broken = bytes
            let place = Int(places.next() % UInt64(round % 2 == 0 ? data : bytes.count))
            broken[place] ^= 1 << UInt8(places.next() % 8)
            try AtomicFile.write(broken, to: states[0])
            #expect(throws: (any Error).self, "byte \(place)") { try TrainingState(reading: states[0]) }
        }
        for broken in [[], Array(bytes.prefix(100)), Array(bytes.dropLast()), bytes + [0]] {
            try AtomicFile.write(broken, to: states[0])
            #expect(throws: (any Error).self, "\(broken.count) bytes") { try TrainingState(reading: states[0]) }
        }
        let resumed = try done(trainer.resume(whole.folder))
        let notes = resumed.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
        #expect(notes.contains { $0.contains("state_step_00007.safetensors' is damaged") && $0.contains("of step 6") })
        expectSame(expected, try contents(whole.folder))
        for state in states { try AtomicFile.write("", to: state) }
        let refusal = #expect(throws: TrainingStateError.self) { try trainer.resume(whole.folder) }
        #expect(refusal?.path == states[0])
    }

    @Test func `another rate, more steps and other intervals take hold at once`() throws {
        let fixture = try fixture(), trainer = try Trainer(fixture.configuration, device: .cpu)
        let whole = try done(trainer.start(fixture.configuration)), old = whole.history
        try killed(whole, after: 3)
        try AtomicFile.write("later", to: RunFolder(whole.folder).checkpoint(5))
        var changed = fixture.configuration
        changed.optimization.learningRate = 3e-4
        changed.optimization.schedulerType = .constant
        changed.optimization.warmupSteps = 0
        changed.optimization.steps = 9
        changed.optimization.batchSize = 1
        changed.checkpoints.interval = 4
        changed.checkpoints.keepLastN = 2
        let run = try done(trainer.resume(whole.folder, changed))
        #expect(run.history.prefix(3) == old.prefix(3) && run.history.count == 9)
        #expect(run.history.dropFirst(3).allSatisfy { $0.learningRate == 3e-4 })
        #expect(run.checkpoints.map(Path.name) == [8, 9].map(RunFolder.checkpointName))
        #expect(
            try TrainingConfiguration.load(Path.join(run.folder, "config.yaml")).optimization.steps == 9)
        // Not the file of the run that went on otherwise.
        #expect(
            try Files.text(
                Path.join(run.folder, "checkpoints/other_than_from_step_3/\(RunFolder.checkpointName(5))")) == "later")
    }

    @Test func `another rank, other targets and other data are refused and named`() throws {
        let fixture = try fixture(), trainer = try Trainer(fixture.configuration, device: .cpu)
        let run = try done(trainer.start(fixture.configuration)), before = try contents(run.folder)
        func refusal(_ change: (inout TrainingConfiguration) -> Void) -> String {
            var changed = fixture.configuration
            change(&changed)
            do { return "accepted as \(try trainer.resume(run.folder, changed).number)" } catch { return "\(error)" }
        }
        let both = refusal {
            $0.lora?.rank = 16
            $0.lora?.targetModules = ["to_q"]
            $0.seed = 1
        }
        #expect(both.contains("lora.rank = 16 (it has 8)") && both.contains("lora.target_modules = to_q"), "\(both)")
        #expect(both.contains("seed = 1 (it has 42)"))
        #expect(refusal { $0.optimization.optimizerType = .lion }.contains("optimization.optimizer_type = lion"))
        #expect(refusal { $0.acceleration.mixedPrecisionMode = .no }.contains("mixed_precision_mode"))

        let latents = Path.join(fixture.folder, "data/latents/clip01.pt"), whole = try Files.read(latents)
        try AtomicFile.write(Files.read(Path.join(fixture.folder, "data/latents/clip02.pt")), to: latents)
        #expect(refusal { _ in }.contains("'clip01' has other latents"))
        Files.remove(latents)
        #expect(refusal { _ in }.contains("without clip01"))
        try AtomicFile.write(whole, to: latents)
        expectSame(before, try contents(run.folder))
        let nothing = try Scratch.folder("nothing")
        #expect(throws: TrainingStateError.self) { try trainer.resume(nothing) }
        #expect(try Files.list(nothing).isEmpty)
    }

    @Test func `a run that lives is not resumed beside itself`() throws {
        let fixture = try fixture { $0.optimization.steps = 100_000 }
        let trainer = try Trainer(fixture.configuration, device: .cpu), run = try trainer.start(fixture.configuration)
        while run.checkpoints.isEmpty { #expect(!run.wait(seconds: 0.02)) }
        let refusal = #expect(throws: TrainerError.self) { try trainer.resume(run.folder) }
        #expect(refusal?.kind == "run.alive" && refusal?.description.contains("ltxsh") == true)
        run.stop()
        _ = try done(run)
        let next = try trainer.resume(run.folder)
        next.stop()
        #expect(try done(next).step >= run.step)
    }

    @Test func `a fork is the resumed run with other settings, in a folder of its own`() throws {
        let fixture = try fixture(), trainer = try Trainer(fixture.configuration, device: .cpu)
        let run = try done(trainer.start(fixture.configuration)), before = try contents(run.folder)
        var changes = Run.Changes(learningRate: 2e-3, steps: 10)
        changes.dropout = 0.1
        let fork = try done(run.fork(changes))
        #expect(fork.folder == run.folder + "_fork" && fork.history.map(\.step) == Array(1...10))
        expectSame(before, try contents(run.folder))
        var changed = fixture.configuration
        try changes.apply(to: &changed)
        let resumed = try done(trainer.resume(run.folder, changed))
        #expect(resumed.history.map(\.loss) == fork.history.map(\.loss))
        #expect(
            try Files.read(#require(fork.checkpoints.last)) == Files.read(#require(resumed.checkpoints.last)))
    }

    @Test func `a run that goes on can be forked, and the fork waits for the model`() throws {
        let fixture = try fixture { $0.optimization.steps = 100_000 }
        let trainer = try Trainer(fixture.configuration, device: .cpu), run = try trainer.start(fixture.configuration)
        while run.step < 2 { #expect(!run.wait(seconds: 0.02)) }
        try run.pause()
        while run.state != .paused { #expect(!run.wait(seconds: 0.02)) }
        let step = run.step, fork = try run.fork(Run.Changes(steps: step + 2))
        #expect(!fork.wait(seconds: 0.2) && fork.step == step)
        run.stop()
        #expect(try done(fork).history.map(\.step) == Array(1...step + 2))
        #expect(try done(run).step == step)
    }

    @Test func `what is changed while a run goes on holds when it is resumed`() throws {
        let fixture = try fixture {
            $0.optimization.steps = 100_000
            $0.optimization.schedulerType = .constant
            $0.optimization.warmupSteps = 0
        }
        let trainer = try Trainer(fixture.configuration, device: .cpu), run = try trainer.start(fixture.configuration)
        try run.pause()
        while run.state != .paused { #expect(!run.wait(seconds: 0.01)) }
        var changes = Run.Changes(learningRate: 5e-5, steps: run.step + 3)
        (changes.accumulation, changes.weightDecay, changes.checkpointInterval) = (1, 0.5, 1)
        try run.set(changes)
        let first = run.step
        try run.resume()
        _ = try done(run)
        #expect(run.history.dropFirst(first).map(\.learningRate) == [5e-5, 5e-5, 5e-5])
        let state = try RunFolder(run.folder).newestState().state
        #expect(state.configuration == run.settings)
        #expect(state.configuration.optimization.optimizerParams == ["weight_decay": 0.5])
        #expect(state.configuration.optimization.gradientAccumulationSteps == 1)
        let more = try done(trainer.resume(run.folder, trainerMore(run)))
        #expect(more.history.last?.learningRate == 5e-5 && more.step == run.step + 1)
    }
    private func trainerMore(_ run: Run) -> TrainingConfiguration {
        var settings = run.settings
        settings.optimization.steps += 1
        return settings
    }

    /// Files of every version that there has been (Tests/Fixtures/make_run.sh).
    @Test func `a run of an older version goes on, and its checkpoint is read`() throws {
        let versions = Path.join(Path.folder(Path.folder(#filePath)), "Fixtures/runs"), names = try Files.list(versions)
        #expect(names.contains("1"))
        for name in names {
            let folder = Scratch.path("version-\(name)")
            try copy(Path.join(versions, name), to: folder)
            let out = Path.join(folder, "out")
            let lora = try LoRAFile(out)
            #expect(lora.ranks == [2] && lora.alphas.values.allSatisfy { $0 == 2 } && lora.adapters.count == 8)
            var configuration = try TrainingConfiguration.load(Path.join(out, "config.yaml"))
            configuration.data.preprocessedDataRoot = Path.join(folder, "data")
            configuration.optimization.steps = 4
            configuration.model.modelSource = TrainingFixture.model
            let run = try done(
                Trainer(model: ModelFolder(finding: TrainingFixture.model), device: .cpu).resume(out, configuration))
            #expect(run.state == .finished && run.history.map(\.step) == [1, 2, 3, 4])
            #expect(run.checkpoints.map(Path.name) == [2, 4].map(RunFolder.checkpointName))
            #expect(try Files.list(Path.join(out, "states")).count == 2)
        }
    }
    private func copy(_ from: String, to: String) throws {
        guard Files.isFolder(from) else { return try AtomicFile.write(Files.read(from), to: to) }
        try Files.makeFolder(to)
        for name in try Files.list(from) { try copy(Path.join(from, name), to: Path.join(to, name)) }
    }
}
