import Base
import Glibc
import Testing

@testable import Shell

/// The prompt on a pseudo-terminal, with a toy language behind it.
@Suite struct PromptTests {
    @Test func `the first screen teaches, and Ctrl-D leaves`() throws {
        let shell = try PtySession()
        let modes = shell.modes
        shell.prompt()
        #expect(shell.screen.lines.count == 4)
        #expect(shell.screen.text.contains("help()"))
        shell.type(PtySession.controlD)
        #expect(shell.exitStatus() == 0)
        #expect(shell.modes == modes)
        #expect(!shell.screen.hasBracketedPaste)
        #expect(shell.screen.unknown.isEmpty)
    }
    @Test func `an expression prints its value and a trailing semicolon does not`() throws {
        let shell = try PtySession()
        shell.enter("hello")
        shell.see("\"hello\"")
        shell.enter("quiet;")
        shell.enter("done")
        shell.see("\"done\"")
        #expect(!shell.screen.text.contains("\"quiet;\""))
    }
    @Test func `an unfinished chunk gets a continuation prompt, and is one entry of the history`() throws {
        let shell = try PtySession()
        shell.enter("f(a,")
        shell.prompt(mark: "  >>")
        shell.accept("b)")
        shell.prompt()
        #expect(shell.screen.text.contains("f(a,\\nb)") || shell.screen.text.contains("\nb)"))
        shell.type(PtySession.up)
        shell.wait("the whole chunk in the line") { $0.lines.suffix(2) == ["ltx> f(a,", "b)"] }
    }
    @Test func `Ctrl-C drops an unfinished chunk and a typed line, and the session goes on`() throws {
        let shell = try PtySession()
        shell.enter("f(")
        shell.prompt(mark: "  >>")
        shell.type("half")
        shell.prompt("half", mark: "  >>")
        shell.type(PtySession.controlC)
        shell.prompt()
        // The terminal drops what is typed ahead of Ctrl-C.
        shell.type("not this")
        shell.prompt("not this")
        shell.type(PtySession.controlC)
        shell.see("not this^C")
        shell.enter("works")
        shell.see("\"works\"")
    }
    /// What looks like an end of the input and is none.
    @Test(arguments: ["delete", "chunk", "job"])
    func `a Ctrl-D that does not leave puts no blank lines behind later inputs`(place: String) throws {
        let shell = try PtySession()
        switch place {
        case "delete":
            shell.prompt()
            shell.type("\u{1B}[3~")
        case "chunk":
            shell.enter("f(")
            shell.prompt(mark: "  >>")
            shell.type(PtySession.controlD)
            shell.see("Ctrl-D once more leaves")
        default:
            shell.enter("job train 100000 10")
            shell.prompt()
            shell.type(PtySession.controlD)
            shell.wait("the question") { $0.cursorLine.contains("[y/N]") }
            shell.type("n\r")
        }
        shell.enter("alpha")
        shell.enter("beta")
        shell.prompt()
        let lines = shell.screen.lines.filter { !$0.contains("training") }
        #expect(lines.suffix(5) == ["ltx> alpha", "\"alpha\"", "ltx> beta", "\"beta\"", "ltx>"])
    }
    @Test func `a pasted block is one chunk and is not run line by line`() throws {
        let shell = try PtySession()
        shell.prompt()
        shell.type("\u{1B}[200~one\ntwo\nthree\u{1B}[201~")
        shell.wait("the block in the line") { $0.lines.suffix(3) == ["ltx> one", "two", "three"] }
        shell.accept()
        shell.prompt()
        #expect(shell.screen.lines.suffix(4) == ["one", "two", "three", "ltx>"])
    }
    @Test func `history lasts across sessions, is searched incrementally, and holds no key`() throws {
        let home = try PtySession.makeHome()
        let first = try PtySession(home: home)
        first.enter("alpha beta")
        first.enter("k = 'sk-1234567890abcdef'")
        first.enter("gamma")
        first.prompt()
        first.type(PtySession.controlD)
        #expect(first.exitStatus() == 0)
        let file = Path.join(home, ".local/state/ltxsh/history")
        #expect(try Files.text(file) == "alpha beta\ngamma\n")

        let second = try PtySession(home: home)
        second.prompt()
        second.type("\u{12}alp")
        second.wait("the search") { $0.cursorLine.contains("(reverse-i-search)`alp': alpha beta") }
        second.type(PtySession.enter)
        second.see("\"alpha beta\"")
        second.prompt()
        // Ctrl-C out of a search.
        second.type("\u{12}gam")
        second.wait("the search") { $0.cursorLine.contains("`gam': gamma") }
        second.type(PtySession.controlC)
        second.prompt()
        second.type(PtySession.up + PtySession.enter)
        second.wait("the newest entry") { $0.lines.suffix(3) == ["ltx> alpha beta", "\"alpha beta\"", "ltx>"] }
    }
    @Test(arguments: ["\u{7}", "\u{3}", "\r"])
    func `a search that found an entry of several rows leaves none of them behind`(key: String) throws {
        let shell = try PtySession()
        for line in ["f(one", "two", "three)"] {
            shell.prompt(mark: line == "f(one" ? "ltx>" : "  >>")
            shell.accept(line)
        }
        shell.enter("alpha")
        shell.prompt()
        let before = shell.screen.lines
        shell.type("\u{12}two")
        shell.wait("the search") { $0.lines.suffix(3) == ["(reverse-i-search)`two': f(one", "two", "three)"] }
        shell.type(key)
        if key == "\r" {
            // The answer follows, as to the same lines above.
            shell.wait("the answer") { $0.lines.count > before.count + 2 && $0.cursorLine == "ltx>" }
        } else {
            let rest = key == "\u{3}" ? ["ltx> f(one", "two", "three)^C", "ltx>"] : ["ltx>"]
            shell.wait("the prompt, and of the search nothing") { $0.lines == before.dropLast() + rest }
        }
        shell.watch(seconds: 0.1)
        let after = Array(shell.screen.lines.dropFirst(before.count - 1))
        switch key {
        case "\u{7}": #expect(shell.screen.lines == before)
        case "\u{3}": #expect(after == ["ltx> f(one", "two", "three)^C", "ltx>"])
        default: #expect(after.prefix(3) == ["ltx> f(one", "two", "three)"] && after.last == "ltx>")
        }
        #expect(!shell.screen.text.contains("search)"))
        shell.type("beta\r")
        shell.see("\"beta\"")
    }
    @Test func `--no-history keeps nothing`() throws {
        let home = try PtySession.makeHome()
        let shell = try PtySession("prompt-fixture", ["--no-history"], home: home)
        shell.enter("alpha")
        shell.prompt()
        shell.type(PtySession.controlD)
        #expect(shell.exitStatus() == 0)
        #expect(!Files.exists(Path.join(home, ".local")))
    }
    @Test func `TAB completes as far as it can, and the second lists names, types and help`() throws {
        let shell = try PtySession()
        shell.prompt()
        shell.type("da" + PtySession.tab)
        shell.prompt("dataset")
        shell.type(PtySession.tab + PtySession.tab)
        shell.see("dataset        global    an ordered list of clips")
        shell.see("dataset_split  function  cuts videos into scenes")
        shell.prompt("dataset")
        shell.type("_" + PtySession.tab)
        shell.prompt("dataset_split")
        shell.type(PtySession.controlC)
        shell.prompt()
        shell.type(":tr" + PtySession.tab)
        shell.prompt(":transcript")
    }
    @Test func `help, source, shell commands and mistaken commands answer`() throws {
        let shell = try PtySession()
        shell.enter("?Dataset")
        shell.see("help on 'Dataset'")
        shell.enter("Dataset?")
        shell.enter("??Dataset")
        shell.see("Dataset is a toy")
        shell.enter("!echo from-the-$((1+1))-shell; exit 3")
        shell.see("from-the-2-shell")
        shell.see("exit status 3")
        shell.enter(":tramscript x")
        shell.see("no command ':tramscript' (did you mean 'transcript'?)")
        shell.enter(":time 1")
        shell.see("processor")
    }
    @Test func `an error is one line to act on, then the way there`() throws {
        let shell = try PtySession()
        shell.enter("fail")
        shell.see("error: attempt to index a nil value (did you mean 'x'?)\n  at prompt:1")
        #expect(shell.screen.styles.contains("1;31"))
        shell.prompt()
    }
    @Test func `output without a newline does not swallow the prompt, and control characters are shown as text`() throws
    {
        let shell = try PtySession()
        shell.enter("esc")
        shell.see("\"a\\x1b[31mb\"")
        shell.prompt()
    }
    @Test func `exit leaves with its status`() throws {
        let shell = try PtySession()
        shell.enter("exit 7")
        #expect(shell.exitStatus() == 7)
    }
    @Test func `a transcript records, masks keys, and is replayed`() throws {
        let home = try PtySession.makeHome()
        let file = Path.join(home, "session.lua")
        let shell = try PtySession(home: home)
        shell.enter(":transcript \(file)")
        shell.enter("alpha")
        shell.enter("token = 'sk-1234567890abcdef'")
        shell.enter("f(")
        shell.prompt(mark: "  >>")
        shell.accept("x)")
        shell.enter("?alpha")
        shell.enter(":transcript off")
        shell.prompt()
        let text = try Files.text(file)
        #expect(text.contains("\nalpha\n--> \"alpha\"\n"))
        #expect(text.contains("\nf(\nx)\n"))
        #expect(text.contains("--: ?alpha\n--> help on 'alpha'"))
        #expect(!text.contains("1234567890"))
        shell.enter(":replay \(file)")
        shell.see("replayed 4 inputs, the same output")
    }
    @Test func `:edit opens the last chunk and runs what comes back`() throws {
        let shell = try PtySession(environment: ["EDITOR": "sed -i s/alpha/omega/"])
        shell.enter("alpha")
        shell.enter(":edit")
        shell.see("\"omega\"")
    }
}
