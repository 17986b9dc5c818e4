import Base
import Configuration
import Glibc
import LTXVideo
import TestSupport
import Testing
import Torch

@testable import Workbench

/// What becomes of a run, and of what it has trained, when something goes wrong.
@Suite(.serialized) struct RunFaultTests {
    /// Waits until `condition` holds; false when the run is over first or minutes have passed.
    private func until(_ run: Run, _ condition: () -> Bool) -> Bool {
        for _ in 0..<12_000 {
            if condition() { return true }
            if run.wait(seconds: 0.02) { return condition() }
        }
        return false
    }
    private func notes(_ run: Run) -> [String] {
        run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
    }
    private func sentence(_ run: Run) -> String { run.failure.map { "\($0)" } ?? "" }
    private func latents(_ fixture: TrainingFixture, _ clip: Int) -> String {
        Path.join(fixture.folder, "data/latents/clip0\(clip).pt")
    }
    private func write(_ tensor: Tensor, to path: String, grid: LatentGrid = LatentGrid(frames: 3, height: 2, width: 3))
        throws
    {
        try LatentFile.write(tensor.to(.bfloat16), grid: grid, fps: 24, to: path)
    }
    private func finiteTensors(_ path: String) throws -> Int {
        try Safetensors.read(path).values.count { try $0.nonFiniteCount() == 0 }
    }

    // MARK: The folder

    @Test func `two runs that start at once have a folder each`() throws {
        let wanted = Scratch.path("claimed")
        let claimed = HandedOver(Claims())
        let threads = (0..<8).map { _ in
            WorkerThread {
                for _ in 0..<5 {
                    guard let folder = try? RunFolder.claim(wanted) else { continue }
                    claimed.value.add(folder.path)
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(claimed.value.all.count == 40 && Set(claimed.value.all).count == 40)
    }
    private final class Claims: @unchecked Sendable {  // the lock is around everything
        private var paths: [String] = [], lock = pthread_mutex_t()
        init() { pthread_mutex_init(&lock, nil) }
        func add(_ path: String) {
            pthread_mutex_lock(&lock)
            paths.append(path)
            pthread_mutex_unlock(&lock)
        }
        var all: [String] { paths }
    }

    @Test func `a run that failed keeps its folder to itself`() throws {
        let fixture = try TrainingFixture(), trainer = try Trainer(fixture.configuration, device: .cpu)
        try Files.makeFolder(fixture.configuration.outputDir)
        try AtomicFile.write("{\"step\":1}\n", to: Path.join(fixture.configuration.outputDir, "metrics.jsonl"))
        let run = try trainer.start(fixture.configuration)
        #expect(run.wait(seconds: Patience.limit) && run.folder.hasSuffix("/out_2"))
        #expect(try Files.text(Path.join(fixture.configuration.outputDir, "metrics.jsonl")) == "{\"step\":1}\n")
        #expect(try Files.list(fixture.configuration.outputDir) == ["metrics.jsonl"])
    }

    @Test func `what can be known to be wrong is refused with the file's name, and leaves no folder and no number`()
        throws
    {
        let fixture = try TrainingFixture(), trainer = try Trainer(fixture.configuration, device: .cpu)
        let count = RunList.session.all.count
        func refusal(
            _ change: (inout TrainingConfiguration) throws -> Void
        ) throws -> (text: String, path: String?) {
            var configuration = fixture.configuration
            try change(&configuration)
            do {
                let run = try trainer.start(configuration)
                run.stop()
                _ = run.wait(seconds: Patience.limit)
                return ("accepted", nil)
            } catch let error as any UserError { return ("\(error)", error.path) }
        }
        let typo = try refusal { $0.model.loadCheckpoint = "/nowhere/lora.safetensors" }
        #expect(typo.text.contains("/nowhere/lora.safetensors"))

        let path = latents(fixture, 1), whole = try Files.read(path)
        try AtomicFile.write(Array(whole.prefix(whole.count / 2)), to: path)
        #expect(try refusal { _ in }.path == path)

        try write(Tensor.zeros([18, 16]), to: path)
        let channels = try refusal { _ in }
        #expect(channels.path == path && channels.text.contains("16 channels") && channels.text.contains("128"))

        try AtomicFile.write(whole, to: path)
        let condition = Path.join(fixture.folder, "data/conditions/clip02.pt"), caption = try Files.read(condition)
        try TorchFile.write(
            TorchValue([
                "prompt_embeds": .tensor(try Tensor.zeros([256, 96])),
                "prompt_attention_mask": .tensor(try Tensor.ones([256], dtype: .bool)),
            ]), to: condition)
        let width = try refusal { _ in }
        #expect(width.path == condition && width.text.contains("96 wide") && width.text.contains("64"), "\(width.text)")
        try AtomicFile.write(caption, to: condition)

        let reference = try refusal {
            $0.conditioning.mode = .referenceVideo
            $0.conditioning.referenceLatentsDir = "refs"
            $0.validation.referenceVideos = ["reference.mp4"]
            $0.validation.prompts = ["a prompt"]
        }
        #expect(reference.text.contains("'clip00' and 3 more have no reference latents in 'refs'"), "\(reference.text)")
        try Files.makeFolder(Path.join(fixture.folder, "data/refs"))
        let odd = LatentGrid(frames: 2, height: 2, width: 3)
        for clip in 0..<4 {
            try write(Tensor.zeros([12, 128]), to: Path.join(fixture.folder, "data/refs/clip0\(clip).pt"), grid: odd)
        }
        let short = try refusal {
            $0.conditioning.mode = .referenceVideo
            $0.conditioning.referenceLatentsDir = "refs"
            $0.validation.referenceVideos = ["reference.mp4"]
            $0.validation.prompts = ["a prompt"]
        }
        #expect(short.path?.hasSuffix("refs/clip00.pt") == true && short.text.contains("12 tokens"), "\(short.text)")

        #expect(RunList.session.all.count == count && !Files.exists(fixture.configuration.outputDir))
        let run = try trainer.start(fixture.configuration)
        #expect(
            run.wait(seconds: Patience.limit) && run.state == .finished
                && run.folder == fixture.configuration.outputFolder)
    }

    // MARK: In the middle of a run

    @Test(arguments: [0, 2]) func `a file that breaks in the middle of a run ends it with everything saved`(
        workers: Int
    ) throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 100_000
        fixture.configuration.data.numDataloaderWorkers = workers
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        #expect(until(run) { run.step >= 2 })
        for clip in 0..<4 { try AtomicFile.write("not a file of torch", to: latents(fixture, clip)) }
        #expect(run.wait(seconds: Patience.limit))
        #expect(run.state == .failed && sentence(run).contains("data/latents/clip0"))
        #expect(run.checkpoints.map(Path.name) == [RunFolder.checkpointName(run.step)] && run.step >= 2)
        #expect(run.history.map(\.step) == Array(1...run.step))
        let lines = try Files.text(Path.join(run.folder, "metrics.jsonl")).split(separator: "\n")
        #expect(lines.count == run.step)
        #expect(try finiteTensors(run.checkpoints[0]) == 64)
    }

    @Test func `a failing copy for ComfyUI is a note, and the run is finished`() throws {
        let fixture = try TrainingFixture()
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        try run.pause()
        #expect(until(run) { run.state == .paused })
        // A folder is written into; there its name is taken by another one.
        let inside = RunFolder.checkpointName(6).replacing(".safetensors", with: "_comfy.safetensors")
        let folder = Path.join(run.folder, "checkpoints/comfy_\(RunFolder.checkpointName(6))")
        try Files.makeFolder(Path.join(folder, "\(inside)/x"))
        try run.resume()
        #expect(run.wait(seconds: Patience.limit) && run.state == .finished && run.failure == nil)
        #expect(notes(run).contains { $0.contains("the copy for ComfyUI was not written") })
    }

    // MARK: Not finite

    @Test func `a step whose gradient is not finite changes nothing, and its clip and parameter are named`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 12
        fixture.configuration.conditioning.firstFrameConditioningP = 0
        let bad = try Tensor.randn([18, 128], generator: Generator(seed: 3))
        try bad.slice(0, 4..<5).fill(.nan)
        try write(bad, to: latents(fixture, 2))
        let found = try Precomputed(opening: fixture.configuration.data.preprocessedDataRoot).problems()
        #expect(found == ["the latents of 'clip02' have values that are not finite"])
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        #expect(run.wait(seconds: Patience.limit) && run.state == .finished)
        // Each of four clips comes once in four steps.
        let skipped = run.history.filter(\.isSkipped)
        #expect(skipped.count == 3 && run.history.count == 12 && skipped.allSatisfy { !$0.loss.isFinite })
        #expect(run.loss?.isFinite == true)
        #expect(try finiteTensors(#require(run.checkpoints.last)) == 64)
        let told = notes(run)
        // Said once, though the clip comes in every epoch.
        #expect(told.count { $0.contains("'clip02' has values that are not finite") } == 1, "\(told)")
        #expect(
            told.count { $0.contains("was left out") && $0.contains("lora_") && $0.hasSuffix("its clip is clip02") }
                == 3, "\(told)")
        let lines = try Files.text(Path.join(run.folder, "metrics.jsonl")).split(separator: "\n")
        #expect(lines.count { $0.contains("\"loss\":null") && $0.contains("\"skipped\":true") } == 3)
    }

    @Test func `a row of such steps ends the run with what was trained before them`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 100_000
        fixture.configuration.data.numDataloaderWorkers = 0
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        #expect(until(run) { run.step >= 3 })
        let bad = try Tensor.full([18, 128], .infinity)
        for clip in 0..<4 { try write(bad, to: latents(fixture, clip)) }
        #expect(run.wait(seconds: Patience.limit) && run.state == .failed)
        #expect((run.failure as? TrainerError)?.kind == "train.not_finite")
        // Which of the four they are depends on where in an epoch the files went bad.
        #expect(sentence(run).contains("; their clips: clip0"))
        #expect(try finiteTensors(#require(run.checkpoints.last)) == 64)
    }

    @Test func `weights that are not finite are never saved, and the last good file stays`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 100_000
        fixture.configuration.optimization.schedulerType = .constant
        fixture.configuration.checkpoints.keepLastN = 1
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        try run.pause()
        #expect(until(run) { run.state == .paused })
        try run.resume()
        #expect(until(run) { run.step >= 2 })
        try run.save()
        #expect(until(run) { !run.checkpoints.isEmpty })
        try run.set(Run.Changes(learningRate: 1e39, checkpointInterval: 1))
        #expect(run.wait(seconds: Patience.limit) && run.state == .failed)
        let failure = try #require(run.failure as? TrainerError)
        #expect(failure.kind == "train.not_finite" && failure.key?.contains("lora_") ?? false)
        let files = try Files.list(Path.join(run.folder, "checkpoints"))
        #expect(files.count == 1 && files.first == run.checkpoints.last.map(Path.name))
        #expect(try finiteTensors(#require(run.checkpoints.last)) == 64)
    }

    // MARK: Requests

    @Test func `a checkpoint is saved while the run is paused, and a paused run can be stopped`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 100_000
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        #expect(until(run) { run.step >= 1 })
        try run.pause()
        #expect(until(run) { run.state == .paused })
        let step = run.step
        try run.save()
        #expect(until(run) { !run.checkpoints.isEmpty })
        #expect(run.state == .paused && run.checkpoints.map(Path.name) == [RunFolder.checkpointName(step)])
        run.stop()
        #expect(run.wait(seconds: Patience.limit) && run.state == .stopped && run.step == step)
    }

    @Test func `a stop does not wait for the rest of an update`() throws {
        var fixture = try TrainingFixture()
        // Longer than any deadlock limit.
        fixture.configuration.optimization.gradientAccumulationSteps = .max
        let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
        #expect(!run.wait(seconds: 0.1))
        run.stop()
        #expect(run.wait(seconds: Patience.limit) && run.state == .stopped && run.step == 0 && run.checkpoints.isEmpty)
    }

    // MARK: Reading ahead

    @Test func `threads that read ahead change no result`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 10
        fixture.configuration.acceleration.mixedPrecisionMode = .no
        var losses: [[Double]] = []
        for threads in [0, 1, 3] {
            fixture.configuration.data.numDataloaderWorkers = threads
            let run = try Trainer(fixture.configuration, device: .cpu).start(fixture.configuration)
            #expect(run.wait(seconds: Patience.limit) && run.state == .finished)
            losses.append(run.history.map(\.loss))
        }
        #expect(losses[0].count == 10 && losses[1] == losses[0] && losses[2] == losses[0])
    }
}
