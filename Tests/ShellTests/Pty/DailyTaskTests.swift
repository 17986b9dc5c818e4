import Base
import Glibc
import Testing

@testable import Shell

/// The four tasks of a day, typed whole, each in as few lines as it needs.
@Suite struct DailyTaskTests {
    private let home: String
    init() throws {
        home = try PtySession.makeHome()
        try Files.makeFolder(Path.join(home, "train_date/APT"))
        symlink(Path.join(DayTests.root, "configs"), Path.join(home, "configs"))
        for name in ["a", "b"] {
            let video = Path.join(home, "train_date/APT/\(name).mp4"), source = "testsrc2=size=64x64:rate=24"
            #expect(
                try ChildProcess.run(
                    "ffmpeg -nostdin -v error -y -f lavfi -i \(source) -frames:v 26 -pix_fmt yuv420p '\(video)'") == 0)
        }
    }
    private func shell(_ columns: Int, _ rows: Int, term: String = "xterm-256color") throws -> PtySession {
        try PtySession(
            "ltxsh", home: home, environment: ["TERM": term], columns: columns, rows: rows,
            command: "cd \"$HOME\" && exec $PROGRAM --no-init")
    }
    /// Types lines, each at a prompt, through a pager where one came up.
    private func type(_ shell: PtySession, _ lines: [String], most: Int) {
        #expect(lines.count <= most)
        for line in lines {
            shell.wait("a prompt for '\(line)'") { $0.cursorLine == "ltx>" }
            let before = shell.screen.accepted
            shell.type(line + "\r")
            shell.wait("'\(line)' accepted") {
                $0.accepted > before || $0.cursorLine.contains("q leaves") || shell.isDumb
            }
        }
        shell.wait("the end") { $0.cursorLine == "ltx>" || $0.cursorLine.contains("q leaves") }
        #expect(!shell.screen.history.contains { $0.hasPrefix("error:") }, "\(shell.screen.text)")
    }

    @Test(arguments: [(80, 24), (120, 40), (40, 12)])
    func `looking at clips takes four lines, on a screen of any size`(columns: Int, rows: Int) throws {
        let shell = try shell(columns, rows)
        shell.enter(":pager off")
        type(
            shell, ["ds = Dataset.open(\"train_date/APT\")", "ds, ds[1], ds:check()", "ds:stats()", "ds[1]:preview()"],
            most: 5)
        shell.enter("print('all seen')")
        shell.see("all seen\n")
        let seen = shell.screen.history.joined(separator: "\n")
        for text in ["APT: 2 clips, 0 captioned", "train_date/APT", "trigger APT", "a.mp4", "no caption", "buckets"] {
            #expect(seen.contains(text), "\(text)\n\(seen)")
        }
        #expect(shell.screen.history.contains { $0.contains("▄") || $0.contains("▀") })
    }
    @Test func `cut, caption, preprocess: four lines, and the result is named at the end`() throws {
        let shell = try shell(80, 24)
        shell.enter("Models.make_tiny('models/tiny');")
        type(
            shell,
            [
                "scenes = Dataset.open(\"train_date/APT\"):split()",
                "for clip in scenes do clip.caption = \"coloured bars\" end",
                "pre = Preprocessor.load{ model = \"models/tiny\" }", "pre:run(scenes, { size = \"64x64x9\" })",
            ], most: 4)
        shell.see("2 preprocessed clips in train_date/APT/scenes/.precomputed")
        shell.prompt()
        shell.type(PtySession.controlD)
        shell.see(
            "this session\n  cut           2 clips in train_date/APT/scenes\n  edited        2 changes in train_date/APT/scenes"
        )
        #expect(shell.exitStatus() == 0)
    }
    @Test func `train in the background, edit, steer, sample, export: eight lines`() throws {
        let shell = try prepared()
        type(
            shell,
            [
                "run = tr:start(cfg)", "ds[1].caption = \"a red bicycle\"", "run:set{ learning_rate = 5e-4 }",
                "run:wait()",
                "run", "again = tr:train(cfg, { refresh = true })",
                "tr:sample{ prompt = \"bars\", size = \"64x64x9\", steps = 2, lora = again }",
                "Exporter.comfyui(again, \"outputs/my_lora.safetensors\")",
            ], most: 8)
        shell.see("\"outputs/my_lora.safetensors\"")
        let seen = shell.screen.history.joined(separator: "\n")
        for text in ["finished, step 8/8", "outputs/samples/", "captions: 1"] {
            #expect(seen.contains(text), "\(text)\n\(seen)")
        }
        shell.prompt()
        shell.type(PtySession.controlD)
        shell.see("  exported      outputs/my_lora.safetensors\n  run #1        finished, step 8/8")
        #expect(shell.exitStatus() == 0)
    }
    @Test func `a training script of fifteen lines runs at a terminal`() throws {
        let script = """
            local name, steps = arg[1], tonumber(arg[2])
            local ds = Dataset.open("train_date/" .. name)
            for clip in ds do clip.caption = clip.caption or "coloured bars" end
            local model = Models.make_tiny("models/tiny")
            local pc = Preprocessor.load{ model = model }:run(ds, { size = "64x64x9" })
            local cfg = Config.template("tiny")
            cfg.data.preprocessed_data_root = pc
            cfg.optimization.steps = steps
            cfg.output_dir = "outputs/" .. name
            local tr = Trainer.load(cfg)
            local run = tr:train(cfg, { on_step = function(s) if s.step == steps then print("last", s.step) end end })
            print(run.state, #run.history)
            print(Exporter.comfyui(run, "outputs/" .. name .. ".safetensors"))
            """
        #expect(script.split(separator: "\n").count <= 15)
        try AtomicFile.write(script, to: Path.join(home, "train.lua"))
        let shell = try PtySession(
            "ltxsh", home: home, command: "cd \"$HOME\" && $PROGRAM train.lua APT 8; echo status $?")
        shell.see("status 0")
        let seen = shell.screen.history.joined(separator: "\n")
        #expect(
            seen.contains("last    8\n") && seen.contains("finished        8\noutputs/APT.safetensors\n"), "\(seen)")
    }

    /// A session with clips, their latents, a configuration of eight steps and the trainer for it.
    private func prepared() throws -> PtySession {
        let setUp = """
            ds = Dataset.open("train_date/APT")
            for clip in ds do clip.caption = "coloured bars" end
            pc = Preprocessor.load{ model = Models.make_tiny("models/tiny") }:run(ds, { size = "64x64x9" })
            cfg = Config.template("tiny")
            cfg.data.preprocessed_data_root, cfg.optimization.steps = pc, 8
            tr = Trainer.load(cfg)
            """
        try AtomicFile.write(setUp, to: Path.join(home, "set_up.lua"))
        let shell = try shell(80, 60)
        shell.enter("dofile 'set_up.lua'")
        return shell
    }
}

extension PtySession {
    /// Without a cursor that moves nothing tells when a line was taken but the next prompt.
    fileprivate var isDumb: Bool { !screen.hasBracketedPaste }
}
