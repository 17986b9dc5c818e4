import Base
import Glibc
import Testing

@testable import Shell

/// Ctrl-C at a random moment, wherever the program is, brings the prompt back with everything usable.
///
/// `LTXSH_FULL_TESTS=1` presses it 25 times in each place; the default run is a sample. `LTXSH_SEED` sets the moments.
@Suite(.serialized) struct InterruptMatrixTests {
    private static let presses = getenv("LTXSH_FULL_TESTS") != nil ? 25 : 2
    private static let seed = Environment["LTXSH_SEED"].flatMap { UInt64($0) } ?? 12

    /// Code that runs until it is stopped.
    struct Place: CustomTestStringConvertible {
        let name: String
        var setUp: [String] = []
        let code: String
        /// Lua that must be true afterwards, beside what every place is asked.
        var check = "true"
        var testDescription: String { name }
    }

    @Test(arguments: [
        Place(name: "a busy loop", code: "while true do end"),
        Place(name: "a loop of pcall", code: "while true do pcall(function() while true do end end) end"),
        Place(
            name: "a loop of coroutines",
            code: "while true do coroutine.wrap(function() for i = 1, 1e7 do end end)() end"),
        Place(name: "a catastrophic pattern", code: "('a'):rep(40):find(('a-'):rep(20) .. 'b')"),
        Place(name: "a substitution", code: "s = ('ab'):rep(1e6) while true do s:gsub('(a)(b)', '%2%1') end"),
        Place(name: "long strings", code: "while true do ('x'):rep(2e8) end"),
        Place(
            name: "sorting",
            code: "t = {} for i = 1, 1e6 do t[i] = i * 7919 % 1000003 end while true do table.sort(t) end"),
        Place(
            name: "JSON", setUp: ["j = '[' .. ('[1,2,{\"a\":\"b\"}],'):rep(1e5) .. '0]';"],
            code: "while true do json.decode(j) end"),
        Place(name: "io.read", code: "line = io.read()"),
        Place(name: "a pipe", code: "text = io.popen('yes'):read('a')"),
        Place(name: "a silent pipe", code: "text = io.popen('exec tail -f /dev/null'):read('a')"),
        Place(name: "os.execute", code: "while true do os.execute('sleep 600') end"),
        Place(name: "a shell command", code: "!exec sleep 600"),
    ]) func `Ctrl-C ends what Lua does`(place: Place) throws {
        try press(in: place, LtxshTests.shell(), begin: ["kept = 42"], usable: "kept == 42")
    }

    @Test(arguments: [
        Place(name: "scoring", code: "while true do result = videos:scan{ detector = 'content' } end"),
        Place(
            name: "decoding and encoding",
            code:
                "while true do os.execute('rm -rf ' .. home .. '/videos/scenes') videos:split{ detector = 'content', threshold = 5 } end"
        ),
        Place(
            name: "frames as pictures",
            code: "while true do videos:extract_frames{ output = home .. '/frames', force = true } end"),
        Place(
            name: "preprocessing", setUp: ["pre = Preprocessor.load{ model = home .. '/tiny' };"],
            code: "for i = 1, 1e6 do clips[1].caption = 'c' .. i; pre:run(clips, { size = '64x64x9' }) end"),
        Place(
            name: "a text's embedding", setUp: ["pre = Preprocessor.load{ model = home .. '/tiny' };"],
            code: "for i = 1, 1e9 do pre:encode_text('words ' .. i) end"),
    ]) func `Ctrl-C ends work on media at its next safe point`(place: Place) throws {
        let home = try SessionBench.home.get()
        try press(
            in: place, LtxshTests.shell(columns: 160), begin: SessionBench.begin(home),
            usable: "kept == 42 and #videos == 1 and #clips == 24 and clips[3].caption == 'clip number 3'")
    }

    @Test func `Ctrl-C ends training after its step, with the run kept`() throws {
        let home = try SessionBench.home.get()
        let output = Path.join(home, "run-\(UInt64.random(in: 0 ... .max))")
        let place = Place(
            name: "training", setUp: SessionBench.trainer(output), code: "run = tr:train(cfg)",
            check: "run.step >= 0 and fs.exists('\(output)')")
        try press(
            in: place, LtxshTests.shell(columns: 160), begin: SessionBench.begin(home),
            usable: "kept == 42 and #clips == 24")
    }

    @Test(arguments: ["seen = s.step", "while true do end"])
    func `Ctrl-C ends training with a hook as it does without, and the run is returned`(hook: String) throws {
        let home = try SessionBench.home.get()
        let output = Path.join(home, "run-\(UInt64.random(in: 0 ... .max))")
        let place = Place(
            name: "training with a hook: \(hook)", setUp: SessionBench.trainer(output),
            code: "run = nil run = tr:train(cfg, { on_step = function(s) \(hook) end })",
            check: "run and run.state == 'stopped'")
        let shell = try LtxshTests.shell(columns: 160)
        try press(in: place, shell, begin: SessionBench.begin(home), usable: "kept == 42")
        #expect(!shell.screen.history.contains { $0.contains("a hook failed") })
    }
    @Test func `an endless hook of a run in the background is ended by Ctrl-C, and the run goes on`() throws {
        let home = try SessionBench.home.get()
        let output = Path.join(home, "run-\(UInt64.random(in: 0 ... .max))")
        let shell = try LtxshTests.shell(columns: 160)
        for line in SessionBench.begin(home) + SessionBench.trainer(output) { shell.enter(line) }
        shell.enter("function endless() hits = (hits or 0) + 1 print('hook ' .. hits) while true do end end")
        shell.enter("run = tr:start(cfg, { on_step = endless });")
        shell.see("hook 1")
        shell.press(PtySession.controlC, until: "hooks are not called any more")
        shell.prompt()
        shell.accept("hits, run.state")
        shell.see("2\n\"running\"")
        shell.enter("run:stop()")
        shell.see("stopped: ")
    }

    private func press(in place: Place, _ shell: PtySession, begin: [String], usable: String) throws {
        var random = SplitMix64(seed: Self.seed &+ UInt64(place.name.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) }))
        shell.prompt()
        let modes = shell.modes
        for line in begin + place.setUp { shell.enter(line) }
        for number in 1...Self.presses {
            guard shell.prompt() else { return }
            // It runs before the key comes: one that comes earlier finds nothing to end.
            let begun = "begun \(number)"
            let isCommand = place.code.hasPrefix("!")
            shell.accept(isCommand ? "!echo \(begun); \(place.code.dropFirst())" : "print('\(begun)'); \(place.code)")
            guard shell.wait("\(place.name) begun", until: { $0.history.contains(begun) }) else { return }
            let moment = Double(random.next() % 1000) / 1000 * (getenv("LTXSH_FULL_TESTS") != nil ? 2 : 0.8)
            shell.watch(seconds: moment)
            #expect(!shell.isAtPrompt, "\(place.name): over before Ctrl-C, after \(moment) s\n\(shell.screen.text)")
            shell.type(PtySession.controlC)
            let moments = "\(place.name), press \(number) at \(moment) s"
            guard shell.wait("the prompt after \(moments)", until: { _ in shell.isAtPrompt }) else { return }
            #expect(shell.modes == modes, "\(place.name): the terminal's modes changed")
            shell.enter("'press \(number): ' .. tostring(\(usable) and \(place.check))")
            shell.wait("objects that are usable after \(place.name)") {
                $0.history.contains("\"press \(number): true\"")
            }
        }
        shell.prompt()
        shell.type(PtySession.controlD)
        #expect(shell.exitStatus() == 0)
    }

    // MARK: - At the prompt

    @Test func `Ctrl-C leaves a search, a chunk, a list of completions and a half-typed line`() throws {
        let shell = try LtxshTests.shell()
        shell.enter("kept = 42")
        shell.enter("for i = 1, 300 do _G['many_' .. i] = i end")
        shell.prompt()
        let modes = shell.modes
        for number in 1...max(2, Self.presses) {
            shell.type("\u{12}kep")
            shell.wait("the search") { $0.text.contains("search)`kep") }
            shell.type(PtySession.controlC)
            shell.prompt()
            shell.accept("for i = 1, 2 do")
            shell.prompt(mark: "  >>")
            shell.type("print(i)")
            shell.prompt("print(i)", mark: "  >>")
            shell.type(PtySession.controlC)
            shell.prompt()
            shell.type("many_" + PtySession.tab + PtySession.tab)
            shell.wait("the list") { $0.cursorLine == "ltx> many_" && $0.text.contains("280 more") }
            shell.type(PtySession.controlC)
            shell.wait("the prompt after the list") { _ in shell.isAtPrompt }
            shell.type("half a line")
            shell.prompt("half a line")
            shell.type(PtySession.controlC)
            shell.prompt()
            shell.accept("kept + \(number)")
            shell.wait("the session as it was") { $0.lines.suffix(2) == ["\(42 + number)", "ltx>"] }
            #expect(shell.modes == modes)
        }
    }
    @Test func `Ctrl-C in a pager is the pager's, and the prompt comes back behind it`() throws {
        let pager = "sh -c 'cat > /dev/null; echo paging; exec sleep 600'"
        let shell = try LtxshTests.shell(environment: ["LTXSH_PAGER": pager])
        shell.prompt()
        let modes = shell.modes
        for number in 1...Self.presses {
            shell.enter("help()")
            shell.wait("the pager") { $0.history.count { $0 == "paging" } == number }
            shell.type(PtySession.controlC)
            shell.prompt()
            #expect(shell.modes == modes)
            shell.enter("1 + 1")
            shell.wait("2") { $0.lines.suffix(2) == ["2", "ltx>"] }
        }
    }
}
