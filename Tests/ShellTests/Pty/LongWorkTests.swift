import Base
import Glibc
import Testing

@testable import Shell

/// Work in front of and behind the prompt, and the signals.
@Suite struct LongWorkTests {
    @Test func `Ctrl-C stops a runaway loop at once`() throws {
        let shell = try PtySession()
        shell.enter("spin")
        shell.type(PtySession.controlC)
        shell.see("interrupted")
        shell.enter("alive")
        shell.see("\"alive\"")
    }
    @Test func `Ctrl-C stops foreground work at its next safe point, with what was done kept`() throws {
        let shell = try PtySession()
        shell.enter("work 10000")
        shell.see("working")
        shell.see("loss 0.0312")
        shell.type(PtySession.controlC)
        shell.see("all kept")
        shell.enter("alive")
        shell.see("\"alive\"")
        #expect(shell.screen.unknown.isEmpty)
    }
    @Test func `keys typed ahead do not disturb the progress line and are there afterwards`() throws {
        let shell = try PtySession()
        shell.enter("work 200")
        shell.see("working")
        shell.type("ahead")
        shell.prompt("ahead")
        #expect(shell.screen.lines.contains { $0.hasPrefix("working: 200/200 steps") })
    }
    @Test func `a second Ctrl-C says what is being waited for`() throws {
        let home = try PtySession.makeHome()
        let shell = try PtySession(home: home)
        shell.enter("stubborn")
        shell.see("stubborn work")
        shell.press(PtySession.controlC, until: "waiting for: stubborn work, 1 of 3 steps")
        try AtomicFile.write("", to: Path.join(home, "go"))
        shell.see("interrupted")
        shell.enter("alive")
        shell.see("\"alive\"")
    }
    @Test func `a background job draws above a half-typed line and leaves it alone`() throws {
        let home = try PtySession.makeHome()
        let shell = try PtySession(home: home)
        shell.enter("job gated 200 10")
        shell.prompt()
        shell.type("half a line 你好")
        shell.wait("progress above the half-typed line") { screen in
            let lines = screen.lines
            return lines.last == "ltx> half a line 你好" && lines.dropLast().last?.contains("gated  training") == true
        }
        shell.type(" and more")
        shell.wait("the rest of the line") { $0.lines.last == "ltx> half a line 你好 and more" }
        try AtomicFile.write("", to: Path.join(home, "go"))
        shell.see("gated finished: 200 steps")
        shell.prompt("half a line 你好 and more")
        shell.accept()
        shell.see("\"half a line 你好 and more\"")
        // No remains of the bar.
        #expect(!shell.screen.text.contains("steps/s"))
    }
    @Test func `a job's end is said at once, its failure too, and hooks print above the line`() throws {
        let shell = try PtySession()
        shell.enter("job bad-one 20 5")
        shell.see("bad-one failed: out of memory")
        shell.enter("job hooked 20 5")
        shell.type("typing")
        shell.see("hook at 10")
        shell.see("hooked finished")
        shell.prompt("typing")
    }
    @Test func `a job does not disturb a multi-line chunk, a line that wraps, or a search`() throws {
        let home = try PtySession.makeHome()
        let shell = try PtySession(home: home, columns: 40, rows: 20)
        shell.enter("job gated 150 10")
        shell.enter("f(")
        shell.prompt(mark: "  >>")
        let long = String(repeating: "长long ", count: 12)
        shell.type(long)
        shell.wait("all of what was typed") { $0.history.joined().components(of: "长long").count >= 12 }
        try AtomicFile.write("", to: Path.join(home, "go"))
        shell.see("gated finished")
        shell.wait("the wrapped line, once") { screen in
            screen.history.joined().components(of: "长long").count == 12
                && screen.history.last?.contains("ltx>") == false
        }
        shell.accept(")")
        shell.prompt()
    }
    @Test func `Ctrl-D with a job running asks, and stops it at a safe point`() throws {
        let shell = try PtySession()
        shell.enter("job train 100000 10")
        shell.prompt()
        shell.type(PtySession.controlD)
        shell.see("train still running")
        #expect(shell.screen.lines.filter { $0.contains("train  training") }.count <= 1)
        shell.type("n\r")
        shell.enter("alive")
        shell.see("\"alive\"")
        shell.prompt()
        shell.type(PtySession.controlD)
        shell.wait("the question") { $0.cursorLine.contains("[y/N]") }
        shell.type("y\r")
        shell.see("train stopped: after")
        #expect(shell.exitStatus() == 0)
    }
    @Test(
        arguments: [(SIGTERM, 143), (SIGHUP, 129)],
        ["idle", "typing", "spin", "work 100000", "job train 100000 10", "f(", "!exec sleep 600"])
    func `a termination stops work, saves and exits`(signal: (Int32, Int), state: String) throws {
        let shell = try PtySession()
        let modes = shell.modes
        shell.prompt()
        switch state {
        case "idle": break
        case "typing":
            shell.type("typing")
            shell.prompt("typing")
        default:
            shell.accept(state)
            shell.see(
                state.hasPrefix("work")
                    ? "working" : state.hasPrefix("job") ? "train  training" : state.hasPrefix("f") ? "  >>" : state)
        }
        // The child must be there before it can be ended.
        if state.hasPrefix("!") || state == "spin" { shell.wait("the terminal given back") { !$0.hasBracketedPaste } }
        shell.send(signal.0)
        #expect(shell.exitStatus() == Int32(signal.1))
        #expect(shell.modes == modes)
        if state.hasPrefix("job") { #expect(shell.screen.text.contains("train stopped: after")) }
    }
    @Test func `a closed terminal ends the session`() throws {
        let shell = try PtySession(command: "$PROGRAM < /dev/null | cat; echo ended $?")
        shell.see("ended 0")
    }
    @Test func `a broken pipe kills nothing`() throws {
        let shell = try PtySession(command: "(echo lines 50000; echo lines 10) | $PROGRAM | head -1; echo \"ended\"")
        shell.see("ended")
        #expect(shell.screen.text.contains("line 1"))
    }
    @Test func `without a terminal there is no prompt, no colour and no redrawing`() throws {
        let shell = try PtySession(command: "echo 'work 20' | $PROGRAM 2>&1 | cat -v; echo ended")
        shell.see("ended")
        #expect(!shell.screen.text.contains("^["))
        #expect(!shell.screen.text.contains("ltx>"))
        #expect(shell.screen.text.contains("working: 50 % (10/20 steps"))
    }
}

extension String {
    /// The parts between occurrences less one: how often `part` occurs.
    fileprivate func components(of part: String) -> [Range<String.Index>] {
        var found: [Range<String.Index>] = [], from = startIndex
        while let range = self[from...].firstRange(of: part) {
            found.append(range)
            from = range.upperBound
        }
        return found
    }
}
