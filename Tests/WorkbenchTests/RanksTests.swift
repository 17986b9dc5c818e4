import Base
import Configuration
import Foundation
import Media
import TestSupport
import Testing
import Torch

@testable import Workbench

/// Trainings that several processes share.
@Suite(.serialized) struct RanksTests {
    /// Trains a configuration, or goes on with its folder, and says where the last checkpoint is, on every rank that speaks.
    private static let script = """
        local cfg = Config.load(arg[1])
        local run
        if arg[2] == "resume" then
            run = Trainer.load(cfg):resume(cfg.output_dir, cfg)
            run:wait{ progress = false }
            assert(run.state == "finished", run.error)
        else
            run = Trainer.load(cfg):train(cfg, {
                progress = false, on_step = function(s) io.stdout:write("step ", s.step, "\\n") io.stdout:flush() end,
            })
        end
        assert(fs.exists(run.checkpoints[#run.checkpoints]))
        for _, model in ipairs(Models.resident()) do
            io.stderr:write("in memory: ", model.part, " ", model.dtype, "\\n")
        end
        print(run.step .. " " .. run.checkpoints[#run.checkpoints]:match("[^/]+$"))
        """
    private func fixture() throws -> TrainingFixture {
        var fixture = try TrainingFixture(clips: 5)
        try fixture.addOtherSizes()
        fixture.configuration.acceleration.mixedPrecisionMode = .no
        fixture.configuration.lora?.dropout = 0.2
        fixture.configuration.conditioning.captionDropoutP = 0.3
        fixture.configuration.conditioning.firstFrameConditioningP = 0.5
        fixture.configuration.conditioning.firstFrameConditioningPerSample = true
        fixture.configuration.optimization.batchSize = 2
        fixture.configuration.optimization.steps = 6
        fixture.configuration.checkpoints.interval = 3
        fixture.configuration.validation.prompts = ["a cat", "a dog"]
        fixture.configuration.validation.videoDims = VideoDimensions(width: 64, height: 32, frames: 9)
        fixture.configuration.validation.inferenceSteps = 1
        fixture.configuration.validation.interval = nil
        return fixture
    }
    private func start(
        _ ranks: Int, _ configuration: TrainingConfiguration, in folder: String, resumes: Bool = false
    ) throws -> RankedShell {
        let path = Path.join(folder, "ranks.yaml")
        try configuration.save(path)
        return try RankedShell(ranks: ranks, Self.script, [path] + (resumes ? ["resume"] : []), in: folder)
    }
    private func losses(_ folder: String) throws -> [Double] {
        try Files.text(Path.join(folder, "metrics.jsonl")).split(separator: "\n").compactMap {
            try JSON(parsing: String($0))["loss"]?.number
        }
    }
    /// The largest difference of two checkpoints, and the largest value.
    private func difference(_ a: String, _ b: String) throws -> (difference: Double, largest: Double) {
        let name = "checkpoints/lora_weights_step_00006.safetensors"
        let a = try Safetensors.read(Path.join(a, name)), b = try Safetensors.read(Path.join(b, name))
        #expect(a.keys.sorted() == b.keys.sorted())
        var worst = 0.0, largest = 0.0
        for (key, tensor) in a {
            let other = try #require(b[key])
            worst = max(worst, try (tensor - other).abs().max().item())
            largest = max(largest, try other.abs().max().item())
        }
        return (worst, largest)
    }

    /// LTXSH_TEST_RANKS says how many by hand.
    private static let several = ProcessInfo.processInfo.environment["LTXSH_TEST_RANKS"].flatMap { Int($0) } ?? 2

    @Test func `several ranks train what one does with as much more accumulation, and one goes on from their state`()
        throws
    {
        let several = Self.several
        var fixture = try fixture()
        // Before the first step, where all weights are equal bit for bit.
        fixture.configuration.validation.interval = 100
        let alone = Path.join(fixture.folder, "alone"), both = Path.join(fixture.folder, "both")
        let other = Path.join(fixture.folder, "other")
        fixture.configuration.outputDir = alone
        fixture.configuration.optimization.gradientAccumulationSteps = several
        let one = try start(1, fixture.configuration, in: fixture.folder).finish()
        #expect(one.status == 0, "\(one.errors)")
        fixture.configuration.outputDir = both
        fixture.configuration.optimization.gradientAccumulationSteps = 1
        let two = try start(several, fixture.configuration, in: fixture.folder).finish()
        #expect(two.status == 0, "\(two.errors)")
        // Rank 0 alone speaks and has hooks.
        #expect(two.output == (1...6).map { "step \($0)\n" }.joined() + "6 lora_weights_step_00006.safetensors\n")
        #expect(two.output == one.output)
        let found = try losses(both), expected = try losses(alone)
        #expect(found.count == 6)
        for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 1e-6 * b) }
        for video in ["samples/step_000000_0.mp4", "samples/step_000000_1.mp4"] {
            #expect(try Files.read(Path.join(both, video)) == Files.read(Path.join(alone, video)))
        }
        let (difference, largest) = try difference(both, alone)
        #expect(largest > 1e-3 && difference <= 1e-6, "\(difference) of \(largest)")

        // Sums in bf16 lose digits, and nothing else.
        fixture.configuration.acceleration.communicationDtype = .bf16
        fixture.configuration.outputDir = Path.join(fixture.folder, "half")
        let half = try start(several, fixture.configuration, in: fixture.folder).finish()
        #expect(half.status == 0, "\(half.errors)")
        let rounded = try self.difference(fixture.configuration.outputDir, both).difference
        #expect(rounded > 1e-6 && rounded < 0.05 * largest, "\(rounded) of \(largest)")
        for (a, b) in zip(try losses(fixture.configuration.outputDir), expected) { #expect(abs(a - b) <= 1e-2 * b) }
        fixture.configuration.acceleration.communicationDtype = .fp32

        // From the state of several ranks after step 3 on: one rank.
        try Files.makeFolder(other)
        for part in ["checkpoints", "states", "metrics.jsonl", "config.yaml"] {
            try FileManager.default.copyItem(atPath: Path.join(both, part), toPath: Path.join(other, part))
        }
        for part in ["states/state_step_00006", "checkpoints/lora_weights_step_00006"] {
            try FileManager.default.removeItem(atPath: Path.join(other, part + ".safetensors"))
        }
        fixture.configuration.outputDir = other
        fixture.configuration.optimization.gradientAccumulationSteps = several
        let resumed = try start(1, fixture.configuration, in: fixture.folder, resumes: true).finish()
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try self.difference(other, alone).difference <= 1e-6)
    }

    @Test(arguments: [TrainingMode.lora, .full])
    func `ranks that share weights or an optimizer train what ranks do that have them whole, to the bit`(
        _ mode: TrainingMode
    ) throws {
        var fixture = try fixture()
        fixture.configuration.model.trainingMode = mode
        if mode == .full {
            fixture.configuration.lora = nil
        } else {
            fixture.configuration.acceleration.quantization = .int8
        }
        fixture.configuration.data.validationSplit = 0.3
        fixture.configuration.validation.lossInterval = 2
        fixture.configuration.validation.interval = 3
        let whole = Path.join(fixture.folder, "whole"), parts = Path.join(fixture.folder, "parts")
        func train(_ folder: String, _ ranks: Int, resumes: Bool = false) throws {
            fixture.configuration.outputDir = folder
            let end = try start(ranks, fixture.configuration, in: fixture.folder, resumes: resumes).finish()
            #expect(end.status == 0, "\(end.errors)")
            guard fixture.configuration.acceleration.shardAcrossRanks else { return }
            #expect(end.errors.contains(mode == .full ? "share the states" : "share the weights"), "\(end.errors)")
            // Nobody has loaded the model whole.
            let transformers = end.errors.split(separator: "\n").filter { $0.hasPrefix("in memory: transformer") }
            #expect(transformers.allSatisfy { $0.contains("part ") } && (mode == .full || !transformers.isEmpty))
        }
        try train(whole, 2)
        fixture.configuration.acceleration.shardAcrossRanks = true
        try train(parts, 2)
        func same(_ file: String) throws {
            #expect(try Files.read(Path.join(parts, file)) == Files.read(Path.join(whole, file)), "\(file)")
        }
        #expect(try losses(parts) == losses(whole))
        #expect(try evaluations(parts) == evaluations(whole) && evaluations(whole).count == 4)
        for step in ["000000", "000003", "000006"] { try same("samples/step_\(step)_1.mp4") }
        let files = try Files.list(Path.join(whole, "checkpoints")).filter { $0.contains("00006") }
        #expect(!files.isEmpty)
        for file in files where !Files.isFolder(Path.join(whole, "checkpoints/\(file)")) {
            try same("checkpoints/\(file)")
        }
        let states = try [whole, parts].map {
            try Safetensors.read(Path.join($0, "states/state_step_00006.safetensors"))
        }
        #expect(states[0].keys.sorted() == states[1].keys.sorted())
        for (key, tensor) in states[0] { #expect(try tensor.isEqual(to: #require(states[1][key])), "\(key)") }
    }
    private func evaluations(_ folder: String) throws -> [Double] {
        try Files.text(Path.join(folder, "metrics.jsonl")).split(separator: "\n").compactMap {
            try JSON(parsing: String($0))["held_out_loss"]?.number
        }
    }

    @Test(arguments: [false, true])
    func `a rank that is killed ends all with its last words, and what was trained is kept`(shards: Bool) throws {
        var fixture = try fixture()
        fixture.configuration.acceleration.shardAcrossRanks = shards
        fixture.configuration.optimization.steps = 100_000
        fixture.configuration.checkpoints.interval = nil
        let shell = try start(2, fixture.configuration, in: fixture.folder), out = fixture.configuration.outputDir
        #expect(shell.wait { (try? losses(out).count) ?? 0 >= 2 })
        kill(try #require(shell.rank(1)), SIGKILL)
        let end = try shell.finish()
        #expect(end.status == 137)
        #expect(end.errors.contains("rank 1 was ended by signal 9"))
        #expect(end.errors.contains("rank 0 of 2: another rank has ended"))
        #expect(try Files.list(Path.join(out, "states")).count == 1)
        #expect(try Files.list(Path.join(out, "checkpoints")).count == 1)
    }

    /// To all of them, as a terminal does it, or to the one that has started them.
    @Test(arguments: [true, false])
    func `Ctrl-C ends all ranks after a step and saves once`(reachesAll: Bool) throws {
        var fixture = try fixture()
        fixture.configuration.acceleration.shardAcrossRanks = reachesAll
        fixture.configuration.optimization.steps = 100_000
        fixture.configuration.checkpoints.interval = nil
        let shell = try start(2, fixture.configuration, in: fixture.folder), out = fixture.configuration.outputDir
        #expect(shell.wait { (try? losses(out).count) ?? 0 >= 2 })
        if reachesAll { shell.interruptAll() } else { shell.interrupt() }
        let end = try shell.finish()
        #expect(end.status == 130, "\(end.errors)")
        let files = try Files.list(Path.join(out, "checkpoints")), step = try losses(out).count
        #expect(files.filter { $0.hasPrefix("lora_") } == [RunFolder.checkpointName(step)])
        #expect(try Files.list(Path.join(out, "states")).count == 1)
    }

    @Test func `two ranks preprocess what one does, every file with the same bytes`() throws {
        let folder = try TemporaryFolder(), out = folder["d/.precomputed"]
        #expect(try CrashChild(preprocessing: ["prepare", folder.path], in: folder.path).finish().isOrderly)
        #expect(try CrashChild(preprocessing: [folder.path], in: out).finish().isOrderly)
        func contents() throws -> [String: [UInt8]] {
            var all = ["fingerprints.json": try Files.read(Path.join(out, "fingerprints.json"))]
            for part in Precomputed.parts {
                for name in try Precomputed.files(in: Path.join(out, part)) {
                    all["\(part)/\(name)"] = try Files.read(Path.join(out, "\(part)/\(name).pt"))
                }
            }
            return all
        }
        let expected = try contents()
        #expect(expected.count == 1 + 3 * 8)
        Scratch.remove(out)
        let script = try Files.text(Path.join(Path.folder(#filePath), "../../scripts/preprocess-kills.lua"))
        let two = try RankedShell(ranks: 2, script, [folder.path], in: folder.path).finish()
        #expect(two.status == 0, "\(two.errors)")
        let found = try contents()
        #expect(found.keys.sorted() == expected.keys.sorted())
        for (name, bytes) in expected where found[name] != bytes { Issue.record("\(name)") }
        let again = try RankedShell(ranks: 2, script, [folder.path], in: folder.path).finish()
        #expect(again.status == 0 && again.errors.contains("videos: 16 up to date, 0 to encode"), "\(again.errors)")
    }

    @Test func `two ranks caption what one does, and both know the captions`() throws {
        let folder = try TemporaryFolder()
        for name in ["one", "two"] {
            try Files.makeFolder(folder[name])
            for place in 0..<4 {
                let color = Picture.Color(UInt8(place * 60), 120, 30)
                try StillImage.write(Picture(width: 96, height: 64, color).frame, to: folder["\(name)/c\(place).png"])
            }
        }
        let model = Path.join(Path.folder(Path.folder(#filePath)), "Fixtures/models/llava")
        let script = """
            local ds = Dataset.open(arg[1])
            local cap = Captioner.load{ model = arg[2], dtype = "fp32", device = "cpu" }
            local result = cap:caption(ds, { progress = false, max_new_tokens = 8, keep_suspect = true })
            local texts = {}
            for i, clip in ipairs(ds) do texts[i] = clip.caption or "none" end
            local file = assert(io.open(arg[1] .. "/rank" .. (os.getenv("RANK") or 0) .. ".txt", "w"))
            file:write(result.written + #result.suspect, " ", table.concat(texts, "|"))
            file:close()
            """
        for (ranks, name) in [(1, "one"), (2, "two")] {
            let end = try RankedShell(ranks: ranks, script, [folder[name], model], in: folder.path).finish()
            #expect(end.status == 0, "\(end.errors)")
        }
        let expected = try folder.text("one/rank0.txt")
        #expect(expected.split(separator: "|").count == 4)
        #expect(try folder.text("two/rank0.txt") == expected && folder.text("two/rank1.txt") == expected)
    }

    @Test
    func `a rank that is killed while captioning ends all, what was answered stays, and the rest is asked for again`()
        throws
    {
        let folder = try TemporaryFolder(),
            model = Path.join(Path.folder(Path.folder(#filePath)), "Fixtures/models/llava")
        try Files.makeFolder(folder["clips"])
        for place in 0..<120 {
            let color = Picture.Color(UInt8(place * 2), 120, 30)
            try StillImage.write(Picture(width: 96, height: 64, color).frame, to: folder["clips/c\(place).png"])
        }
        let script = """
            local ds = Dataset.open(arg[1])
            local cap = Captioner.load{ model = arg[2], dtype = "fp32", device = "cpu" }
            cap:caption(ds, { progress = false, max_new_tokens = 64, keep_suspect = true })
            """
        func captions() -> Int {
            let dataset = try? Dataset.open(folder["clips"], among: OpenDatasets())
            return (dataset?.clips.filter { $0.caption != nil }.count) ?? 0
        }
        let shell = try RankedShell(ranks: 2, script, [folder["clips"], model], in: folder.path)
        #expect(shell.wait { captions() >= 4 })
        kill(try #require(shell.rank(1)), SIGKILL)
        let end = try shell.finish()
        #expect(end.status == 137 && end.errors.contains("rank 1 was ended by signal 9"), "\(end.errors)")
        let kept = captions()
        #expect(kept >= 4 && kept < 120, "\(kept)")
        let again = try RankedShell(ranks: 2, script, [folder["clips"], model], in: folder.path).finish()
        #expect(again.status == 0 && captions() > kept, "\(again.errors)")
    }

    @Test func `a rank other than the first says nothing but errors, with its number`() throws {
        let folder = try Scratch.folder("ranks")
        let shell = try RankedShell(
            ranks: 2, "print('hello') io.stdout:write('there\\n') if os.getenv('RANK') == '1' then error('no') end", [],
            in: folder)
        let end = try shell.finish()
        #expect(end.status == 1)
        #expect(end.output == "hello\nthere\n")
        #expect(end.errors.contains("rank 1: error: "))
        let alone = try RankedShell(
            ranks: 2, "local d = Dataset.open(arg[1]) d[1].caption = 'x'", [try clips(folder)], in: folder)
        let refused = try alone.finish()
        #expect(refused.status == 1 && refused.errors.contains("writing a dataset is not shared among ranks"))
    }
    private func clips(_ folder: String) throws -> String {
        let clips = Path.join(folder, "clips")
        try Files.makeFolder(clips)
        try AtomicFile.write("[{\"media_path\": \"a.mp4\", \"caption\": \"a\"}]", to: Path.join(clips, "captions.json"))
        try AtomicFile.write("", to: Path.join(clips, "a.mp4"))
        return clips
    }
}
