import Base
import Glibc
import Testing

@testable import Shell

/// What a session leaves behind it: the table of what was made and changed.
@Suite struct SessionTableTests {
    private func shell(_ home: String) throws -> PtySession {
        try PtySession("ltxsh", home: home, command: "cd \"$HOME\" && exec $PROGRAM --no-init")
    }
    private func home() throws -> String {
        let home = try PtySession.makeHome()
        try Files.makeFolder(Path.join(home, "clips"))
        try AtomicFile.write("", to: Path.join(home, "clips/a.mp4"))
        return home
    }

    @Test func `it is shown at the end and on demand, and kept for later`() throws {
        let home = try home(), shell = try shell(home)
        shell.enter(":session")
        shell.see("nothing was changed or made")
        shell.enter("ds = Dataset.open 'clips'; ds[1].caption = 'x'; ds[1].caption = 'y'")
        shell.enter("sh.session()")
        shell.see("this session\n  edited  2 changes in clips\nltx>")
        shell.type(PtySession.controlD)
        #expect(shell.exitStatus() == 0)
        let kept = try Files.text(Path.join(home, ".local/state/ltxsh/sessions"))
        #expect(kept.hasSuffix(" \(home)\n  edited  2 changes in clips\n"), "\(kept)")
    }
    @Test func `a session that a signal ends keeps it as well, and one that did nothing says nothing`() throws {
        let home = try home(), shell = try shell(home)
        shell.enter("Dataset.open('clips')[1].caption = 'x'")
        shell.prompt()
        shell.send(SIGTERM)
        #expect(shell.exitStatus() == 143)
        #expect(try Files.text(Path.join(home, ".local/state/ltxsh/sessions")).contains("edited  1 change in clips"))
        let idle = try self.shell(home)
        idle.enter("1 + 1")
        idle.prompt()
        idle.type(PtySession.controlD)
        #expect(idle.exitStatus() == 0)
        #expect(!idle.screen.history.contains("this session"))
    }
    @Test func `bytes that are not UTF-8 are written out, and mean what was typed`() throws {
        let home = try home(), shell = try shell(home)
        shell.prompt()
        // A line that is given up takes its bytes with it.
        shell.type(bytes: [0xC3])
        shell.type("z")
        shell.prompt("\\xC3z")
        // What is typed before the terminal has seen Ctrl-C is dropped with the line.
        shell.type(PtySession.controlC)
        shell.see("^C")
        shell.prompt()
        shell.enter("print('next')")
        shell.see("next\n")
        #expect(!shell.screen.history.contains { $0.contains("not UTF-8") })
        shell.prompt()
        shell.type("x = '")
        shell.type(bytes: [0xE9, 0xFF])
        shell.type("'\r")
        shell.see("2 bytes that are not UTF-8: written out, as \\xE9")
        shell.enter("#x, x == '\\xE9\\xFF'")
        shell.see("2\ntrue\n")
        shell.prompt()
        shell.type(PtySession.up + PtySession.up)
        shell.prompt("x = '\\xE9\\xFF'")
    }
}
