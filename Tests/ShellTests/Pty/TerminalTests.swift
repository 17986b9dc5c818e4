import Base
import Glibc
import Testing

@testable import Shell

/// Terminals of every kind, and environments that are not as they should be.
@Suite struct TerminalTests {
    @Test func `NO_COLOR leaves no colour, and a pipe neither`() throws {
        let shell = try PtySession(environment: ["NO_COLOR": "1"])
        shell.enter("color")
        shell.see("true")
        shell.enter("fail")
        shell.see("error:")
        shell.prompt()
        #expect(shell.screen.styles.isEmpty)
        let colored = try PtySession()
        colored.enter("color")
        colored.see("true")
        #expect(!colored.screen.styles.isEmpty)
    }
    @Test func `a resize is honoured, with a half-typed line`() throws {
        let shell = try PtySession(environment: ["PAGER": "cat"], columns: 80, rows: 24)
        shell.prompt()
        shell.type("half typed")
        shell.prompt("half typed")
        shell.resize(columns: 50, rows: 12)
        shell.type(PtySession.controlC)
        shell.enter("long 60")
        shell.wait("lines of the new width") { screen in screen.text.contains("… 20 more") }
        for line in shell.screen.lines { #expect(TextWidth.of(line) <= 50) }
    }
    @Test func `long output goes through the pager`() throws {
        let shell = try PtySession(environment: ["PAGER": "sed s/line/paged/"])
        shell.enter("lines 100")
        shell.see("paged 100")
        shell.enter("lines 3")
        shell.see("\"line 3\"")
        #expect(!shell.screen.text.contains("paged 3\""))
    }
    @Test func `a pager that is quit, or that does not exist, does no harm`() throws {
        let quit = try PtySession(environment: ["PAGER": "head -1"])
        quit.enter("lines 50000")
        quit.enter("alive")
        quit.see("\"alive\"")
        let missing = try PtySession(environment: ["PAGER": "/no/such/pager"])
        missing.enter("lines 100")
        missing.see("\"line 100\"")
        missing.prompt()
    }
    @Test(arguments: [20, 60]) func `a narrow terminal is usable`(columns: Int) throws {
        let shell = try PtySession(columns: columns, rows: 24)
        shell.enter("job train 100 10")
        shell.enter("abc")
        shell.see("\"abc\"")
        shell.see("train finished")
        shell.prompt()
        for line in shell.screen.history { #expect(TextWidth.of(line) <= columns) }
    }
    @Test(arguments: [
        ["TERM": ""], ["TERM": "dumb"], ["TERM": "no-such-terminal"], ["LANG": "C"], ["LANG": ""],
        ["LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8"],
        ["HOME": ""], ["HOME": "/no/such/home"], ["HOME": "/proc"], ["LANG": "C", "LC_ALL": "POSIX"],
    ]) func `an odd environment reaches a prompt that works`(environment: [String: String]) throws {
        let shell = try PtySession(environment: environment)
        shell.wait("a prompt") { $0.cursorLine == "ltx>" }
        shell.type("你好 = 0.5\r")
        shell.see("\"你好 = 0.5\"")
        shell.wait("a prompt") { $0.cursorLine == "ltx>" }
        shell.type(PtySession.controlD)
        #expect(shell.exitStatus() == 0)
    }
    @Test(arguments: ["", "dumb", "no-such-terminal"])
    func `a terminal that cannot bracket what is pasted is not asked to`(name: String) throws {
        let shell = try PtySession(environment: ["TERM": name])
        shell.wait("a prompt") { $0.cursorLine == "ltx>" }
        shell.type("alpha\r")
        shell.see("\"alpha\"")
        shell.wait("a prompt") { $0.cursorLine == "ltx>" }
        shell.type(PtySession.controlD)
        #expect(shell.exitStatus() == 0)
        #expect(!String(decoding: shell.output, as: UTF8.self).contains("\u{1B}[?2004"))
    }
    @Test func `a history of rubbish and a history that cannot be read reach a prompt`() throws {
        let home = try PtySession.makeHome()
        let file = Path.join(home, ".local/state/ltxsh/history")
        try Files.makeFolder(Path.folder(file))
        try AtomicFile.write((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }, to: file)
        let shell = try PtySession(home: home)
        shell.enter("alive")
        shell.see("\"alive\"")
        let other = try PtySession(
            home: try PtySession.makeHome(), environment: ["LTXSH_HISTORY": "/proc/self/nope/history"])
        other.see("history is not kept")
        other.enter("alive")
        other.see("\"alive\"")
    }
    @Test func `wide text is edited as one character`() throws {
        let shell = try PtySession()
        shell.prompt()
        shell.type("你好吗")
        shell.prompt("你好吗")
        shell.type("\u{7F}\u{7F}x")
        shell.prompt("你x")
        shell.type(PtySession.enter)
        shell.see("\"你x\"")
    }
}
