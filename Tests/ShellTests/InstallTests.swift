import Base
import Glibc
import TestSupport
import Testing

@testable import Shell

/// scripts/install.sh with the program that is being tested.
@Suite struct InstallTests {
    private let folder: String
    private var prefix: String { Path.join(folder, "prefix") }
    init() throws { folder = try Scratch.folder("install") }

    private func install(_ arguments: String) throws -> (status: Int32, output: String) {
        let output = Path.join(folder, "output")
        let script = Path.join(DayTests.root, "scripts/install.sh")
        let status = try ChildProcess.run("'\(script)' \(arguments) > '\(output)' 2>&1 < /dev/null")
        return (status, try Files.text(output))
    }

    @Test func `it is found and whole without the repository's folder, is replaced, and goes without a trace`() throws {
        try Files.makeFolder(Path.join(prefix, "bin"))
        try AtomicFile.write("another program", to: Path.join(prefix, "bin/other"))
        for _ in 1...2 {
            let made = try install("--from '\(PtySession.programs)' '\(prefix)'")
            #expect(made.status == 0 && made.output.contains("libtorch 2"), "\(made.output)")
        }
        // With nothing but PATH, from another folder.
        let code = "print(Config.template('tiny').lora.rank, #Dataset.open('clips'))"
        try Files.makeFolder(Path.join(folder, "clips"))
        try AtomicFile.write("", to: Path.join(folder, "clips/a.mp4"))
        let output = Path.join(folder, "said")
        let status = try ChildProcess.run(
            "cd '\(folder)' && env -i HOME='\(folder)' PATH='\(prefix)/bin:/usr/bin:/bin' sh -c "
                + "'ltxsh -e \"$0\" && ltxsh --version && ltxsh examples/none.lua' \"\(code)\" > said 2>&1")
        let said = try Files.text(output)
        #expect(status == 1 && said.contains("8\t1\n") && said.contains("libtorch 2"), "\(said)")
        #expect(said.contains("examples/none.lua"))
        for name in ["share/man/man1/ltxsh.1", "share/bash-completion/completions/ltxsh", "share/ltxsh/scripts"] {
            #expect(Files.exists(Path.join(prefix, name)), "\(name)")
        }
        #expect(try install("--uninstall '\(prefix)'").status == 0)
        #expect(try Files.list(prefix) == ["bin"] && Files.list(Path.join(prefix, "bin")) == ["other"])
        let again = try install("--uninstall '\(prefix)'")
        #expect(again.status == 1 && again.output.contains("nothing is installed"))
    }
    @Test(arguments: ["bin/ltxsh", "lib/ltxsh", "share/ltxsh", "share/man/man1/ltxsh.1"])
    func `what is in the way and not ours stays`(name: String) throws {
        let path = Path.join(prefix, name)
        try Files.makeFolder(Path.folder(path))
        try AtomicFile.write("mine", to: path)
        for arguments in ["--from '\(PtySession.programs)' '\(prefix)'", "--uninstall '\(prefix)'"] {
            let refused = try install(arguments)
            #expect(refused.status == 1 && refused.output.contains("'\(path)' is there"), "\(refused.output)")
        }
        #expect(try Files.text(path) == "mine")
    }
    @Test func `a wrong command line is named`() throws {
        for (arguments, part) in [("--form x", "--form"), ("--from /nowhere", "/nowhere"), ("a b", "one PREFIX")] {
            let refused = try install(arguments)
            #expect(refused.status == 1 && refused.output.contains(part), "\(refused.output)")
        }
    }
    @Test func `the man page knows every option`() throws {
        let page = try Files.text(Path.join(DayTests.root, "docs/ltxsh.1")).replacing("\\-", with: "-")
        for line in CommandLineOptions.help.split(separator: "\n") {
            for word in line.split(whereSeparator: { " ,|[]".contains($0) }) where word.hasPrefix("-") && word.count > 1
            {
                #expect(page.contains(word), "\(word)")
            }
        }
    }
}
