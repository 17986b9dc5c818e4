import Base
import Testing

@testable import Shell

/// Our own pager, and what the user's is told.
@Suite struct PagerTests {
    private func shell(_ environment: [String: String] = ["PAGER": ""]) throws -> PtySession {
        try PtySession(environment: environment, columns: 80, rows: 12)
    }
    private func ownPager() throws -> PtySession {
        // Without a variable; the helper leaves out what is empty.
        try shell([:])
    }

    @Test func `it says how to leave, and shows the rest page by page`() throws {
        let shell = try ownPager()
        shell.enter("lines 40")
        shell.wait("the first page and how to leave") {
            $0.cursorLine.hasPrefix("1-11 of 40: ") && $0.cursorLine.contains("q leaves")
                && $0.lines[1].contains("line")
        }
        shell.type(" ")
        shell.wait("the second") { $0.cursorLine.hasPrefix("12-22 of 40") }
        shell.type("\u{1B}[A")
        shell.wait("a line back") { $0.cursorLine.hasPrefix("11-21 of 40") && $0.lines.first == "\"line 11\"" }
        shell.type("/line 38\r")
        shell.wait("what was searched") { $0.text.contains("\"line 38\"") }
        shell.prompt()
    }
    @Test func `whoever types on is at the prompt with what was typed`() throws {
        let shell = try ownPager()
        shell.enter("lines 40")
        shell.wait("the pager") { $0.cursorLine.contains("q leaves") }
        shell.type("s[1] over there\r")
        shell.see("ltx> s[1] over there\n\"s[1] over there\"")
        shell.enter("lines 40")
        shell.wait("the pager") { $0.cursorLine.contains("q leaves") }
        shell.type("q")
        shell.prompt()
        shell.enter("lines 40")
        shell.wait("the pager") { $0.cursorLine.contains("q leaves") }
        shell.type(PtySession.controlC)
        shell.prompt()
    }
    @Test func `the user's pager can neither write files nor run commands`() throws {
        let pager = "sh -c 'cat > /dev/null; echo secure=$LESSSECURE; echo \"$LESS\"'"
        let shell = try shell(["PAGER": pager])
        shell.enter("lines 40")
        shell.see("secure=1")
        shell.see("q leaves")
    }
    @Test func `it can be switched off at the prompt, and by an empty variable`() throws {
        let shell = try ownPager()
        shell.enter(":pager off")
        shell.enter("lines 40")
        shell.prompt()
        #expect(shell.screen.lines.suffix(2) == ["\"line 40\"", "ltx>"])
        #expect(Pager.choice { $0 == "PAGER" ? "" : nil } == .none)
        #expect(Pager.choice { _ in nil } == .own)
        #expect(Pager.choice { $0 == "PAGER" ? "less -S" : nil } == .command("less -S"))
    }
}
