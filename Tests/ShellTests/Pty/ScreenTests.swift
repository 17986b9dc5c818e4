import Base
import Glibc
import Testing

@testable import Shell

/// What is on the screen, whoever wrote it, and whatever the terminal sends.
@Suite struct ScreenTests {
    @Test(arguments: [
        ("io.write('abc')", "abc"), ("!printf xyz", "xyz"), ("io.stderr:write('err')", "err"),
        ("for i = 1, 3 do io.write(i) end", "123"), ("os.execute('printf 77 >&2');", "77"),
        ("print('x') io.stdout:write('end')", "end"),
    ]) func `the prompt begins on a line of its own, whoever left one open`(code: String, text: String) throws {
        let shell = try LtxshTests.shell()
        shell.enter(code)
        shell.wait("the output and its mark above the prompt") { $0.lines.suffix(2) == [text + "%", "ltx>"] }
        shell.type("abcdef\u{5}\u{15}")
        shell.wait("the prompt as it was") { $0.cursorLine == "ltx>" && $0.column == 5 }
        #expect(shell.screen.text.contains(text + "%\n"))
    }
    @Test func `output that ends its line leaves nothing between it and the prompt, and no file is shown`() throws {
        let shell = try LtxshTests.shell()
        for code in ["!echo xyz", "io.write('xyz\\n')", "os.execute('echo xyz');", "print('xyz')"] {
            shell.enter(code)
            shell.wait("one line") { $0.lines.suffix(3) == ["ltx> \(code)", "xyz", "ltx>"] }
        }
        shell.enter("os.execute('printf 123')")
        shell.wait("what came back on lines of its own") {
            $0.lines.suffix(5) == ["123%", "true", "\"exit\"", "0", "ltx>"]
        }
        shell.enter("io.stdout")
        shell.see("FILE*")
    }
    @Test func `a full row of output is no open line`() throws {
        let shell = try LtxshTests.shell(columns: 40)
        shell.enter("io.write(('x'):rep(40))")
        shell.wait("the prompt below") {
            $0.lines.last == "ltx>" && $0.text.contains(String(repeating: "x", count: 40))
        }
        #expect(shell.screen.cursorLine == "ltx>")
    }
    @Test func `a terminal that cannot move its cursor gets a new line where one is known to be needed`() throws {
        let shell = try LtxshTests.shell(environment: ["TERM": "dumb"])
        shell.wait("the prompt") { $0.cursorLine == "ltx>" }
        shell.type("io.write('abc')\r")
        shell.wait("the prompt below") { $0.lines.suffix(2) == ["abc", "ltx>"] }
    }
    @Test func `Ctrl-S searches forward and never freezes`() throws {
        let shell = try LtxshTests.shell()
        let modes = shell.modes
        for line in ["first = 1", "second = 2", "third = 3"] { shell.enter(line) }
        shell.prompt()
        shell.type("\u{12}= ")
        shell.wait("the newest") { $0.cursorLine.contains("third = 3") }
        shell.type("\u{12}\u{12}")
        shell.wait("the oldest") { $0.cursorLine.contains("first = 1") }
        shell.type("\u{13}\u{13}")  // the first turns round
        shell.wait("the one after it") { $0.cursorLine.contains("second = 2") && $0.cursorLine.hasPrefix("(i-search)") }
        shell.type("\u{7}")
        shell.prompt()
        shell.enter("os.exit(0)")
        #expect(shell.exitStatus() == 0)
        #expect(shell.modes == modes)
    }
    @Test func `Ctrl-backslash ends the program as elsewhere, with what was typed kept`() throws {
        let home = try PtySession.makeHome()
        let shell = try LtxshTests.shell(home: home)
        let modes = shell.modes
        shell.enter("kept = 42")
        shell.prompt()
        shell.type("\u{1C}")
        #expect(shell.exitStatus() == -SIGQUIT)
        #expect(!shell.screen.text.contains("crashed"))
        #expect(shell.modes == modes)
        #expect(try Files.text(Path.join(home, ".local/state/ltxsh/history")) == "kept = 42\n")
    }
    @Test func `the parenthesis that TAB has put there is not typed twice`() throws {
        let shell = try LtxshTests.shell()
        shell.prompt()
        shell.type("Dataset.op\t(")
        shell.prompt("Dataset.open(")
        shell.type("(")
        shell.prompt("Dataset.open((")
        shell.type(PtySession.controlC)
        shell.enter("ds = { stats = function() return 77 end }")
        shell.prompt()
        shell.type("ds.sta\t()\r")
        shell.see("\n77\n")
    }
    @Test func `a NUL in a paste is written out, and nothing after it is lost`() throws {
        let shell = try LtxshTests.shell()
        shell.prompt()
        shell.type("\u{1B}[200~y = \"a\u{0}b\" .. \"rest\"\u{1B}[201~\r")
        shell.enter("#y, y:byte(2)")
        shell.see("\n7\n0\n")
    }
    @Test func `a reply of the terminal that comes late is never typed in`() throws {
        let shell = try LtxshTests.shell()
        shell.prompt()
        shell.type("x\u{1B}[?62;4c = \u{1B}_Gi=31;OK\u{1B}\\5")
        shell.prompt("x = 5")
        shell.type("\r")
        shell.enter("x")
        shell.wait("5") { $0.lines.suffix(2) == ["5", "ltx>"] }
    }
    @Test func `a picture of several code points takes the columns of its parts`() throws {
        let shell = try LtxshTests.shell()
        shell.prompt()
        shell.type("x = '👨‍👩‍👧'")
        shell.wait("the parts") { $0.cursorLine == "ltx> x = '👨👩👧'" }
        shell.type("\u{1}\u{5};")
        shell.wait("the cursor behind them") { $0.cursorLine == "ltx> x = '👨👩👧';" }
        shell.type("\r")
        shell.enter("utf8.len(x)")
        shell.wait("all five code points") { $0.lines.suffix(2) == ["5", "ltx>"] }
    }
    @Test func `a window that changes its width leaves nothing of the typed line behind, and takes nothing above it`()
        throws
    {
        let shell = try LtxshTests.shell()
        shell.enter("marker = 1")
        shell.prompt()
        let text = "x = '" + String(repeating: "0123456789", count: 9) + "猫'"
        shell.type(text)
        shell.wait("the line over two rows") { $0.text.replacing("\n", with: "").hasSuffix(text) }
        for columns in [61, 37, 20, 90] {
            shell.resize(columns: columns, rows: 24, reflows: true)
            shell.wait("the line once, at \(columns) columns") {
                let all = $0.history.joined()
                return all.components(separatedBy: "x = '").count == 2 && all.hasSuffix("ltx> " + text)
                    && all.contains("ltx> marker = 1")
            }
        }
        shell.type("\u{15}")
        shell.prompt()
    }
    @Test func `a window that becomes narrower leaves nothing of the progress line behind`() throws {
        let home = try PtySession.makeHome()
        let shell = try PtySession(home: home)
        shell.enter("alpha")
        shell.enter("work 400")
        shell.see("working")
        for columns in [50, 31] {
            shell.resize(columns: columns, rows: 24, reflows: true)
            shell.wait("one bar at \(columns) columns") { screen in
                screen.lines.count { $0.contains("%") } == 1 && screen.cursorLine.contains("%")
                    && TextWidth.of(screen.cursorLine) < columns
            }
        }
        shell.see("working: 400/400 steps")
        shell.prompt()
        #expect(shell.screen.lines.contains("\"alpha\""))
        #expect(!shell.screen.text.contains("ETA"))
    }
}
