import Base
import Media
import NN
import Synchronization
import TestSupport
import Testing
import Torch

@testable import VisionLanguage
@testable import Workbench

/// Captioners in memory: tiny ones of each family.
@Suite struct LocalCaptionerTests {
    private static let models = Path.join(Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures/models")
    private static let families = ["llava", "qwen25vl", "qwen3vl"]
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for place in 0..<3 {
            let color = Picture.Color(UInt8(place * 90), 120, 30)
            try StillImage.write(Picture(width: 96, height: 64, color).frame, to: folder["c\(place).png"])
        }
    }
    private func local(
        _ name: String, batch: Int? = nil, free: Int? = nil, store: ModelStore = ModelStore(),
        _ compatibility: Compatibility? = nil
    ) throws -> LocalCaptioner {
        try LocalCaptioner(
            Path.join(Self.models, name), WeightPolicy(.float32), batch: batch, compatibility, store: store,
            memory: MemoryBudget { _ in free })
    }
    private func question(_ file: String?, _ tokens: Int = 6, fps: Double? = nil, prompt: String = "What?") throws
        -> CaptionQuestion
    {
        CaptionQuestion(
            media: try file.map { try VideoFile(folder[$0]) }, prompt: prompt, maxNewTokens: tokens, fps: fps)
    }
    /// Notes of what answers.
    private final class Notes: Sendable {
        let texts = Mutex<[String]>([])
        var control: CaptionControl { CaptionControl(note: { text in self.texts.withLock { $0.append(text) } }) }
    }

    @Test(arguments: families) func `every family captions images and videos, and answers about a text alone`(
        _ name: String
    ) throws {
        for place in 0..<2 {
            try folder.video("videos/v\(place).mp4", frames: 12, size: "96x64", filter: ",hue=h=\(place * 90)")
        }
        let captioner = Captioner(try local(name))
        for (path, count) in [(folder.path, 3), (folder["videos"], 2)] {
            let data = try Dataset.open(path, among: OpenDatasets())
            #expect(data.clips.count == count)
            let (run, notes) = try CaptionFixture.run(captioner, data) {
                ($0.maxNewTokens, $0.keepSuspect, $0.refine) = (8, true, "Say it again: {caption}")
            }
            #expect(run.result.failed.isEmpty && run.state == .finished, "\(notes)")
            // A model of random numbers may have nothing to say.
            #expect(run.result.written + run.result.suspect.count { !$0.isKept } == count, "\(notes)")
            #expect(data.clips.allSatisfy { !$0.isCaptioned || $0.author == name })
            #expect(run.result.usage.requests == 2 * count && run.result.usage.input > 20 * count)
            let plan = try captioner.estimate(data, with(override: true))
            #expect(plan.estimate.frames >= count && plan.estimate.input > 20 * count && plan.failed.isEmpty)
        }
    }
    private func with(override: Bool) -> CaptionOptions {
        var options = CaptionOptions()
        options.override = override
        return options
    }

    @Test(arguments: families) func `clips that wait are answered together, each as it would be alone`(_ name: String)
        throws
    {
        let files = ["c0.png", "c1.png", "c2.png"]
        let alone = try files.map { try local(name).answer(question($0), CaptionControl()).text }
        let captioner = try local(name, batch: 3), questions = try files.map { try question($0) }
        let answers = Mutex<[Int: String]>([:])
        let threads = questions.indices.map { place in
            WorkerThread("question") {
                let text = try? captioner.answer(questions[place], CaptionControl()).text
                answers.withLock { $0[place] = text }
            }
        }
        for thread in threads { thread.join() }
        #expect(answers.withLock { all in files.indices.map { all[$0] } } == alone)
        // Three that are answered in one go.
        let store = ModelStore(), together = try local(name, batch: 3, store: store)
        let waiting = try questions.map {
            WaitingQuestion($0, try ClipLook(together.family).pictures(for: $0, CaptionControl()), CaptionControl())
        }
        try LocalAnswers(together.family, together.family.load(WeightPolicy(.float32))).answer(waiting)
        #expect(try waiting.map { try #require($0.given).get().text } == alone)
    }
    @Test func `one question of a batch that fails or is stopped leaves the others theirs`() throws {
        let captioner = try local("qwen25vl", batch: 3), family = captioner.family
        let alone = try captioner.answer(question("c0.png"), CaptionControl()).text
        let shown = try ClipLook(family).pictures(for: question("c0.png"), CaptionControl())
        let bad = WaitingQuestion(try question(nil, prompt: "<|image_pad|>"), nil, CaptionControl())
        let stopped = WaitingQuestion(try question("c0.png"), shown, CaptionControl(isStopped: { true }))
        let good = WaitingQuestion(try question("c0.png"), shown, CaptionControl())
        try LocalAnswers(family, family.load(WeightPolicy(.float32))).answer([bad, stopped, good])
        #expect(throws: TorchError.self) { try #require(bad.given).get() }
        #expect(throws: Cancelled.self) { try #require(stopped.given).get() }
        #expect(try #require(good.given).get().text == alone)
    }

    @Test func `a model is resident while it is not needed elsewhere, and loads again when it is asked`() throws {
        let store = ModelStore(), captioner = try local("llava", store: store), shown = Captioner(captioner)
        #expect(store.resident.isEmpty)
        try captioner.load(Monitor())
        let resident = try #require(store.resident.first)
        #expect(resident.bytes == captioner.bytes && resident.user == nil && resident.key.part == .captioner)
        let lease = try store.lease(resident.key, for: "a run") { () -> VisionLanguageModel in throw Cancelled() }
        #expect(throws: ModelStoreError.self) { try captioner.answer(question("c0.png"), CaptionControl()) }
        #expect(throws: ModelStoreError.self) { try shown.unload() }
        lease.release()
        #expect(try shown.unload().count == 1 && store.resident.isEmpty)
        _ = try captioner.answer(question("c0.png"), CaptionControl())
        #expect(store.resident.count == 1)
    }
    @Test func `a model that cannot fit is refused before it is loaded, with what would`() throws {
        let bytes = try local("qwen25vl").bytes
        for (free, named) in [(bytes - 1, "int8-quanto"), (1000, "a smaller model")] {
            do {
                _ = try local("qwen25vl", free: free)
                Issue.record("taken")
            } catch let error as CaptionerError {
                #expect("\(error)".contains(named) && "\(error)".contains("\(ByteCount(bytes))"), "\(error)")
            }
        }
        _ = try local("qwen25vl", free: bytes)
    }
    @Test func `a folder of another model is refused with what there is`() throws {
        try Files.makeFolder(folder["other"])
        try AtomicFile.write(#"{"model_type": "florence2"}"#, to: folder["other/config.json"])
        do {
            _ = try LocalCaptioner(folder["other"], WeightPolicy())
            Issue.record("taken")
        } catch let error as CaptionerError {
            #expect("\(error)".contains("florence2") && "\(error)".contains("llava_next_video"), "\(error)")
        }
    }

    // MARK: Looking

    @Test func `frames that have no room beside the answer are left out with a note, 26 of LLaVA's`() throws {
        try folder.video("long.mp4", frames: 96, size: "64x48", rate: 8)
        let path = Path.join(Self.models, "../shapes/llava-next-video-7b.json")
        let full = try LlavaConfiguration(json: Files.json(path), path: path)
        let look = ClipLook(try LlavaFamily(folder: Path.join(Self.models, "llava"), nil, config: full))
        let words = String(repeating: "a ", count: 15), file = try VideoFile(folder["long.mp4"])
        let plan = try look.plan(file, question("long.mp4", 200, fps: 8, prompt: words))
        #expect(plan.frames.count == 26 && plan.wanted == 96 && plan.frames.last ?? 0 > 88)
        #expect(try look.plan(file, question("long.mp4", 200, fps: 2, prompt: words)).frames.count == 24)
        let notes = Notes(), captioner = try local("llava")
        _ = try ClipLook(captioner.family).pictures(for: question("long.mp4", 4096 - 60 - 18, fps: 8), notes.control)
        #expect(notes.texts.withLock { $0 }.contains { $0.contains("of 96 frames") && $0.contains("4096") })
        let refusal = #expect(throws: CaptionerError.self) {
            try captioner.answer(question("long.mp4", 4096), CaptionControl())
        }
        #expect(refusal?.description.contains("max_new_tokens") == true)
    }
    @Test(arguments: [nil, Compatibility.four])
    func `the frames that are looked at are those of their places`(_ compatibility: Compatibility?) throws {
        // Each picture is as bright as its number says.
        try folder.run([
            "-f", "lavfi", "-i", "color=black:size=64x64:rate=25", "-frames:v", "50", "-vf",
            "geq=lum='N*5':cb=128:cr=128",
            "-c:v", "ffv1", "-pix_fmt", "yuv444p", folder["bright.mkv"],
        ])
        let family = try LlavaFamily(folder: Path.join(Self.models, "llava"), compatibility)
        let shown = try #require(
            try ClipLook(family).pictures(for: question("bright.mkv", fps: 6), CaptionControl()))
        let expected = compatibility == nil ? [0, 4, 8, 12, 16, 20, 25, 29, 33, 37, 41, 45] : (0..<12).map { $0 * 4 }
        let levels = try shown.pictures.to(.float32).mean(1, 2, 3).floats()
        let blackest = 16.0, scale = 255.0 / 219
        let places = levels.map { Int(((Double($0) / scale + blackest) / 5).rounded()) }
        // Below black everything is black.
        #expect(places.count == expected.count && zip(places, expected).allSatisfy { $0 == max($1, 3) }, "\(places)")
    }
    @Test func `a question cannot have a picture's place in it`() throws {
        for (name, mark) in [("llava", "<video>"), ("qwen3vl", "<|image_pad|>")] {
            let error = #expect(throws: CaptionerError.self) {
                try local(name).answer(question("c0.png", prompt: "What is \(mark)?"), CaptionControl())
            }
            #expect(error?.description.contains(mark) == true)
        }
    }
    @Test func `a clip that is too thin fails alone`() throws {
        try StillImage.write(Picture(width: 900, height: 4, .black).frame, to: folder["thin.png"])
        let data = try Dataset.open(folder.path, among: OpenDatasets())
        let (run, _) = try CaptionFixture.run(Captioner(try local("qwen25vl")), data) {
            ($0.maxNewTokens, $0.keepSuspect) = (4, true)
        }
        #expect(run.result.written == 3 && run.result.failed.map(\.clip) == ["thin.png"])
    }
}
