import Base
import TestSupport
import Testing

@testable import Shell

/// What is printed, where it is written, and how wide it is.
@Suite struct PrintTests {
    let folder: String
    init() throws { folder = try Scratch.folder("print") }

    private func run(_ arguments: String) throws -> (status: Int32, output: String, errors: String) {
        let program = Path.join(PtySession.programs, "ltxsh")
        let status = try ChildProcess.run(
            "cd '\(folder)' && COLUMNS= '\(program)' \(arguments) > output 2> errors < /dev/null")
        return (
            status, try Files.text(Path.join(folder, "output")), try Files.text(Path.join(folder, "errors"))
        )
    }
    private func makeVideo(_ name: String) throws {
        try Files.makeFolder(Path.folder(Path.join(folder, name)))
        let status = try ChildProcess.run(
            "cd '\(folder)' && ffmpeg -v error -f lavfi -i testsrc=s=64x64:r=8 -frames:v 9 '\(name)' < /dev/null")
        try #require(status == 0)
    }

    @Test func `a table is printed as the prompt shows it, others as before`() throws {
        let code = #"""
            print({ 1, 2, deep = { x = "y" } })
            print("here", { 1 }, nil, 3)
            print(setmetatable({}, { __tostring = function() return "mine" end }), print())
            print(nil)
            local t = {} for i = 1, 30 do t[i] = ("word"):rep(5) end print(t)
            """#
        try AtomicFile.write(code, to: Path.join(folder, "p.lua"))
        let output = try run("p.lua").output
        #expect(output.hasPrefix("{1, 2, deep = {x = \"y\"}}\nhere\t{1}\tnil\t3\n\nmine\nnil\n{\n  "), "\(output)")
        #expect(!output.contains("0x"))
    }
    @Test func `a table in a pipe has 80 columns, and whole lines where that is asked for`() throws {
        try AtomicFile.write("", to: Path.join(folder, "a.mp4"))
        let caption = String(repeating: "a long caption ", count: 40)
        try AtomicFile.write(
            "[{\"media_path\": \"a.mp4\", \"caption\": \"\(caption)\"}]", to: Path.join(folder, "captions.json"))
        let narrow = try run("-e 'print(Dataset.open(\".\"))'").output
        #expect(narrow.split(separator: "\n").allSatisfy { TextWidth.of(String($0)) <= 80 }, "\(narrow)")
        #expect(try run("--wide -e 'print(Dataset.open(\".\"))'").output.contains(caption.dropLast()))
    }
    @Test func `what writes files says where, returns it, and makes the folder`() throws {
        try makeVideo("clips/a.mp4")
        let code = #"""
            local ds = Dataset.open("clips")
            print(ds:report("out/1/r.html"), ds:contact_sheet("out/2/s.png"), ds[1]:frame(0, "out/3/f.png"))
            print(ds:extract_frames{ output = "out/4" })
            print(ds[1]:thumbnail():save("out/5/t.jpg"))
            """#
        try AtomicFile.write(code, to: Path.join(folder, "w.lua"))
        let (status, output, errors) = try run("w.lua")
        #expect(status == 0, "\(errors)")
        let files = ["out/1/r.html", "out/2/s.png", "out/3/f.png", "out/4/a/frame_0009.png", "out/5/t.jpg"]
        for file in files { #expect(Files.exists(Path.join(folder, file)), "\(file)") }
        let paths = output.split(whereSeparator: \.isWhitespace).map(String.init)
        #expect(
            paths
                == ["out/1/r.html", "out/2/s.png", "out/3/f.png", "9", "out/4", "out/5/t.jpg"].map {
                    $0 == "9" ? $0 : Path.join(folder, $0)
                })
        #expect(errors.contains("out/1/r.html") && errors.contains("9 pictures of 1 clip"), "\(errors)")
    }
    @Test func `where a video ends is stop, and end is named when it is typed`() throws {
        try makeVideo("clips/a.mp4")
        let scan = try run(#"-e 'print(#Dataset.open("clips"):scan{ stop = "4f", progress = false }[1].scores)'"#)
        #expect(scan.output == "4\n", "\(scan)")
        let typed = try run("-e 'ds:split{ start=1, end=3 }'")
        #expect(typed.status == 1 && typed.errors.contains("write stop = "), "\(typed.errors)")
        let other = try run("-e 'if true then print(1) end end'")
        #expect(!other.errors.contains("stop"), "\(other.errors)")
    }
    @Test(arguments: [(0, "0 clips"), (1, "1 clip"), (2, "2 clips")])
    func `a count has the number of its word`(count: Int, text: String) {
        #expect(counted(count, "clip") == text && counted(1, "child", "children") == "1 child")
    }
}
