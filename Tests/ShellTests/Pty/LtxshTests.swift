import Base
import Glibc
import Testing

@testable import Shell

/// The program itself on a pseudo-terminal: Lua behind the prompt.
@Suite struct LtxshTests {
    static func shell(
        _ arguments: [String] = [], home: String? = nil, environment: [String: String] = [:], columns: Int = 80,
        rows: Int = 24
    ) throws -> PtySession {
        try PtySession("ltxsh", arguments, home: home, environment: environment, columns: columns, rows: rows)
    }

    /// A home whose init.lua has this text.
    static func home(initially code: String) throws -> String {
        let home = try PtySession.makeHome()
        try Files.makeFolder(Path.join(home, ".config/ltxsh"))
        try AtomicFile.write(code, to: Path.join(home, ".config/ltxsh/init.lua"))
        return home
    }

    @Test func `expressions, statements, chunks and results`() throws {
        let shell = try Self.shell()
        shell.enter("1+1")
        shell.wait("2") { $0.lines.suffix(2) == ["2", "ltx>"] }
        shell.enter("=_*3")
        shell.wait("6") { $0.lines.suffix(2) == ["6", "ltx>"] }
        shell.enter("_1 + _2;")
        shell.enter("x = 0.5")
        shell.enter("x, {1, a = 'b'}")
        shell.see("0.5\n{1, a = \"b\"}")
        shell.enter("for i = 1, 2 do")
        shell.prompt(mark: "  >>")
        shell.accept("print('row', i)")
        shell.prompt(mark: "  >>")
        shell.accept("end")
        shell.see("row\t1".replacing("\t", with: "     ") + "\n")
        shell.prompt()
    }
    @Test func `TAB knows the rows above`() throws {
        let shell = try Self.shell()
        shell.enter("json.encode({}, {")
        shell.prompt(mark: "  >>")
        shell.type("  pre\t")
        shell.see("  pretty=")
        shell.type("true })\r")
        shell.see("\"[]\"")
        shell.enter("--[[ x")
        shell.prompt(mark: "  >>")
        shell.type("?Datas\t!")
        shell.wait("no completion in a comment") { $0.lines.last == "  >> ?Datas!" }
    }
    @Test func `Meta-# makes a comment of the line`() throws {
        let shell = try Self.shell()
        shell.prompt()
        shell.type("error('x')\u{1B}#")
        shell.wait("a comment and nothing else") { $0.lines.suffix(2) == ["ltx> -- error('x')", "ltx>"] }
    }
    @Test func `:quit leaves with its status`() throws {
        let shell = try Self.shell()
        shell.enter(":quit now")
        shell.see("exit status from 0 to 255, got 'now'")
        shell.enter(":quit 3")
        #expect(shell.exitStatus() == 3)
    }
    @Test func `a mistake is one line, and a slip of the fingers is answered`() throws {
        let shell = try Self.shell()
        shell.enter("Datset.open 'x'")
        shell.see("did you mean 'Dataset'")
        shell.enter("x = = 1")
        shell.see("error:")
        shell.enter("error{1}")
        shell.enter("1")
        shell.wait("1") { $0.lines.suffix(2) == ["1", "ltx>"] }
    }
    @Test(arguments: [
        "while true do end", "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()", "repeat local s = ('x'):rep(1e5) until false",
        "for i = 1, 1e12 do end", "table.sort({3,2,1}, function() while true do end end)",
    ]) func `Ctrl-C stops runaway code, and the session lives on as it was`(code: String) throws {
        let shell = try Self.shell()
        shell.prompt()
        let modes = shell.modes
        shell.enter("kept = 42")
        shell.enter(code)
        shell.press(PtySession.controlC, until: "interrupted")
        shell.enter("kept")
        shell.wait("what was there before") { $0.lines.suffix(2) == ["42", "ltx>"] }
        #expect(shell.modes == modes)
    }
    @Test func `os.exit leaves with its status, and the terminal as it was`() throws {
        let shell = try Self.shell()
        let modes = shell.modes
        shell.enter("os.exit(3)")
        #expect(shell.exitStatus() == 3)
        #expect(shell.modes == modes)
    }
    @Test(arguments: [
        ("error('from init')", "from init"), ("x = = 1", "init.lua"), ("local a = nil + 1", "init.lua:1"),
    ]) func `an error in init.lua is said, and the prompt comes all the same`(code: String, said: String) throws {
        let home = try Self.home(initially: code)
        let shell = try Self.shell(home: home)
        shell.see(said)
        shell.enter("21 * 2")
        shell.wait("42") { $0.lines.suffix(2) == ["42", "ltx>"] }
        let without = try Self.shell(["--no-init"], home: home)
        without.prompt()
        #expect(!without.screen.text.contains(said))
    }
    @Test func `an endless init.lua is stopped by Ctrl-C`() throws {
        let home = try Self.home(initially: "print('init runs') while true do end")
        let shell = try Self.shell(home: home)
        shell.see("init runs")
        shell.press(PtySession.controlC, until: "init.lua did not finish")
        shell.prompt()
    }
    @Test func `os.exit in init.lua ends the program with its status`() throws {
        let home = try Self.home(initially: "os.exit(5)")
        #expect(try Self.shell(home: home).exitStatus() == 5)
    }
    @Test(arguments: [
        ["LC_ALL": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"], ["LANG": "C"], ["TERM": ""], ["HOME": ""],
        ["TZ": "nowhere/nothing"],
    ]) func `numbers have a point, whatever the environment`(environment: [String: String]) throws {
        let shell = try Self.shell(environment: environment)
        shell.wait("a prompt") { $0.cursorLine == "ltx>" }
        shell.type("print(1/2, string.format('%.2f', 0.25), tonumber('0.75'))\r")
        shell.wait("points") { $0.text.contains("0.5") && $0.text.contains("0.25") && $0.text.contains("0.75") }
    }
    @Test func `a closed standard input and a reader that goes away are no crash`() throws {
        let shell = try PtySession(
            "ltxsh",
            command: """
                $PROGRAM <&- ; echo "closed $?"
                $PROGRAM -e 'for i = 1, 1e6 do print(i) end' | head -1; echo "head $?"
                echo 'print(6*7)' | $PROGRAM - ; echo "stdin $?"
                $PROGRAM -e 'while true do end' & sleep 1; kill -TERM $!; wait $!; echo "term $?"
                """)
        shell.see("closed 0")
        shell.see("head 0")
        shell.see("42")
        shell.see("stdin 0")
        shell.see("term 143")
    }
    /// The key is typed, in the environment, in an error, in a transcript and a log; no file has it.
    @Test func `a key leaves no trace`() throws {
        let home = try PtySession.makeHome()
        let key = "sk-SENTINEL0123456789abcdef", secret = "S3NTINEL-VALUE-42"
        let shell = try Self.shell(home: home, environment: ["MOONSHOT_API_KEY": secret])
        shell.enter(":transcript \(home)/transcript.lua")
        shell.enter(":log \(home)/log.txt")
        shell.enter("planted = 'canary'")
        shell.enter("k = '\(key)'")
        shell.enter("print(k)")
        shell.enter("print(os.getenv('MOONSHOT_API_KEY'))")
        shell.enter("error(k)")
        shell.enter("f(\"\(secret)\")")
        shell.enter("who()")
        shell.prompt()
        shell.type(PtySession.controlD)
        #expect(shell.exitStatus() == 0)
        let files = try Self.files(home)
        #expect(files.count >= 3)
        var hasCanary = 0
        for file in files {
            let text = try Files.text(file)
            #expect(!text.contains("SENTINEL0123456789") && !text.contains(secret), "\(file):\n\(text)")
            if text.contains("canary") { hasCanary += 1 }
        }
        // The search itself works: what is no key is found in all three.
        #expect(hasCanary == 3)
    }
    private static func files(_ folder: String) throws -> [String] {
        try Files.list(folder).flatMap { name -> [String] in
            let path = Path.join(folder, name)
            return Files.isFolder(path) ? try files(path) : [path]
        }
    }
    @Test func `a transcript is a script that runs`() throws {
        let home = try PtySession.makeHome()
        let shell = try Self.shell(home: home)
        shell.enter(":transcript \(home)/t.lua")
        shell.enter("x = 20")
        shell.enter("print(x + 1)")
        shell.enter(":transcript off")
        shell.enter("os.exit()")
        #expect(shell.exitStatus() == 0)
        #expect(try Files.text("\(home)/t.lua").contains("print(x + 1)\n--> 21\n"))
        let again = try PtySession("ltxsh", home: home, command: "$PROGRAM $HOME/t.lua; echo status $?")
        again.see("21\nstatus 0")
    }
    @Test func `a replay says what prints differently now`() throws {
        let home = try PtySession.makeHome()
        let shell = try Self.shell(home: home, columns: 160)
        shell.enter(":transcript \(home)/t.lua")
        shell.enter("x = 20")
        shell.enter("x + 1, y")
        shell.enter("error('no')")
        shell.enter(":transcript off")
        shell.enter(":replay \(home)/t.lua")
        shell.see("replayed 3 inputs, the same output")
        shell.enter("y = 'new'")
        shell.enter(":replay \(home)/t.lua")
        shell.see("  - nil\n  + \"new\"")
        shell.see("replayed 3 inputs, 1 with other output")
        shell.enter(":transcript \(home)/time.lua")
        shell.enter(":time 1 + 1")
        shell.enter(":transcript off")
        shell.enter(":replay \(home)/time.lua")
        shell.see("replayed 1 inputs, the same output")
        try AtomicFile.write("print(1)\nwhile true do end\nprint(2)\n", to: "\(home)/endless.lua")
        shell.enter(":replay \(home)/endless.lua")
        shell.see("ltx> while true do end")
        shell.press(PtySession.controlC, until: "replayed 2 of 3 inputs")
        try AtomicFile.write("print(1)\nfor i = 1, 2 do\n", to: "\(home)/cut.lua")
        shell.enter(":replay \(home)/cut.lua")
        shell.see("ends in the middle of a chunk; nothing was run")
    }
    @Test func `help is there, fits the screen, and leads on`() throws {
        let shell = try Self.shell(environment: ["PAGER": "cat"], columns: 60, rows: 30)
        shell.enter("help()")
        shell.prompt()
        for line in shell.screen.history { #expect(TextWidth.of(line) <= 60) }
        shell.enter("?Dataset")
        shell.see("open")
        shell.enter("??time")
        shell.prompt()
        shell.enter("sh.time('1+1')")
        shell.see("processor")
    }
    @Test func `TAB completes names of the value before the cursor`() throws {
        let shell = try Self.shell()
        shell.prompt()
        shell.type("str" + PtySession.tab)
        shell.prompt("string")
        shell.type(".form" + PtySession.tab)
        shell.wait("the function") { $0.cursorLine.hasPrefix("ltx> string.format") }
        shell.type(PtySession.controlC)
        shell.prompt()
        shell.type("help 'fs.glo" + PtySession.tab)
        shell.prompt("help 'fs.glob'")
        shell.type("\u{1B}[D\u{1B}[D" + PtySession.tab + " ")
        shell.prompt("help 'fs.glob b'")
        shell.type(PtySession.controlC)
        shell.prompt()
        shell.type("x = [[/etc/passw" + PtySession.tab)
        shell.wait("the bracket") { $0.cursorLine.hasPrefix("ltx> x = [[/etc/passwd") }
        shell.type(PtySession.controlC)
        shell.prompt()
        shell.type("!ls /usr/incl" + PtySession.tab)
        shell.prompt("!ls /usr/include/")
        shell.type(PtySession.controlC)
        shell.prompt()
        shell.enter("mine = {alpha = {beta = 1}}")
        shell.prompt()
        shell.type("mine.al" + PtySession.tab)
        shell.wait("the field") { $0.cursorLine.hasPrefix("ltx> mine.alpha") }
    }

    @Test func `timing, numbers as curves, an error that is a table, and the text of what was typed`() throws {
        let shell = try Self.shell(rows: 60)
        shell.enter(":timeit 1 + 1")
        shell.see(" a run, best of 5 rounds of ")
        shell.enter(":timing on")
        shell.enter("x = 5")
        shell.see(", peak ")
        shell.enter(":timing off")
        shell.enter("spark({ 1, 2, 3, 4 })")
        shell.see("▁▃▆█")
        shell.enter("plot({ 1, 2, 3 }, { 4, 5, 6 })")
        shell.see("┤")
        shell.enter("plot({ 1 }, { 4, 5, 6 })")
        shell.see("'xs' has 1 numbers, 'ys' has 3")
        shell.enter("error({ code = 2 })")
        shell.see("error: {code = 2}")
        shell.enter("function half(x)")
        shell.prompt(mark: "  >>")
        shell.accept("  return x / 2")
        shell.prompt(mark: "  >>")
        shell.accept("end")
        shell.enter("??half")
        shell.see("stdin:1-3\n  function half(x)\n    return x / 2\n  end")
        shell.enter("for i = 1, 40 do _ = i end for i = 1, 1 do end")
        for number in 1...3 { shell.enter("\(number * 11)") }
        shell.enter("_3")
        shell.wait("the third last") { $0.lines.suffix(2) == ["11", "ltx>"] }
        shell.enter("t = {} for i = 1, 300 do t['k' .. i] = i end")
        shell.enter("t")
        shell.see("{\n  k1 = 1,\n  k10 = 10,\n  k100 = 100,")
        shell.see("… 260 more")
    }
    @Test func `TAB puts the present value of a property into the line`() throws {
        let home = try PtySession.makeHome()
        try Files.makeFolder(Path.join(home, "clips"))
        try AtomicFile.write("", to: Path.join(home, "clips/a.mp4"))
        let shell = try Self.shell(home: home)
        shell.enter("ds = Dataset.open('\(home)/clips'); ds[1].caption = 'a \"red\" bus'")
        shell.prompt()
        shell.type("ds[1].caption = \t")
        shell.prompt("ds[1].caption = \"a \\\"red\\\" bus\"")
        shell.type(PtySession.controlC)
        shell.prompt()
        shell.type("ds[1].caption = \"\t")
        shell.prompt("ds[1].caption = \"a \\\"red\\\" bus\"")
    }
    @Test func `work that was given up holds nothing up, and the program can be left`() throws {
        let shell = try PtySession()
        shell.enter("stubborn")
        shell.see("stubborn work")
        shell.press(PtySession.controlC, until: "given up: stubborn work, 1 of 3 steps")
        shell.enter("alive")
        shell.see("\"alive\"")
        shell.prompt()
        shell.type(PtySession.controlD)
        #expect(shell.exitStatus() == 0)
    }
    @Test func `three presses within a second give up work that comes to no safe point`() throws {
        let home = try PtySession.makeHome()
        let shell = try PtySession(home: home)
        shell.enter("stubborn")
        shell.see("stubborn work")
        shell.press(PtySession.controlC, until: "given up: stubborn work, 1 of 3 steps")
        shell.enter("alive")
        shell.see("\"alive\"")
        try AtomicFile.write("", to: Path.join(home, "go"))
        shell.enter("alive again")
        shell.see("\"alive again\"")
    }
}
