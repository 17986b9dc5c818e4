import Base
import Glibc
import TestSupport
import Testing

@testable import Shell

/// The program itself, as a script's author sees it: what it prints, and its exit status.
@Suite struct ScriptTests {
    let folder: String
    init() throws {
        folder = try Scratch.folder("script")
    }
    /// Runs a shell command in which `ltxsh` is the program; standard error goes with the output.
    func run(_ command: String) throws -> (status: Int32, output: String) {
        let program = Path.join(PtySession.programs, "ltxsh")
        let output = Path.join(folder, "output")
        let status = try ChildProcess.run(
            "cd '\(folder)'; P='\(program)'; ltxsh() { '\(program)' \"$@\"; }; { \(command) ; } > '\(output)' 2>&1 < /dev/null"
        )
        return (status, try Files.text(output))
    }
    /// Runs Lua and sends it a signal once it runs: before that, a shell's background program ignores Ctrl-C.
    private func signalled(_ signal: String, _ code: String) throws -> (status: Int32, output: String) {
        try run(
            """
            rm -rf begun; $P -e 'fs.mkdir("begun") \(code)' & p=$!
            until [ -d begun ] || ! kill -0 $p; do sleep 0.05; done; kill -\(signal) $p; wait $p
            """)
    }
    func write(_ name: String, _ text: String) throws { try AtomicFile.write(text, to: Path.join(folder, name)) }

    @Test func `a script gets its arguments and its first line may name the program`() throws {
        try write("a.lua", "#!/usr/bin/env ltxsh\nprint(arg[0], arg[1], select('#', ...), (...))\nerror('x')")
        let (status, output) = try run("ltxsh a.lua one two")
        #expect(output.hasPrefix("a.lua\tone\t2\tone\n"))
        #expect(output.contains("a.lua:3: x"))
        #expect(status == 1)
    }
    @Test func `exit statuses tell what happened`() throws {
        #expect(try run("ltxsh -e 'x = 1'").status == 0)
        #expect(try run("ltxsh -e 'error(1)'").status == 1)
        #expect(try run("ltxsh -e 'x = = 1'").status == 1)
        #expect(try run("ltxsh nowhere.lua").status == 1)
        #expect(try run("ltxsh --colour never").status == 2)
        #expect(try run("ltxsh --threads none").status == 2)
        #expect(try run("ltxsh -e").status == 2)
        #expect(try run("ltxsh -e 'os.exit(7)' -e 'error(1)'").status == 7)
        #expect(try run("ltxsh -e 'pcall(os.exit, false)'").status == 1)
        #expect(try signalled("INT", "while true do pcall(error) end").status == 130)
        #expect(try signalled("TERM", "while true do end").status == 143)
    }
    @Test func `what cannot be saved at the end is said, and is there the next time`() throws {
        try Files.makeFolder(folder + "/clips")
        try write("clips/a.mp4", "")
        // A folder in the way of the metadata file stands for a disk that fails.
        let script = "ds = Dataset.open(\"clips\") ds[1].caption = \"kept\" fs.mkdir(\"clips/captions.json\")"
        let failed = try run("ltxsh -e '\(script)'")
        #expect(failed.status == 1 && failed.output.contains(".captions.json.journal', for the next opening"))
        let again = try run("rmdir clips/captions.json; ltxsh -e 'print(Dataset.open(\"clips\")[1].caption)'")
        #expect(again.status == 0 && again.output.hasSuffix("kept\n"))
    }
    @Test func `the device and the threads of the command line are those that are used`() throws {
        let missing = try run("ltxsh --device cuda:63 -e 'Models.make_tiny(\"tiny\") Trainer.load{ model = \"tiny\" }'")
        #expect(missing.status == 1 && missing.output.contains("cuda:63"))
        #expect(
            try run("ltxsh --device cpu -e 'print(Trainer.load{ model = \"tiny\" }.device)' 2>/dev/null").output
                == "cpu\n")
        for count in [1, 3] {
            let found = try run("ltxsh --threads \(count) -e 'print(doctor()[1].found)'").output
            #expect(found.hasSuffix(", \(count) thread\(count == 1 ? "" : "s")\n"), "\(found)")
        }
    }
    @Test func `doctor is a command of the system's shell, and its status is that of the worst row`() throws {
        let bare = try run("ltxsh doctor")
        #expect(bare.status == 1 && bare.output.contains("problem  models"))
        for row in ["libtorch", "processors", "memory", "environment", "terminal", "history", "init.lua"] {
            #expect(bare.output.contains("  \(row) "), "\(row)\n\(bare.output)")
        }
        let fit = try run("ltxsh -e 'Models.make_tiny(\"models/tiny\")'; HF_TOKEN=sesame ltxsh doctor")
        #expect(
            fit.status == 0 && fit.output.contains("HF_TOKEN is set") && !fit.output.contains("sesame"), "\(fit.output)"
        )
        try write("doctor", "print('a script of that name')")
        #expect(try run("ltxsh doctor").output == "a script of that name\n")
    }
    @Test func `code that is not UTF-8 keeps its bytes`() throws {
        #expect(try run("ltxsh -e \"$(printf 'x = \"\\377\\376\" print(#x)')\"").output == "2\n")
        #expect(try run("printf 'print(#\"\\377\")' | ltxsh -").output == "1\n")
        let typed = try run("printf 'x = \"\\377\"\\n:time 1\\n#x\\n' | ltxsh")
        #expect(typed.output.contains("a byte that is not UTF-8") && typed.output.hasSuffix("\n1\n"), "\(typed.output)")
    }
    @Test func `chunks run in order and standard input is a script`() throws {
        #expect(try run("ltxsh -e 'x = 1' -e 'print(x)'").output == "1\n")
        #expect(try run("echo 'print(...)' | ltxsh - a b").output == "a\tb\n")
        #expect(try run("echo 'print(1)' | ltxsh").output.contains("1"))
        // Each line for itself, as typed; one that failed is remembered.
        let failed = try run("printf 'error(0)\\n1+1\\n' | ltxsh")
        #expect(failed.status == 1 && failed.output.contains("\n2\n"))
    }
    @Test func `a script on standard input names its lines, and has to end where it ends`() throws {
        try write(
            "s.lua",
            "#!/usr/bin/env ltxsh\nx = 1\nfor i = 1, 2 do\n  x = x + i\nend\nerror('here')\nx.y.z = 1\nprint(x)\n")
        let failed = try run("ltxsh < s.lua")
        #expect(failed.status == 1)
        #expect(
            failed.output == """
                error: stdin:6: here
                  stdin:6: in main chunk

                """)
        // As a script has them: locals stay, and a mistake in it runs nothing.
        try write("l.lua", "local x = 1\nprint(x)\nlocal function f() return x + 1 end\nprint(f())\n")
        #expect(try run("ltxsh < l.lua").output == "1\n2\n")
        try write("cut.lua", "print(1)\nfunction f()\n  for i = 1, 2 do\n  end\n")
        let cut = try run("ltxsh < cut.lua")
        #expect(cut.status == 1)
        #expect(cut.output == "error: stdin:5: 'end' expected (to close 'function' at line 2) near <eof>\n")
    }
    @Test func `output that cannot be written is a failure, unless its reader had enough`() throws {
        let full = "error: cannot write 'standard output': No space left on device\n"
        for command in [
            "ltxsh -e 'print(1)'", "ltxsh -e 'io.write(1)'", "ltxsh -e 'for i = 1, 1e6 do print(i) end'",
            "ltxsh -e 'for i = 1, 1e5 do io.write(i) end'", "echo 'print(1)' | ltxsh", "echo '1' | ltxsh",
            "ltxsh --version",
        ] {
            let (status, output) = try run("{ \(command); } > /dev/full")
            #expect(status == 1 && output == full, "\(command): \(status), \(output.prefix(200))")
        }
        #expect(try run("ltxsh -e 'print(1) os.exit(7)' > /dev/full").status == 7)
        try write("p.lua", "print(1)")
        for command in ["-e 'print(1)'", "-e 'io.write(1)'", "--version", "< p.lua"] {
            let (status, output) = try run("ltxsh \(command) >&-")
            let closed = "error: cannot write 'standard output': Bad file descriptor\n"
            #expect(status == 1 && output == closed, "\(command): \(status), \(output)")
        }
        #expect(try run("ltxsh -e 'x = 1' >&-").status == 0)
        for command in ["for i = 1, 1e6 do print(i) end", "for i = 1, 1e5 do io.write(i, \"\\n\") end"] {
            let (_, output) = try run("ltxsh -e '\(command)' | head -1")
            #expect(output.prefix(200) == "1\n", "\(command)")
        }
    }
    @Test func `modules are found beside the script, here and in scripts`() throws {
        try Files.makeFolder(folder + "/sub")
        try Files.makeFolder(folder + "/scripts")
        try write("sub/main.lua", "print(require('beside'), require('here'), (require('shared')))")
        try write("sub/beside.lua", "return 'beside'")
        try write("here.lua", "return 'here'")
        try write("scripts/shared.lua", "return 'shared'")
        #expect(try run("ltxsh sub/main.lua").output == "beside\there\tshared\n")
    }
    @Test func `an error shows one line, the place and the way there`() throws {
        try write("e.lua", "local function f()\n  fs.copy('nowhere', 'x')\nend\nlocal function g() f() end\ng()")
        #expect(
            try run("ltxsh e.lua").output == """
                error: e.lua:2: no such file or folder: 'nowhere'
                  e.lua:2: in function 'f'
                  e.lua:4: in function 'g'
                  e.lua:5: in main chunk

                """)
        #expect(try run("ltxsh -e 'prnt(1)'").output.contains("(did you mean 'print'?)"))
        #expect(try run("ltxsh -e 'fs.mkdirr(1)'").output.contains("(did you mean 'mkdir'?)"))
    }
    @Test func `output into a closed pipe ends the program quietly`() throws {
        let (_, output) = try run("ltxsh -e 'while true do print(1) end' | head -1")
        #expect(output == "1\n")
    }
    @Test func `help and version go to standard output`() throws {
        #expect(try run("ltxsh --version 2>/dev/null").output.hasPrefix("ltxsh "))
        #expect(try run("ltxsh --help 2>/dev/null").output.hasPrefix("usage: ltxsh"))
    }
    @Test func `a log has what failed and no keys`() throws {
        _ = try run(
            "ltxsh --log-file log.txt --log-level info -e 'local api_key = \"sk-abcdefghijklmnopqrstuvwx\"; error(\"boom\")'"
        )
        let log = try Files.text(folder + "/log.txt")
        #expect(log.contains("boom"))
        #expect(!log.contains("sk-abcdefghijklmnopqrstuvwx"))
    }
    @Test func `small libraries do what their help says`() throws {
        try Files.makeFolder(folder + "/g/deep/er")
        for name in ["g/a.mp4", "g/b.txt", "g/deep/er/c.mp4", "g/.hidden.mp4"] { try write(name, name) }
        let code = """
            print(table.concat(fs.glob('g/**/*.mp4'), ' '), #fs.glob('g/[ab].*'), #fs.glob('nowhere/*'))
            fs.mkdir('new/folder'); fs.copy('g/a.mp4', 'new'); fs.move('new/a.mp4', 'new/b.mp4')
            print(fs.exists('new/b.mp4'), fs.exists('new/a.mp4'), fs.size('new/b.mp4'), fs.size('none'))
            print(json.encode{b={1,2.5,'x'}, a={c=true}}, json.decode('[1,{\\"x\\":null}]')[1])
            print(pcall(json.encode, print), pcall(json.decode, '{'), pcall(json.encode, 0/0))
            print(yaml.decode('a: [1, 2]').a[2], time() <= time())
            """
        try write("s.lua", code)
        let lines = try run("ltxsh s.lua").output.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[0] == "g/a.mp4 g/deep/er/c.mp4\t2\t0")
        #expect(lines[1] == "true\tfalse\t7\tnil")
        #expect(lines[2] == "{\"a\": {\"c\": true}, \"b\": [1, 2.5, \"x\"]}\t1")
        #expect(lines[4] == "2\ttrue")
    }

    @Test func `lua's own options are there, and --safe runs no other program`() throws {
        try write("mod.lua", "return { name = 'mod' }")
        #expect(try run("ltxsh -l mod -e 'print(mod.name)'").output == "mod\n")
        #expect(try run("ltxsh -lmod -e 'print(mod.name)'").output == "mod\n")
        #expect(try run("ltxsh -W -e 'warn(\"heard\")'").output.contains("heard"))
        #expect(try run("ltxsh -e 'warn(\"heard\")'").output == "")
        #expect(try run("LUA_PATH='/x/?.lua' ltxsh -e 'print(package.path:match(\"/x/\"))'").output == "/x/\n")
        #expect(try run("LUA_PATH='/x/?.lua' ltxsh -E -e 'print(package.path:match(\"/x/\"))'").output == "nil\n")
        for code in ["os.execute(\"true\")", "io.popen(\"true\")", "package.loadlib(\"x\", \"y\")"] {
            let (status, output) = try run("ltxsh --safe -e '\(code)'")
            #expect(status == 1 && output.contains("is switched off by --safe"), "\(code): \(output)")
            #expect(try run("ltxsh -e '\(code)'").output.contains("--safe") == false)
        }
        #expect(try run("ltxsh --safe -e 'print(1 + 1, #fs.glob(\"*.lua\") > 0)'").output == "2\ttrue\n")
        #expect(try run("printf '!true\\n' | ltxsh --safe -i").output.contains("is switched off by --safe"))
    }
    @Test func `OpenMP's threads spin for a moment only, unless the user says so`() throws {
        let code = "print(os.getenv(\"GOMP_SPINCOUNT\"))"
        #expect(try run("ltxsh -e '\(code)'").output == "2000\n")
        #expect(try run("GOMP_SPINCOUNT=77 ltxsh -e '\(code)'").output == "77\n")
        #expect(try run("OMP_WAIT_POLICY=ACTIVE ltxsh -e '\(code)'").output == "nil\n")
    }
    @Test func `a history of a hundred thousand lines and an init.lua are no obstacle`() throws {
        try Files.makeFolder(folder + "/.local/state/ltxsh")
        try Files.makeFolder(folder + "/.config/ltxsh")
        try write(".local/state/ltxsh/history", (1...100_000).map { "x = \($0)\n" }.joined())
        try write(".config/ltxsh/init.lua", "greeting = 'hello'")
        let shell = try PtySession("ltxsh", home: folder)
        shell.enter("greeting")
        shell.see("\"hello\"")
        shell.prompt()
        shell.type(PtySession.up + PtySession.up)
        shell.prompt("x = 100000")
    }
}
