import Base
import Testing

@testable import Shell

/// The debugger at the prompt.
@Suite struct DebuggerTests {
    private func shell(_ script: String) throws -> PtySession {
        let home = try PtySession.makeHome()
        try AtomicFile.write(script, to: Path.join(home, "s.lua"))
        let shell = try PtySession(
            "ltxsh", ["--no-init"], home: home, command: "cd '\(home)' && exec $PROGRAM --no-init")
        shell.prompt()
        return shell
    }
    private func say(_ shell: PtySession, _ command: String, _ answer: String) {
        shell.wait("the debugger's prompt") { $0.cursorLine == "dbg>" && $0.hasBracketedPaste }
        shell.accept(command)
        shell.see("dbg> \(command)\n\(answer)")
    }
    private let script = """
        local function add(a, b)
          local sum = a + b
          return sum
        end
        local total = 0
        for i = 1, 3 do
          total = add(total, i)
        end
        print("total", total)
        """

    @Test func `it steps in, over and out, shows variables, and changes them`() throws {
        let shell = try shell(script)
        shell.enter(":step s.lua")
        shell.see("at s.lua:4\n->   4  end")  // where the first function is made
        say(shell, "n", "at s.lua:5")
        say(shell, "n", "at s.lua:6")
        say(shell, "n", "at s.lua:7")
        say(shell, "s", "at s.lua:2\n->   2    local sum = a + b")
        say(shell, "v", "  a = 0\n  b = 1")
        say(shell, "a + b * 10", "10")
        say(shell, "b = 41", "")
        say(shell, "w", "-> s.lua:2: in add\n   s.lua:7: in main chunk")
        say(shell, "u", "s.lua:7")
        say(shell, "total", "0")
        say(shell, "d", "s.lua:2")
        say(shell, "f", "at s.lua:6")
        say(shell, "total", "41")
        say(shell, "c", "")
        shell.see("total" + "   " + "46")
        shell.prompt()
    }
    @Test func `it stops at an error with the variables that led there, and at a breakpoint`() throws {
        let shell = try shell("local x = { n = 5 }\nbreakpoint()\nlocal y = x.m.k\n")
        shell.enter(":debug s.lua")
        shell.see("breakpoint at s.lua:2")
        say(shell, "x.n", "5")
        say(shell, "c", "error: s.lua:3: attempt to index a nil value (field 'm')\nat s.lua:3")
        say(shell, "x", "{n = 5}")
        say(shell, "q", "error: s.lua:3")
        shell.prompt()
        shell.enter(":debug local a = 1; breakpoint(); return a + 1")
        shell.see("breakpoint at stdin:1")
        say(shell, "a = 5", "")
        say(shell, "c", "6")
        shell.enter("kept = 42; breakpoint()")
        shell.see("breakpoint at stdin:1")
        shell.wait("the debugger's prompt") { $0.cursorLine == "dbg>" && $0.hasBracketedPaste }
        shell.type(PtySession.controlC)
        shell.see("interrupted")
        shell.enter("kept")
        shell.wait("the session as it was") { $0.lines.suffix(2) == ["42", "ltx>"] }
    }
}
