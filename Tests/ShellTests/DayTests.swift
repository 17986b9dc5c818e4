import Base
import Glibc
import TestSupport
import Testing

@testable import Shell

/// What is written for people to type is typed: the lines of `help()`, of the README, and the examples of the reference.
@Suite struct DayTests {
    static let root = Path.folder(Path.folder(Path.folder(#filePath)))
    private let folder: String
    private let program = Path.join(PtySession.programs, "ltxsh")
    init() throws {
        folder = try Scratch.folder("day")
        try Files.makeFolder(Path.join(folder, "train_date/APT"))
        symlink(Path.join(Self.root, "configs"), Path.join(folder, "configs"))
        for number in 1...2 {
            let video = Path.join(folder, "train_date/APT/clip\(number).mp4")
            let source = "testsrc2=size=768x448:rate=24"
            #expect(
                try ChildProcess.run(
                    "ffmpeg -nostdin -v error -y -f lavfi -i \(source) -frames:v 40 -pix_fmt yuv420p '\(video)'") == 0)
        }
    }
    /// A video of three scenes of a second each.
    static func makeStreet(_ path: String) throws {
        let scenes = ["testsrc2", "smptebars", "rgbtestsrc"].map { "-f lavfi -i \($0)=size=192x128:rate=25:duration=1" }
        let status = try ChildProcess.run(
            "ffmpeg -nostdin -v error -y \(scenes.joined(separator: " ")) -filter_complex concat=n=3 -pix_fmt yuv420p '\(path)'"
        )
        guard status == 0 else { throw FileError.system(operation: "make", path: path, code: EIO) }
    }
    /// Runs inputs as they are typed at the prompt; standard error goes with the output.
    private func type(_ lines: [String]) throws -> (status: Int32, output: String) {
        let input = Path.join(folder, "input"), output = Path.join(folder, "output")
        try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: input)
        let status = try ChildProcess.run(
            "cd '\(folder)' && HOME='\(folder)' EDITOR=true '\(program)' -i --no-init < '\(input)' > '\(output)' 2>&1")
        return (status, try Files.text(output))
    }

    @Test func `the day that help teaches runs as it stands`() throws {
        let lines = Day.tasks.flatMap(\.lines)
        #expect(lines.count > 15)
        let (status, output) = try type(lines)
        #expect(status == 0 && !output.contains("error:"), "\(output.suffix(2000))")
        for file in ["outputs/my_lora.safetensors", "train_date/APT/scenes/captions.json"] {
            #expect(Files.exists(Path.join(folder, file)), "\(file)")
        }
    }
    @Test func `the examples of the reference run as they stand`() throws {
        let interpreter = try Interpreter()
        var examples: [String] = []
        for info in interpreter.lua.catalogue where info.name != "os" {
            examples += (info.functions + info.methods).compactMap(\.example) + info.examples
        }
        examples += interpreter.lua.globals.compactMap(\.example)
        #expect(examples.count > 40)
        for example in examples {
            #expect(
                interpreter.lua.check(example) == .complete || interpreter.lua.check("return " + example) == .complete,
                "\(example)")
        }
        // Those that look at and change a dataset, one after the other, on clips as they lie here.
        let looking = ["Dataset", "Clip", "Scan", "fs", "json", "yaml"].compactMap { interpreter.lua.info($0) }
        let lines = looking.flatMap { info in (info.functions + info.methods).compactMap(\.example) }
            .filter {
                !$0.contains("preview") && !$0.contains("edit()") && !$0.contains("ask(") && !$0.contains("NAME")
            }
        #expect(lines.count > 15)
        let setUp = [
            "ds = Dataset.open(\"train_date/APT\");", "for clip in ds do clip.caption = \"The video shows a test\" end",
            "clip = ds[1]; scan = ds:scan{ progress = false };",
        ]
        let (status, output) = try type(setUp + lines)
        #expect(status == 0 && !output.contains("error:"), "\(output.suffix(3000))")
    }
    @Test func `what the README and the guides show as Lua compiles, and every name in it is there`() throws {
        let interpreter = try Interpreter()
        var blocks = 0
        let guides = ["guide", "zh"].flatMap { folder in GuideTests.guides.map { "docs/\(folder)/\($0).md" } }
        for name in ["README.md", "docs/migrating.md", "CONTRIBUTING.md", "docs/reference-behaviour.md"] + guides {
            let text = try Files.text(Path.join(Self.root, name))
            for block in Self.blocks(text) {
                blocks += 1
                for line in block {
                    #expect(
                        interpreter.lua.check(line) != .wrong("") && Self.compiles(line, interpreter),
                        "\(name): \(line)")
                    for name in Self.functions(line) {
                        let help = (try? interpreter.help(name, DisplayContext())) ?? []
                        #expect(help.first?.hasPrefix("nothing mentions") == false, "\(name) in \(line)")
                    }
                }
            }
        }
        #expect(blocks > 30)
    }
    @Test func `every test that docs/prompt.md names is there`() throws {
        let text = try Files.text(Path.join(Self.root, "docs/prompt.md")).replacing("\n", with: " ")
        // Behind the last bar of a row, and in the last paragraph: code spans with blanks in them that are no calls.
        let named = Set(
            text.split(separator: "`", omittingEmptySubsequences: false).enumerated().compactMap { place, span in
                place % 2 == 1 && span.count > 24 && !span.contains("--filter") && !span.hasPrefix("$XDG")
                    ? String(span) : nil
            })
        #expect(named.count > 40)
        let folder = Path.folder(#filePath),
            files = try Files.list(folder) + Files.list(Path.join(folder, "Pty")).map { "Pty/" + $0 }
        let source = try files.filter { $0.hasSuffix(".swift") }.map { try Files.text(Path.join(folder, $0)) }.joined()
        for name in named.sorted() { #expect(source.contains("func `\(name)`("), "\(name)") }
    }
    private static func compiles(_ line: String, _ interpreter: Interpreter) -> Bool {
        [line, "return " + line].contains { interpreter.lua.check($0) == .complete }
    }
    /// The inputs of each block: Lua as it is, of a session what stands behind the prompt.
    private static func blocks(_ text: String) -> [[String]] {
        var blocks: [[String]] = [], block: [String]?, isLua = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```") {
                if let done = block {
                    if !done.isEmpty { blocks.append(isLua ? [done.joined(separator: "\n")] : done) }
                }
                block = block == nil ? [] : nil
                isLua = line.hasPrefix("```lua")
            } else if isLua {
                block?.append(line)
            } else if line.hasPrefix("ltx> ") {
                block?.append(String(line.dropFirst(5)))
            }
        }
        return blocks
    }
    /// `Dataset.open`, `Exporter.comfyui` in a line.
    private static func functions(_ line: String) -> [String] {
        let tokens = ChunkLexer.tokens(line)
        return tokens.indices.dropLast(2).compactMap { place in
            guard tokens[place].kind == .name, tokens[place].text.first?.isUppercase == true,
                tokens[place + 1].text == ".",
                place == 0 || tokens[place - 1].text != "."
            else { return nil }
            return "\(tokens[place].text).\(tokens[place + 2].text)"
        }
    }
}
