import Base
import Glibc
import Testing

@testable import Shell

/// SIGTERM and SIGHUP end the program in order, wherever it is.
@Suite(.serialized) struct TerminationMatrixTests {
    struct State: CustomTestStringConvertible {
        let name: String
        var setUp: [String] = []
        let code: String
        var needsBench = false
        var testDescription: String { name }
    }
    static let states = [
        State(name: "a busy loop", code: "while true do end"),
        State(name: "a loop of pcall", code: "while true do pcall(function() while true do end end) end"),
        State(name: "a catastrophic pattern", code: "('a'):rep(40):find(('a-'):rep(20) .. 'b')"),
        State(name: "io.read", code: "line = io.read()"),
        State(name: "a silent pipe", code: "text = io.popen('exec tail -f /dev/null'):read('a')"),
        State(name: "os.execute", code: "while true do os.execute('sleep 600') end"),
        State(name: "a shell command", code: "!exec sleep 600"),
        State(name: "an unfinished chunk", code: "for i = 1, 2 do"),
        State(name: "scoring", code: "while true do videos:scan{ detector = 'content' } end", needsBench: true),
        State(name: "cutting", code: "videos:split{ detector = 'content', threshold = 5 }", needsBench: true),
        State(
            name: "preprocessing", setUp: ["pre = Preprocessor.load{ model = home .. '/tiny' };"],
            code: "for i = 1, 1e6 do clips[1].caption = 'c' .. i; pre:run(clips, { size = '64x64x9' }) end",
            needsBench: true),
    ]

    @Test(arguments: states, [(SIGTERM, 143), (SIGHUP, 129)])
    func `a termination ends what is being done, saves and exits`(state: State, signal: (Int32, Int)) throws {
        let home = try state.needsBench ? SessionBench.home.get() : PtySession.makeHome()
        // A history of its own, where sessions share a home.
        let history = Path.join(try PtySession.makeHome(), "history")
        let shell = try LtxshTests.shell(home: home, environment: ["LTXSH_HISTORY": history], columns: 160)
        for line in (state.needsBench ? SessionBench.begin(home) : ["kept = 42"]) + state.setUp { shell.enter(line) }
        shell.prompt()
        shell.accept(state.code)
        // What was accepted is in the history before it runs; the rest of a moment is for its running.
        if state.name == "an unfinished chunk" {
            shell.prompt(mark: "  >>")
        } else {
            let entry = state.code.replacing("\\", with: "\\\\")
            shell.wait("the code in the history") { _ in (try? Files.text(history))?.contains(entry) == true }
        }
        shell.watch(seconds: 0.5)
        end(shell, signal)
        #expect(shell.modes == shell.modesBefore)
        let text = try Files.text(history)
        #expect(text.contains("kept = 42"))
        // What was never run is no history.
        #expect(state.name == "an unfinished chunk" || text.contains(state.code.replacing("\\", with: "\\\\")))
    }
    @Test(arguments: [(SIGTERM, 143), (SIGHUP, 129)])
    func `a termination in training leaves a checkpoint that can be read`(signal: (Int32, Int)) throws {
        let home = try SessionBench.home.get()
        let output = Path.join(home, "ended-\(UInt64.random(in: 0 ... .max))")
        let shell = try LtxshTests.shell(home: home, columns: 160)
        for line in SessionBench.begin(home) + SessionBench.trainer(output) { shell.enter(line) }
        shell.prompt()
        shell.accept("run = tr:train(cfg)")
        shell.see("steps/s")
        end(shell, signal)
        let names = try Files.list(Path.join(output, "checkpoints")).filter { $0.hasSuffix(".safetensors") }
        #expect(!names.isEmpty)
        for name in names {
            let path = Path.join(output, "checkpoints/\(name)")
            let reader = try PtySession(
                "ltxsh", ["-e", "print('tensors', #Exporter.inspect('\(path)').tensors > 0)"], home: home)
            reader.wait("tensors") { $0.text.contains("tensors") && $0.text.contains("true") }
            #expect(reader.exitStatus() == 0)
        }
    }
    private func end(_ shell: PtySession, _ signal: (Int32, Int)) {
        shell.send(signal.0)
        #expect(shell.exitStatus() == Int32(signal.1))
        for word in ["Fatal", "fatal", "stack traceback", "Stack dump", "error:"] {
            #expect(!shell.screen.text.contains(word), "\(shell.screen.text)")
        }
    }

    // MARK: - What startup survives

    @Test func `a history of a gigabyte reaches a prompt without being read`() throws {
        let home = try PtySession.makeHome(), file = Path.join(home, ".local/state/ltxsh/history")
        try Files.makeFolder(Path.folder(file))
        try AtomicFile.write("old = 1\n", to: file)
        #expect(truncate(file, 1 << 30) == 0)  // a hole: no space is taken
        let shell = try LtxshTests.shell(home: home)
        shell.prompt()
        #expect(try #require(ProcessReads.bytes(of: shell.process)) < 64 << 20)
        shell.enter("6 * 7")
        shell.wait("42") { $0.lines.suffix(2) == ["42", "ltx>"] }
    }
    @Test(arguments: ["missing", "read-only", "a file"]) func `a home that is not usable is no obstacle`(kind: String)
        throws
    {
        let home = try PtySession.makeHome()
        switch kind {
        case "missing": rmdir(home)
        case "read-only": chmod(home, 0o500)  // for root the folder stays writable; the prompt must come either way
        default:
            rmdir(home)
            try AtomicFile.write("no folder", to: home)
        }
        let shell = try LtxshTests.shell(home: home)
        shell.enter("6 * 7")
        shell.wait("42") { $0.lines.suffix(2) == ["42", "ltx>"] }
        shell.prompt()
        shell.type(PtySession.controlD)
        #expect(shell.exitStatus() == 0)
        chmod(home, 0o700)
    }
    @Test func `twenty columns are enough`() throws {
        let shell = try LtxshTests.shell(environment: ["PAGER": "cat"], columns: 20, rows: 10)
        shell.enter("6 * 7")
        shell.wait("42") { $0.lines.suffix(2) == ["42", "ltx>"] }
        shell.enter("{1, 2, {a = 'long text that wraps', b = {}}}")
        shell.enter("x = nil + 1")
        shell.see("arithmetic")
        shell.enter("6 * 8")
        shell.wait("48") { $0.lines.suffix(2) == ["48", "ltx>"] }
    }
    @Test func `an init.lua that waits for what never comes is left with Ctrl-C`() throws {
        for code in [
            "os.execute('sleep 600')", "io.read()", "io.popen('exec tail -f /dev/null'):read('a')",
            "('a'):rep(40):find(('a-'):rep(20) .. 'b')",
        ] {
            let shell = try LtxshTests.shell(home: LtxshTests.home(initially: "print('init runs'); \(code)"))
            shell.see("init runs")
            shell.press(PtySession.controlC, until: "init.lua did not finish")
            shell.prompt()
        }
    }
}
