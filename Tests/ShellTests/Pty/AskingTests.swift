import Base
import Testing

@testable import Shell

/// What a program asks of the person at the terminal: `io.read`, `ask`, `clip:edit`.
@Suite struct AskingTests {
    /// A dataset of one clip without a caption.
    private func shell() throws -> PtySession {
        let home = try PtySession.makeHome()
        try Files.makeFolder(Path.join(home, "clips"))
        try AtomicFile.write("", to: Path.join(home, "clips/a.mp4"))
        let shell = try LtxshTests.shell(home: home)
        shell.enter("ds = Dataset.open('\(home)/clips');")
        return shell
    }
    private let left = "\u{1B}[D"

    @Test func `io.read edits its line, and what arrows send is no part of it`() throws {
        let shell = try shell()
        shell.enter("for clip in ds do io.write('caption: ') clip.caption = io.read() end")
        shell.wait("the question") { $0.cursorLine == "caption:" && $0.hasBracketedPaste }
        shell.type("a bycicle 猫" + left + left)
        shell.type("X")
        shell.wait("what was typed") { $0.cursorLine == "caption: a bycicleX 猫" }
        shell.type("\r")
        shell.enter("ds[1].caption")
        shell.see("\"a bycicleX 猫\"")
    }
    @Test func `what was read has a history of its own`() throws {
        let shell = try shell()
        shell.enter("x = io.read()")
        shell.wait("a line to type into") { $0.cursorLine.isEmpty && $0.hasBracketedPaste }
        shell.type("an answer\r")
        shell.prompt()
        shell.type(PtySession.up)
        shell.prompt("x = io.read()")
        shell.type("\r")
        shell.wait("a line to type into") { $0.cursorLine.isEmpty && $0.hasBracketedPaste }
        shell.type(PtySession.up)
        shell.wait("the answer before") { $0.cursorLine == "an answer" }
        shell.type("\u{4}\r")
        shell.prompt()
    }
    @Test func `Ctrl-D ends what is read, and Ctrl-C the program that asks`() throws {
        let shell = try shell()
        shell.enter("kept = 42; x = { io.read() }")
        shell.wait("a line to type into") { $0.cursorLine.isEmpty && $0.hasBracketedPaste }
        shell.type(PtySession.controlD)
        shell.enter("#x")
        shell.wait("nothing was read") { $0.lines.suffix(2) == ["0", "ltx>"] }
        shell.enter("while true do pcall(io.read) end")
        shell.wait("a line to type into") { $0.cursorLine.isEmpty && $0.hasBracketedPaste }
        shell.type("half" + PtySession.controlC)
        shell.see("interrupted")
        shell.enter("kept")
        shell.wait("the session as it was") { $0.lines.suffix(2) == ["42", "ltx>"] }
    }
    @Test func `ask puts the present value into the line, and Ctrl-D leaves it`() throws {
        let shell = try shell()
        shell.enter("ds[1].caption = 'a red bus'")
        shell.enter("ds[1].caption = ask('caption', ds[1].caption)")
        shell.wait("the value") { $0.cursorLine == "caption: a red bus" }
        shell.type("\u{1}big \r")
        shell.enter("ds[1].caption")
        shell.see("\"big a red bus\"")
        shell.enter("ds[1].caption = ask('caption', ds[1].caption)")
        shell.wait("the value") { $0.cursorLine == "caption: big a red bus" }
        shell.type("\u{15}" + PtySession.controlD)
        shell.enter("ds[1]:edit()")
        shell.wait("the caption to edit") { $0.cursorLine == "a.mp4: big a red bus" }
        shell.type("\u{7F}\u{7F}\u{7F}car\r")
        shell.see("true\n")
        shell.enter("ds[1].caption")
        shell.see("\"big a red car\"")
    }
    @Test func `a caption takes no control character, and says which it was`() throws {
        let shell = try shell()
        shell.enter("ds[1].caption = 'ok'")
        for (code, name) in [("'a\\27[D'", "ESC"), ("'a\\0b'", "NUL"), ("'a\\1'", "U+0001")] {
            shell.enter("ds[1].caption = \(code)")
            shell.see("would hold a control character (\(name)")
        }
        shell.enter("ds[1].caption")
        shell.wait("the caption as it was") { $0.lines.suffix(2) == ["\"ok\"", "ltx>"] }
    }
    @Test func `a script asks at the terminal too, and takes a line of a pipe`() throws {
        let home = try PtySession.makeHome()
        try AtomicFile.write("print('got ' .. ask('name', 'Ada'))", to: Path.join(home, "s.lua"))
        let shell = try LtxshTests.shell(["\(home)/s.lua"], home: home)
        shell.wait("the value") { $0.cursorLine == "name: Ada" }
        shell.type(" L\r")
        shell.see("got Ada L")
        #expect(shell.exitStatus() == 0)
        let program = Path.join(PtySession.programs, "ltxsh")
        let out = Path.join(home, "out")
        #expect(
            try ChildProcess.run(
                "printf 'Bob\\n\\n' | '\(program)' -e 'print(ask(\"n\"), ask(\"m\", \"x\"))' > '\(out)'") == 0)
        #expect(try Files.text(out) == "n: m: Bob\tx\n")
    }
}
