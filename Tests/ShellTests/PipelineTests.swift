import Base
import Configuration
import Glibc
import LuaKit
import Synchronization
import TestSupport
import Testing
import Workbench

@testable import Shell

/// `pipeline{}` on a tiny model and a video of two scenes: each call does what is not done, and no more.
@Suite(.serialized) struct PipelineTests {
    private static let model = Result {
        let folder = try Scratch.folder("pipeline-model")
        try TinyModel.make(at: Path.join(folder, "tiny"))
        return Path.join(folder, "tiny")
    }
    private let home: String, project: String, scenes: String
    private let interpreter: Interpreter

    init() throws {
        home = try Scratch.folder("pipeline")
        project = Path.join(home, "train_date/WALL")
        scenes = Path.join(project, "scenes")
        try Files.makeFolder(project)
        let made = try ChildProcess.run(
            """
            ffmpeg -nostdin -v error -y -f lavfi -i \
            'color=red:s=96x64:r=24,trim=end_frame=20[a];color=blue:s=96x64:r=24,trim=end_frame=20[b];[a][b]concat=n=2' \
            '\(project)/one.mp4'
            """)
        #expect(made == 0)
        let template = try Files.text(Path.join(DayTests.root, "configs/tiny.yaml"))
            .replacing("steps: 60", with: "steps: 3").replacing("rank: 8", with: "rank: [RANK]")
            .replacing("alpha: 8", with: "alpha: [RANK]").replacing("models/tiny", with: try Self.model.get())
            .replacing("outputs/quickstart", with: "\"\(home)/out/[BASENAME]_r[RANK]\"")
        try AtomicFile.write(template, to: Path.join(home, "t.yaml"))
        interpreter = try Interpreter()
        try interpreter.setSearchPath(script: nil)
    }

    private func answer(_ input: String) -> String {
        do {
            let printer = ValuePrinter(DisplayContext(width: 200))
            return try interpreter.evaluate(input, line: 1, remembers: true).flatMap { printer.lines($0) }.joined(
                separator: "\n")
        } catch let failure as PromptFailure { return failure.message } catch { return "\(error)" }
    }
    /// Calls it; returns the states in order, or the error.
    private func pipeline(_ more: String = "") -> String {
        answer(
            """
            p = pipeline{ project = '\(project)', size = '96x64', frames = 17, template = '\(home)/t.yaml', rank = 4, progress = false, \
            min_scene_len = '5f', device = 'cpu', \(more) }
            local states = {}
            for i = 1, #p do states[i] = p[i].step .. ' ' .. (p[i].outcome and 'made' or p[i].state) end
            return table.concat(states, ', ')
            """)
    }
    private func caption() throws {
        let clips = try Dataset.open(scenes)
        for (number, clip) in clips.clips.enumerated() where !clip.isCaptioned {
            try clip.setCaption("a wall, number \(number)")
        }
        try clips.close()
    }
    /// Every file of the home with its time and size.
    private func files() throws -> [String] {
        func files(_ folder: String) throws -> [String] {
            try Files.list(folder).flatMap { name -> [String] in
                let path = Path.join(folder, name)
                return Files.isFolder(path) ? try files(path) : ["\(path) \(try FileStamp(path).text)"]
            }
        }
        return try files(home).filter { !$0.contains(".lock ") }
    }
    private static let nothing = "\"split done, caption done, preprocess done, train done, export done\""
    private static let all = "\"split made, caption done, preprocess made, train made, export made\""

    @Test func `it goes from a video to a LoRA, and a second call finds nothing to do`() throws {
        let before = try files()
        #expect(pipeline("dry = true") == "\"split due, caption due, preprocess due, train due, export due\"")
        #expect(answer("p").contains("plan for WALL") && answer("p.run") == "nil")
        #expect(try files() == before)

        // Without anybody to describe them the scenes wait for their captions.
        let refused = pipeline()
        #expect(refused.contains("2 clips in '\(scenes)/captions.json' have no caption"), "\(refused)")
        try caption()
        #expect(pipeline() == "\"split done, caption done, preprocess made, train made, export made\"")
        #expect(answer("#p.precomputed") == "2" && answer("p.run.step") == "3" && answer("#p.clips") == "2")
        #expect(answer("p.exported:match('[^/]+$')") == "\"lora_weights_step_00003_comfy.safetensors\"")
        #expect(answer("Exporter.inspect(p.exported).format") == "\"comfyui\"")
        #expect(answer("p.output") == "\"\(home)/out/WALL_r4\"")

        let after = try files()
        #expect(pipeline("dry = true") == Self.nothing)
        #expect(pipeline() == Self.nothing, "\(answer("p"))")
        #expect(answer("p.due") == "0" && answer("p.run") == "nil" && answer("p.output") == "\"\(home)/out/WALL_r4\"")
        #expect(try files() == after)
    }
    @Test func `what is stale is told by what it was made of, and made anew`() throws {
        try cut()
        #expect(pipeline() == Self.all.replacing("split made", with: "split done"))
        // A caption: its embedding, and the run that was trained on the old one.
        // In this session, whose pipeline has the clips open.
        #expect(answer("Dataset.open('\(scenes)')[1].caption = 'another wall'") == "")
        #expect(pipeline("dry = true") == "\"split done, caption done, preprocess stale, train due, export due\"")
        #expect(answer("p[3].reason") == "\"1 caption to encode, 1 of them encoded of something else before\"")
        #expect(pipeline().contains("preprocess made, train made, export made"))
        #expect(answer("p.output") == "\"\(home)/out/WALL_r4_2\"")
        #expect(pipeline() == Self.nothing)
        // Another setting that the weights come of: a new run. One that they do not come of: nothing.
        let edited = try Files.text(Path.join(home, "t.yaml")).replacing(
            "learning_rate: 1e-3", with: "learning_rate: 2e-3")
        try AtomicFile.write(
            edited.replacing("inference_steps: 4", with: "inference_steps: 5"), to: Path.join(home, "t.yaml"))
        #expect(pipeline("dry = true").contains("preprocess done, train stale, export due"))
        #expect(answer("p[4].reason").contains("trained before with optimization.learning_rate = 0.001"))
        #expect(
            pipeline("train = false, export = false")
                == "\"split done, caption done, preprocess done, train off, export off\"")
        try AtomicFile.write(
            edited.replacing("2e-3", with: "1e-3").replacing("inference_steps: 4", with: "inference_steps: 5"),
            to: Path.join(home, "t.yaml"))
        #expect(pipeline("dry = true") == Self.nothing)
        // The export of now is not what another program has left under its name.
        try AtomicFile.write(
            "x", to: Path.join(home, "out/WALL_r4_2/checkpoints/lora_weights_step_00003_comfy.safetensors"))
        #expect(pipeline("dry = true").hasSuffix("export stale\""))
        #expect(pipeline().hasSuffix("train done, export made\""))
        // Another size, a clip that is gone.
        #expect(pipeline("dry = true, lengths = { 9 }, frames = 'first'").contains("preprocess stale"))
        #expect(answer("Dataset.open('\(scenes)')[2].excluded = true") == "")
        #expect(pipeline("dry = true").contains("preprocess stale"))
        #expect(answer("p[3].reason").contains("2 files of clips that are gone to put away"))
    }
    @Test func `more steps go on with the run that there is`() throws {
        try cut()
        _ = pipeline()
        let longer = try Files.text(Path.join(home, "t.yaml")).replacing("steps: 3", with: "steps: 5")
        try AtomicFile.write(longer, to: Path.join(home, "t.yaml"))
        #expect(pipeline("dry = true").hasSuffix("preprocess done, train due, export due\""))
        #expect(answer("p[4].reason").contains("goes on after step 3 of 5"))
        #expect(pipeline().hasSuffix("train made, export made\""))
        #expect(answer("p.run.step") == "5" && answer("p.output") == "\"\(home)/out/WALL_r4\"")
        #expect(answer("#p.run.history") == "5")
    }
    @Test func `a step that is stopped goes on in the next call`() throws {
        try cut()
        var options = Pipeline.Options(device: .cpu)
        options.preprocessing = try Preprocessor.Options(size: VideoSize(width: 96, height: 64, frames: 17))
        options.split.scene.minSceneLength = .frames(5)
        options.trigger = "WALL"
        options.configuration = try Pipeline.configuration(
            Path.join(home, "t.yaml"), project: project, rank: 4, model: nil, trigger: nil)
        options.configuration?.optimization.steps = 60
        // At the first word of each: preprocessing, then training.
        for stage in ["captions", "training"] {
            let stopped = Atomic(false)
            let monitor = Monitor(poll: { stopped.load(ordering: .relaxed) }) { event in
                if case .progress(let progress) = event, progress.stage == stage {
                    stopped.store(true, ordering: .relaxed)
                }
            }
            #expect(throws: Cancelled.self) { try Pipeline(project, options).run(monitor: monitor) }
            let wasSeen = stopped.load(ordering: .relaxed)
            #expect(wasSeen, "\(stage)")
        }
        options.configuration?.optimization.steps = 60
        let plan = try Pipeline(project, options).plan()
        #expect(plan.map(\.state) == [.done, .done, .done, .due, .due])
        #expect(plan[3].reason.contains("goes on after step "), "\(plan[3].reason)")
        let results = try Pipeline(project, options).run()
        #expect(results.run?.step == 60 && results.output == Path.join(home, "out/WALL_r4"))
    }
    @Test func `Ctrl-C at a terminal ends the step, and the same line goes on with what there is`() throws {
        try cut()
        let template = Path.join(home, "t.yaml"), few = try Files.text(template)
        try AtomicFile.write(few.replacing("steps: 3", with: "steps: 1000000"), to: template)
        // The options that the scenes were cut with: others would cut them again.
        let line =
            "p = pipeline{ project = '\(project)', size = '96x64', frames = 17, template = '\(template)', rank = 4, "
            + "min_scene_len = '5f', device = 'cpu' }"
        let shell = try LtxshTests.shell(columns: 200)
        shell.enter(line)
        shell.see("/1000000 steps")
        shell.type(PtySession.controlC)
        shell.see("interrupted")
        shell.prompt()
        let step = try Files.text(Path.join(home, "out/WALL_r4/metrics.jsonl")).split(separator: "\n").count
        #expect(step > 0)
        try AtomicFile.write(few.replacing("steps: 3", with: "steps: \(step + 2)"), to: template)
        shell.enter(line)
        shell.see("goes on after step \(step) of \(step + 2)")
        shell.enter("p.run.step == \(step + 2) and p[4].state")
        shell.see("\"done\"")
        shell.type(PtySession.controlD)
        #expect(shell.exitStatus() == 0)
    }
    @Test func `the trigger stands once before captions and sample prompts`() throws {
        try cut()
        #expect(pipeline("trigger = 'BRICK'").contains("train made"))
        #expect(answer("p.run.output_dir") == "\"\(home)/out/WALL_r4\"")
        #expect(answer("Config.load(p.output .. '/config.yaml').validation.prompts[1]") == "\"BRICK a wall, number 0\"")
        #expect(answer("p.clips.trigger") == "\"BRICK\"")
        #expect(answer("#p.precomputed:check()") == "0", "\(answer("p.precomputed:check()"))")
        // Said again, or left to the dataset that has it now, it is the same.
        #expect(pipeline("trigger = 'BRICK', dry = true") == Self.nothing)
        #expect(pipeline("dry = true") == Self.nothing)
        #expect(pipeline("trigger = 'STONE', dry = true").contains("preprocess stale"))
        // A configuration's own prompts stay, and begin so, too.
        _ = answer(
            "cfg = Config.template('\(home)/t.yaml', { BASENAME = 'own', RANK = 4 }); cfg.validation.prompts = { 'BRICK x', 'a y' }"
        )
        #expect(pipeline("template = cfg, export = 'kohya'").contains("train made, export made"))
        #expect(
            answer("Config.load(p.output .. '/config.yaml').validation.prompts") == answer("{ 'BRICK x', 'BRICK a y' }")
        )
        #expect(answer("Exporter.inspect(p.exported).format") == "\"kohya\"")
    }
    @Test func `a server describes what has no caption`() throws {
        let server = try CaptionServer(["chat": [CaptionServer.caption("A plain wall.")]])
        let made = pipeline(
            "captioner = Captioner.api{ endpoint = '\(server.endpoint)', model = 'm' }, train = false, preprocess = false"
        )
        #expect(made == "\"split made, caption made, preprocess off, train off, export off\"")
        #expect(answer("p.clips[2].caption") == "\"A plain wall.\"")
    }
    @Test func `what is missing is said before anything is done`() throws {
        let before = try files()
        for (call, words) in [
            ("{ project = '\(home)/nowhere', size = '96x64x17', template = 'tiny' }", "nowhere"),
            ("{ project = '\(project)', template = '\(home)/t.yaml' }", "'size' is missing"),
            ("{ project = '\(project)', size = '96x64x17' }", "'template' is missing"),
            ("{ project = '\(project)', size = '96x64x17', train = false }", "'model' is missing"),
            (
                "{ project = '\(project)', size = '96x64x17', template = '\(home)/t.yaml', model = 'no-such' }",
                "no model 'no-such'"
            ),
            ("{ project = '\(project)', size = '90x64x17', template = '\(home)/t.yaml' }", "does not fit the model"),
            (
                "{ project = '\(project)', size = '96x64x17', template = '\(home)/t.yaml', captoiner = 'x' }",
                "did you mean 'captioner'"
            ),
            (
                "{ project = '\(project)', size = '96x64', template = '\(home)/t.yaml', split = false }",
                "frames are missing"
            ),
            (
                "{ project = '\(project)', size = '96x64x97', template = '\(home)/t.yaml', split = false }",
                "no clip has 97 frames"
            ),
        ] { #expect(answer("pipeline" + call).contains(words), "\(call): \(answer("_err"))") }
        #expect(try files() == before)
        // Without a cut the videos themselves are the clips.
        #expect(
            pipeline("split = false, caption = false, uncaptioned = true, train = false").contains("preprocess made"))
        #expect(answer("#p.precomputed") == "1")
    }

    /// The project with its scenes, described.
    private func cut() throws {
        var options = SplitOptions()
        options.scene.minSceneLength = .frames(5)
        _ = try Dataset.open(project).split(options)
        try caption()
    }
}
