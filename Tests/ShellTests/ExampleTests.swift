import Base
import Glibc
import TestSupport
import Testing

@testable import Shell

/// Every session of examples/, run as it stands on a small project; those that draw with the demonstration model train fewer updates.
@Suite struct ExampleTests {
    /// What it is about is in the project's folder name; three scenes, each as long as the examples need.
    private static let home = Result { () throws(any Error) -> String in
        let folder = try Scratch.folder("examples"), project = Path.join(folder, "train_date/quickstart")
        try Files.makeFolder(project)
        symlink(Path.join(DayTests.root, "configs"), Path.join(folder, "configs"))
        try Files.makeFolder(Path.join(folder, "models"))
        for name in ["models/demo", "models/demo-captioner"] {
            symlink(Path.join(DayTests.root, name), Path.join(folder, name))
        }
        try DayTests.makeStreet(Path.join(project, "street.mp4"))
        return folder
    }
    static let names = Result {
        try Files.list(Path.join(DayTests.root, "examples")).filter {
            $0.hasSuffix(".lua") && !["prepared.lua", "quickstart.lua", "before_after.lua"].contains($0)
        }
    }

    @Test func `there are ten sessions and more`() throws { #expect(try Self.names.get().count >= 16) }

    /// The quickstart and the comet are run by scripts/quickstart.sh.
    @Test(arguments: (try? names.get()) ?? [])
    func `an example runs as it stands`(name: String) throws {
        let home = try Self.home.get(), program = Path.join(PtySession.programs, "ltxsh")
        let script = Path.join(DayTests.root, "examples/\(name)"), output = Path.join(home, "\(name).output")
        let source = try Files.text(script)
        let few = [("--steps", 2), ("--clips", 24)].filter { source.contains("\"\($0.0)\"") }
            .map { "\($0.0) \($0.1)" }.joined(separator: " ")
        let status = try ChildProcess.run(
            "cd '\(home)' && HOME='\(home)' '\(program)' '\(script)' \(few) > '\(output)' 2>&1 < /dev/null")
        let text = try Files.text(output)
        #expect(status == 0 && !text.contains("error:"), "\(text.suffix(2000))")
        // Each picture, page and video that it says it made is there.
        let words = text.split { $0.isWhitespace || "':,".contains($0) }.map(String.init)
        for path in words where path.contains("outputs/") && !["", "safetensors"].contains(Path.fileExtension(path)) {
            #expect(Files.exists(path.hasPrefix("/") ? path : Path.join(home, path)), "\(name): \(path)")
        }
        if name == "resume.lua" { #expect(text.contains("the same to the bit: true")) }
        // Six were right where it was made; another machine rounds otherwise.
        if name == "describe.lua" {
            let right = text.contains("5 of 6 captions are right") || text.contains("6 of 6 captions are right")
            #expect(right, "\(text)")
        }
    }
}
