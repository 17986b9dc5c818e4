import Base
import TestSupport
import Testing

@testable import Shell

/// Training runs as scripts start them: what a failure and a full disk do to the script and to what was trained.
@Suite struct RunScriptTests {
    private let folder: String, home: String

    init() throws {
        folder = try Scratch.folder("run-script")
        home = try SessionBench.home.get()
    }
    /// Runs a script that has `cfg` and `tr` of the prepared clips, with more environment when it is given.
    private func run(_ lines: [String], environment: String = "") throws -> (status: Int32, output: String) {
        let begin = SessionBench.trainer(Path.join(folder, "out"))
        let script = Path.join(folder, "script.lua"), output = Path.join(folder, "output")
        try AtomicFile.write((["home = '\(home)'"] + begin + lines).joined(separator: "\n"), to: script)
        let program = Path.join(PtySession.programs, "ltxsh")
        let status = try ChildProcess.run(
            "cd '\(folder)'; \(environment) '\(program)' '\(script)' > '\(output)' 2>&1 < /dev/null")
        return (status, try Files.text(output))
    }
    /// Latents that no training survives, in a copy of the prepared clips.
    private let breakClips = """
        os.execute("cp -r '" .. home .. "/clips/.precomputed' bad")
        cfg.data.preprocessed_data_root = "bad"
        cfg.optimization.learning_rate = 1e30
        """

    @Test func `a script whose background run failed exits with 1, whether it waited or not`() throws {
        let left = try run([breakClips, "tr:start(cfg)"])
        #expect(left.status == 1 && left.output.contains("failed"), "\(left.output)")
        let waited = try run([breakClips, "run = tr:start(cfg) run:wait() print(run.state)"])
        #expect(waited.status == 1 && waited.output.contains("failed\n"), "\(waited.output)")
        let fine = try run(["cfg.optimization.steps = 2", "tr:start(cfg)"])
        #expect(fine.status == 0 && fine.output.contains("finished: 2 of 2 steps"), "\(fine.output)")
    }

    @Test(arguments: [2, 3])
    func `a run that meets a full disk waits for room and loses nothing`(call: Int) throws {
        // The calls in that folder: it is made, the checkpoint's temporary file is opened, its header is written.
        let faults = [
            "LD_PRELOAD='\(Path.join(PtySession.programs, "libfaultinjection.so"))'",
            "FAULT_FOLDER='\(Path.join(folder, "out/checkpoints"))'", "FAULT_AT=\(call)", "FAULT_ACTION=ENOSPC",
        ]
        let (status, output) = try run(
            ["cfg.optimization.steps = 4", "print(#tr:train(cfg).history)"],
            environment: faults.joined(separator: " "))
        #expect(status == 0 && output.hasSuffix("4\n"), "\(output)")
        #expect(
            output.contains("the run waits until there is room") && output.contains("there is room again"), "\(output)")
        let names = try Files.list(Path.join(folder, "out/checkpoints"))
        #expect(names == ["comfy_lora_weights_step_00004.safetensors", "lora_weights_step_00004.safetensors"])
    }

    @Test func `a script resumes, forks, changes and compares runs`() throws {
        let (status, output) = try run([
            """
            cfg.optimization.steps, cfg.checkpoints.interval = 4, 2
            run = tr:train(cfg, { progress = false })
            ok, failure = pcall(tr.resume, tr, run.output_dir, cfg:copy{ lora = { rank = 2 } })
            print(ok, failure.kind, failure.key)
            more = tr:resume(run.output_dir, cfg:copy{ optimization = { steps = 6 } }, { on_step = function(s) last = s end })
            more:wait{ progress = false }
            print(more.state, #more.history, last.step, last.smooth_loss > 0, last.samples_per_second > 0)
            fork = more:fork{ steps = 7, learning_rate = 1e-5, dropout = 0.5, output = "forked" }
            fork:wait{ progress = false }
            print(fork.state, fork.step, fork.lr < 1e-5, fork.output_dir:match("forked$"))
            slow = tr:start(cfg:copy{ optimization = { steps = 100000 }, output_dir = "slow" })
            slow:set{ accumulation = 2, weight_decay = 0.5, max_grad_norm = 2, checkpoint_interval = 0, keep_last_n = 3 }
            print(pcall(slow.set, slow, { dropout = 2 }))
            slow:stop() slow:wait{ progress = false }
            table = tr:sweep(cfg:copy{ optimization = { steps = 1 }, checkpoints = { interval = json.null } },
                { ["optimization.learning_rate"] = { 1e-4, 2e-4 }, ["lora.rank"] = { 2, 4 } }, { progress = false })
            for _, row in ipairs(table) do print("row", row.rank, row.learning_rate, row.state, row.output_dir:match("[^/]+$")) end
            print(pcall(tr.sweep, tr, cfg, { ["lora.rnk"] = { 1 } }))
            before = #Trainer.compare()
            print(pcall(tr.sweep, tr, cfg, { ["lora.target_modules"] = { { "to_q" }, { "to_nothing" } } }))
            print("none begun", #Trainer.compare() == before)
            print(#Trainer.compare() >= 8)
            """
        ])
        #expect(status == 0, "\(output)")
        for line in [
            "false\trun.fixed\tlora.rank", "finished\t6\t6\ttrue\ttrue", "finished\t7\ttrue\tforked",
            "row\t2\t0.0001\tfinished\tout_rank-2_learning_rate-0.0001",
            "row\t4\t0.0002\tfinished\tout_rank-4_learning_rate-0.0002", "unknown key 'lora.rnk'",
            "is called 'to_nothing'", "none begun\ttrue",
        ] { #expect(output.contains(line), "\(line) in \(output)") }
        #expect(output.split(separator: "\n").count { $0.hasPrefix("row") } == 4)
        let config = try Files.text(Path.join(folder, "out/config.yaml"))
        #expect(config.contains("steps: 6"))
    }
}
