import Base
import Media
import TestSupport
import Testing
import Torch

@testable import Workbench

/// Which size a clip gets, and which pictures.
@Suite(.serialized) struct PreprocessingChoiceTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private static let musubi = Path.join(
        Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures/preprocessing.json")

    // MARK: Choosing

    @Test func `aspect buckets are musubi-tuner's`() throws {
        let areas = try #require(Files.json(Self.musubi)["aspects"]?.array)
        #expect(areas.count == 5)
        for area in areas {
            let sides = try #require(area["area"]?.array).compactMap(\.integer)
            let size = try VideoSize(width: sides[0], height: sides[1], frames: 9)
            let expected = try #require(area["buckets"]?.array).map { "\($0.array?.compactMap(\.integer) ?? [])" }
            #expect(try TrainingSizes.aspects(of: size).map { "[\($0.width), \($0.height)]" } == expected, "\(size)")
        }
    }
    @Test func `stretches of pictures are musubi-tuner's`() throws {
        let cases = try #require(Files.json(Self.musubi)["stretches"]?.array)
        #expect(cases.count == 70)
        let modes = [
            "head": FrameSelection.Mode.first, "chunk": .chunks, "slide": .sliding, "uniform": .uniform, "full": .full,
        ]
        for item in cases {
            let mode = try #require(modes[item["mode"]?.string ?? ""]), count = item["count"]?.integer ?? 0
            let frames = item["frames"]?.integer ?? 0
            let found = FrameSelection(mode, stride: 10, samples: mode == .uniform ? 3 : nil)
                .stretches(of: count, frames: frames).map { [$0.pictures[0], $0.pictures.count] }
            // One clip that begins where another does is that clip once more.
            var expected = try #require(item["stretches"]?.array).map { $0.array?.compactMap(\.integer) ?? [] }
            expected = expected.indices.filter { $0 == 0 || expected[$0] != expected[$0 - 1] }.map { expected[$0] }
            #expect(found == expected, "\(mode) \(count) \(frames)")
        }
    }
    @Test
    func `pictures spread over a video begin with the first, end with the last, and are as fast as they are far apart`()
    {
        let spread = FrameSelection(.uniform).stretches(of: 49, frames: 25)
        #expect(
            spread.count == 1 && spread[0].pictures == Array(stride(from: 0, through: 48, by: 2)) && spread[0].step == 2
        )
        #expect(FrameSelection(.uniform).stretches(of: 24, frames: 25).isEmpty)
        #expect(FrameSelection(.uniform).stretches(of: 11, frames: 1)[0].pictures == [5])
    }
    @Test(
        arguments: [
            // Of the shapes the nearest; of the lengths the longest that it fills.
            ((1920, 1080, 100), "768x448x25;512x512x25", "768x448x25"),
            ((1080, 1080, 100), "768x448x25;512x512x25", "512x512x25"),
            ((1080, 1920, 100), "768x448x25;448x768x25", "448x768x25"),
            ((960, 544, 100), "960x544x49;960x544x97;960x544x121", "960x544x97"),
            ((960, 544, 48), "960x544x49;960x544x97", nil), ((960, 544, 49), "960x544x97;960x544x49", "960x544x49"),
            // Of one shape the largest without enlarging, and else the smallest.
            ((1920, 1920, 30), "512x512x25;1024x1024x25", "1024x1024x25"),
            ((480, 480, 30), "1024x1024x25;512x512x25", "512x512x25"),
            ((512, 512, 30), "256x256x25;512x512x25;1024x1024x25", "512x512x25"),
            // Half of the picture for four times as long.
            ((512, 256, 100), "512x256x25;256x256x97", "256x256x97"),
        ] as [((Int, Int, Int), String, String?)]) func `a clip gets the size that loses least of it`(
            clip: (Int, Int, Int), sizes: String, expected: String?
        ) throws
    {
        let sizes = try TrainingSizes(sizes.split(separator: ";").map { try VideoSize(parsing: String($0)) })
        let choice = sizes.choice(width: clip.0, height: clip.1, count: clip.2, FrameSelection())
        #expect(choice?.description == expected)
    }
    @Test func `a size is known by its name, and a wrong label is refused`() throws {
        #expect(TrainingSizes.named.count == 22)
        for (shape, width, height) in TrainingSizes.named {
            #expect(try TrainingSizes.withoutLabel("[\(shape)] \(width)x\(height)") == "\(width)x\(height)")
            _ = try VideoSize(width: width, height: height, frames: 25)
        }
        #expect(try TrainingSizes.withoutLabel("heng 768x448x49") == "768x448x49")
        let error = #expect(throws: VideoSizeError.self) { try TrainingSizes.withoutLabel("[FANG] 768x448") }
        #expect(error?.description.contains("[HENG]") == true)
    }

    // MARK: Reading

    @Test(arguments: ["64x32", "32x64"]) func `pictures are scaled and cropped as the reference's dataset does`(
        size: String
    ) throws {
        let fixtures = Path.folder(Self.musubi), video = Path.join(fixtures, "../MediaTests/Fixtures/scenes.mp4")
        // (3, frames 0 and 8, height, width)
        let expected = try #require(Safetensors.read(Path.join(fixtures, "clip_pictures.safetensors"))[size])
        let clip = try #require(try ClipTensor.read(VideoFile(video), size: VideoSize(parsing: "\(size)x9"))).squeezed(
            0)
        for (place, frame) in [0, 8].enumerated() {
            let difference = try (clip.select(1, frame) - expected.select(1, place)).abs()
            // A step of 8 bits is 0.0078: decord rounds some colours the other way.
            #expect(try difference.max().item() < 0.009 && difference.mean().item() < 2e-4)
        }
    }
    @Test(arguments: [12.0, 30.0, 7.5]) func `at another rate there is the picture that ffmpeg shows at each time`(
        fps: Double
    )
        throws
    {
        try folder.video("a.mp4", frames: 40, size: "64x32")
        try folder.run([
            "-i", folder["a.mp4"], "-vf", "fps=\(fps):round=up", "-f", "rawvideo", "-pix_fmt", "rgb24", folder["a.rgb"],
        ])
        let file = try VideoFile(folder["a.mp4"]), expected = try Files.read(folder["a.rgb"]), size = 64 * 32 * 3
        var sequence = try PictureSequence(file, fps: fps), count = 0
        while let frame = try sequence.next() {
            let place = count * size
            if place + size <= expected.count, frame.pixels[...] != expected[place..<place + size] {
                Issue.record("picture \(count)")
            }
            count += 1
        }
        #expect(count == PictureSequence.count(40, of: file, fps: fps) && abs(count - expected.count / size) <= 1)
    }
    @Test func `stretches in one pass are the same pictures as each by itself`() throws {
        try folder.video("a.mp4", frames: 40, size: "64x48")
        let file = try VideoFile(folder["a.mp4"]), size = try VideoSize(width: 32, height: 32, frames: 9)
        let stretches = FrameSelection(.sliding, stride: 5).stretches(of: 40, frames: 9)
        #expect(stretches.count == 7)
        var pictures = try ClipPictures(file, size: size, stretches)
        let all = try (0..<40).map { number in
            try ClipTensor.fitted(file.frame(at: .frames(number)), width: 32, height: 32)
        }
        for stretch in stretches {
            let expected = try stacked(stretch.pictures.map { all[$0] }, axis: 1).unsqueezed(0)
            #expect(try #require(try pictures.next()).isEqual(to: expected))
        }
        #expect(try pictures.next() == nil)
    }

    // MARK: Running

    private func dataset() throws -> Dataset {
        try folder.video("d/long.mp4", frames: 30, size: "64x32")
        try folder.video("d/square.mp4", frames: 20, size: "48x48")
        try folder.video("d/short.mp4", frames: 5, size: "48x48")
        let data = try Dataset.open(folder["d"])
        for clip in data.clips { try clip.setCaption("the same for all") }
        return data
    }
    private func preprocessor() throws -> Preprocessor {
        try Preprocessor(model: ModelFolder(finding: TrainingFixture.model), device: .cpu)
    }
    private func options(_ sizes: String, _ selection: FrameSelection = FrameSelection()) throws -> Preprocessor.Options
    {
        let sizes = try sizes.split(separator: ";").map { try VideoSize(parsing: String($0)) }
        return Preprocessor.Options(sizes: try TrainingSizes(sizes), selection: selection)
    }

    @Test func `the plan of the statistics is what preprocessing makes`() throws {
        let data = try dataset(), preprocessor = try preprocessor(), notes = Notes()
        for selection in [
            FrameSelection(), FrameSelection(.chunks), FrameSelection(.sliding, stride: 4), FrameSelection(.uniform),
            FrameSelection(.uniform, samples: 3), FrameSelection(.full),
        ] {
            let options = try options("64x32x25;32x32x9", selection), plan = try data.statistics(for: options)
            let made = try preprocessor.run(data, options, monitor: notes.monitor)
            let sizes = Dictionary(uniqueKeysWithValues: try made.statistics.sizes.map { ($0.size, $0.count) })
            #expect(Dictionary(uniqueKeysWithValues: plan.plan.map { ($0.value, $0.clips) }) == sizes, "\(selection)")
            #expect(plan.tooShort == (selection.mode == .full ? 0 : 1))
            #expect(throws: VideoSizeError.self) {
                try data.statistics(for: Preprocessor.Options(sizes: TrainingSizes([(64, 32, nil)])))
            }
            #expect(made.orphans == [] && !made.problems().contains { $0.contains("not all clips have one size") })
        }
    }
    @Test func `clips of one video have its caption, encoded once, and other pictures of it are put away`() throws {
        let data = try dataset(), preprocessor = try preprocessor(), notes = Notes()
        let many = try preprocessor.run(data, options("32x32x9", FrameSelection(.chunks)), monitor: notes.monitor)
        let names = ["long_00000-009", "long_00009-009", "long_00018-009", "square_00000-009", "square_00009-009"]
        #expect(many.items.map(\.name) == names)
        #expect(
            many.problems().count == 1
                && many.problems()[0].contains("1 clip is in the dataset and not preprocessed (short)"))
        let first = try Files.read(many.items[0].condition)
        for item in many.items { #expect(try Files.read(item.condition) == first) }
        // A caption that is edited concerns all clips of its video, and of no other.
        try data.clip(try #require(data.clips.firstIndex { $0.name == "long.mp4" }) + 1).setCaption("another")
        let changed = try many.changes()
        #expect(changed.map(\.item.name) == Array(names.prefix(3)) && changed.allSatisfy { $0.reasons == [.caption] })
        #expect(data.outdated.count == 1)
        let again = Notes()
        _ = try preprocessor.run(data, options("32x32x9", FrameSelection(.chunks)), monitor: again.monitor)
        #expect(
            again.texts.contains("captions: 2 up to date, 3 to encode")
                && again.texts.contains("videos: 5 up to date, 0 to encode"))
        // The first pictures alone have the latents that a run of its own gives them.
        let one = try preprocessor.run(data, options("32x32x9"), monitor: again.monitor)
        #expect(one.items.map(\.name) == ["long", "square"])
        #expect(try folder.names("d/.precomputed/stale/latents") == names.map { "\($0).pt" })
    }
    @Test func `a rate that is asked for is stored, and a spread clip is as slow as its pictures are far apart`() throws
    {
        let data = try dataset(), preprocessor = try preprocessor()
        var options = try options("32x32x9")
        options.rules.fps = 12
        #expect(try preprocessor.run(data, options).statistics.rates.map(\.rate) == ["12.0"])
        let spread = try preprocessor.run(data, self.options("32x32x9", FrameSelection(.uniform)))
        let rates = try spread.items.map { try LatentFile($0.latents).fps }
        #expect(abs(rates[0] - 24 * 8 / 29.0) < 1e-9 && abs(rates[1] - 24 * 8 / 19.0) < 1e-9)
    }
    @Test func `what is decoded to look at is of the clips, and references are left out when asked`() throws {
        let data = try dataset(), preprocessor = try preprocessor()
        try data.makeReferences()
        var options = try options("32x32x9")
        options.decodes = true
        let made = try preprocessor.run(data, options)
        #expect(made.items.allSatisfy { $0.reference != nil })
        for part in ["decoded_videos", "decoded_reference_videos"] {
            #expect(try folder.names("d/.precomputed/\(part)") == ["long.mp4", "square.mp4"])
        }
        #expect(try VideoFile(folder["d/.precomputed/decoded_videos/long.mp4"]).countFrames().value == 9)
        options.usesReferences = false
        #expect(try preprocessor.run(data, options).items.allSatisfy { $0.reference == nil })
    }
    @Test func `bars are cut off before a clip gets its size`() throws {
        try folder.run([
            "-f", "lavfi", "-i", "testsrc2=s=64x32:r=24:d=0.5", "-vf", "pad=64:96:0:32", "-pix_fmt", "yuv420p", "-qp",
            "1",
            "-preset", "ultrafast",
            try {
                try Files.makeFolder(folder["b"]); return folder["b/a.mp4"]
            }(),
        ])
        let data = try Dataset.open(folder["b"])
        try data.clip(1).setCaption("x")
        var options = try options("64x32x9;32x64x9")
        #expect(try data.statistics(for: options).plan.map(\.value) == ["32x64x9"])
        options.rules.cropsBars = true
        #expect(try data.statistics(for: options).plan.map(\.value) == ["64x32x9"])
        #expect(try preprocessor().run(data, options).statistics.sizes.map(\.size) == ["64x32x9"])
        let resized = try data.resize(width: 64, height: 32, output: folder["small"], cropsBars: true)
        let frame = try resized.clip(1).frame(at: 0), whole = try data.clip(1).frame(at: 0)
        let inside = whole.part(PictureRegion(left: 0, top: 32, width: 64, height: 32))
        let unlike = zip(frame.pixels, inside.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        #expect(Double(unlike) / Double(frame.pixels.count) < 6)
        #expect(data.clips[0].flags.contains("bars"))
    }
    @Test func `a folder that is being written is refused, and preprocessing behind the prompt gives the same`() throws
    {
        let data = try dataset(), preprocessor = try preprocessor(), options = try options("32x32x9")
        let job = try preprocessor.job(data, options, Monitor())
        let error = #expect(throws: PreprocessorError.self) { try preprocessor.start(data, options) }
        #expect(error?.kind == "preprocess.busy" && error?.description.contains("ltxsh") == true)
        withExtendedLifetime(job) {}
    }
    @Test func `preprocessing behind the prompt ends with what it made`() throws {
        let data = try dataset(), preprocessor = try preprocessor()
        let run = try preprocessor.start(data, options("32x32x9"))
        #expect(run.wait(seconds: 60) && run.state == .finished && run.result?.items.map(\.name) == ["long", "square"])
        #expect(PreprocessingRun.session.contains { $0 === run })
        let none = try preprocessor.start(data, options("32x32x97"))
        #expect(none.wait(seconds: 60) && none.state == .failed && none.failure is PreprocessorError)
    }
    @Test func `a LoRA says its rank, alpha, base model and trigger word, and so does what is made of it`() throws {
        try folder.video("d/a.mp4", frames: 9, size: "32x32")
        let data = try Dataset.open(folder["d"])
        try data.clip(1).setCaption("a test picture")
        var options = try options("32x32x9")
        options.trigger = "WORD"
        var configuration = try TrainingFixture().configuration
        configuration.data.preprocessedDataRoot = try preprocessor().run(data, options).path
        configuration.lora?.rank = 4
        configuration.lora?.alpha = 2
        (configuration.optimization.steps, configuration.optimization.batchSize) = (1, 1)
        configuration.outputDir = folder["out"]
        let run = try Trainer(configuration, device: .cpu).start(configuration)
        #expect(run.wait(seconds: Patience.limit) && run.failure == nil, "\(run.failure as Any)")
        let checkpoint = try #require(run.checkpoints.last), source = configuration.model.modelSource
        let said = try Exporter.inspect(checkpoint).metadata
        let facts = ["format", "rank", "alpha", "base_model", "trigger_word"]
        #expect(facts.map { said[$0] } == ["pt", "4", "2", source, "WORD"])
        // Its strength is in the matrices now.
        let comfy = try Exporter.inspect(Exporter.comfyui(checkpoint)).metadata
        #expect(facts.map { comfy[$0] } == ["pt", "4", "4", source, "WORD"])
    }
    @Test func `frames are not written under the name of a picture`() throws {
        for name in ["x.png", "x.gif", "x.webm"] {
            let error = #expect(throws: MediaError.self) { try VideoOutput.check(name, frames: 9) }
            #expect(error?.description.contains("'\(name)'") == true)
        }
        for (name, frames) in [("x.mp4", 9), ("x.png", 1), ("x", 9)] { try VideoOutput.check(name, frames: frames) }
    }
}
