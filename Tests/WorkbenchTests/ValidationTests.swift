import Base
import Configuration
import LTXVideo
import NN
import Synchronization
import TestSupport
import Testing
import Torch

@testable import Workbench

/// The videos that a run makes while it trains.
@Suite(.serialized) struct ValidationTests {
    private func fixture(interval: Int? = 2) throws -> TrainingFixture {
        var fixture = try TrainingFixture()
        fixture.configuration.acceleration.mixedPrecisionMode = .no
        fixture.configuration.lora?.dropout = 0.2
        fixture.configuration.optimization.steps = 4
        fixture.configuration.validation.interval = interval
        fixture.configuration.validation.prompts = ["a cat", "a dog"]
        fixture.configuration.validation.videoDims = VideoDimensions(width: 64, height: 32, frames: 9)
        fixture.configuration.validation.inferenceSteps = 2
        return fixture
    }
    private func ended(_ run: Run) throws -> Run {
        #expect(run.wait(seconds: Patience.limit))
        if let failure = run.failure { throw failure }
        return run
    }
    private func names(_ run: Run) -> [String] { run.samples.map(Path.name) }

    @Test func `videos are made before the first step and at the interval, under upstream's names`() throws {
        var fixture = try fixture()
        fixture.configuration.validation.videosPerPrompt = 2
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let run = try ended(trainer.start(fixture.configuration))
        let expected = ["000000", "000002", "000004"].flatMap { step in (0..<4).map { "step_\(step)_\($0).mp4" } }
        #expect(names(run) == expected)
        #expect(try Files.list(Path.join(run.folder, "samples")).sorted() == (expected + ["samples.png"]).sorted())
        // The same seed for every prompt, the next one for a prompt's second video.
        let files = try run.samples.prefix(4).map { try Files.read($0) }
        #expect(Set(files).count == 4)
        fixture.configuration.validation.skipInitialValidation = true
        fixture.configuration.outputDir += "2"
        #expect(try names(ended(trainer.start(fixture.configuration))).first == "step_000002_0.mp4")
    }

    @Test func `a run trains the same with videos and without`() throws {
        var fixture = try fixture()
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let shown = try ended(trainer.start(fixture.configuration))
        fixture.configuration.validation.interval = nil
        fixture.configuration.outputDir += "2"
        let plain = try ended(trainer.start(fixture.configuration))
        #expect(plain.samples.isEmpty && shown.samples.count == 6)
        #expect(plain.history.map(\.loss) == shown.history.map(\.loss) && plain.history.count == 4)
        let ours = try Safetensors.read(#require(shown.checkpoints.last))
        for (key, tensor) in try Safetensors.read(#require(plain.checkpoints.last)) {
            #expect(try ours[key]?.isEqual(to: tensor) == true, "\(key)")
        }
    }

    @Test func `a video of a run is the one that sampling with its LoRA gives`() throws {
        var fixture = try fixture(interval: 4)
        fixture.configuration.validation.skipInitialValidation = true
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let run = try ended(trainer.start(fixture.configuration))
        var options = SampleOptions(
            prompt: "a dog", size: try VideoSize(width: 64, height: 32, frames: 9),
            output: Path.join(fixture.folder, "again.mp4"))
        (options.steps, options.lora, options.schedule) = (2, run.checkpoints.last, .linearQuadratic)
        try trainer.sample(options)
        #expect(try Files.read(run.samples[1]) == Files.read(#require(options.output)))
        options.lora = nil
        try trainer.sample(options)
        #expect(try Files.read(run.samples[1]) != Files.read(#require(options.output)))
    }

    @Test func `each of several ranks makes the videos that nobody has taken before`() throws {
        final class SecondOfTwo: Ranks {
            let rank = 1, count = 2, drawsApart = true
            // The other one has taken the first, and the third.
            let numbers = Mutex([2, 4])
            func sum(gradientsOf parameters: [Parameter], in dtype: DType) -> (_ figures: Tensor) throws -> Void {
                { _ in }
            }
            func takeNumber(_ key: String) -> Int { numbers.withLock { $0.removeFirst() } }
            func put(_ key: String, _ note: JSON) {}
            func take(_ key: String, stays: Bool) -> JSON? { nil }
            func broadcast(_ tensors: [Tensor]) {}
            func share(_ message: RankMessage) -> RankMessage { message }
            func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes, bytes] }
            func abort() {}
        }
        let fixture = try fixture(), model = try Trainer(fixture.configuration, device: .cpu).model
        let policy = WeightPolicy(.float32, on: .cpu), lease = try model.lease(.transformer, policy, for: "a test")
        let validation = Validation(
            model, dtype: .float32, device: .cpu, textPolicy: policy, folder: fixture.folder, user: "a test")
        let videos = try validation.sample(
            fixture.configuration.validation, lease.model(), step: 7, SecondOfTwo(), monitor: Monitor())
        #expect(videos.written == [1: Path.join(fixture.folder, "samples/step_000007_1.mp4")] && videos.notes == [])
        #expect(try Files.list(Path.join(fixture.folder, "samples")) == ["step_000007_1.mp4"])
    }

    @Test func `a video that cannot be made is a note, and the run goes on`() throws {
        let fixture = try fixture(), trainer = try Trainer(fixture.configuration, device: .cpu)
        let lease = try trainer.model.lease(.vae, dtype: .float32, device: .cpu, for: "somebody")
        let run = try ended(trainer.start(fixture.configuration))
        #expect(run.state == .finished && run.samples.isEmpty && run.history.count == 4)
        let notes = run.job.events.take().compactMap { event -> String? in
            if case .note(let text) = event { text } else { nil }
        }
        #expect(notes.count { $0.contains("is in use by somebody") } == 6, "\(notes)")
        #expect(lease.key.part == .vae)
    }

    @Test func `an image that is not there is told before the run begins`() throws {
        var fixture = try fixture()
        fixture.configuration.validation.images = ["nowhere/1.png", "nowhere/2.png"]
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        #expect { try trainer.start(fixture.configuration) } throws: { "\($0)".contains("nowhere/1.png") }
        #expect(!Files.exists(fixture.configuration.outputFolder))
    }

    @Test func `a paused run makes a video of what it has learnt`() throws {
        var fixture = try fixture(interval: nil)
        fixture.configuration.optimization.steps = 100_000
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let run = try trainer.start(fixture.configuration)
        while run.step < 2 { #expect(!run.wait(seconds: 0.01)) }
        try run.pause()
        while run.state != .paused { #expect(!run.wait(seconds: 0.01)) }
        var options = SampleOptions(
            prompt: "a cat", size: try VideoSize(width: 64, height: 32, frames: 9),
            output: Path.join(fixture.folder, "now.mp4"))
        options.steps = 2
        #expect(try run.sample(options) == options.output)
        #expect(run.state == .paused)
        let made = try Files.read(#require(options.output))
        run.stop()
        #expect(run.wait(seconds: Patience.limit))
        // Of a run that is over the last checkpoint is taken, which is the same.
        #expect(try run.sample(options) == options.output)
        #expect(try Files.read(#require(options.output)) == made)
        options.stgScale = [1]
        #expect(throws: SamplingOptionError.self) { try run.sample(options) }
    }
}
