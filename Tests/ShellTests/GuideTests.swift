import Base
import Glibc
import TestSupport
import Testing
import Workbench

@testable import Shell

/// The guides and the README's session, typed as they stand: on a tiny model under the names of the published ones, on a video of three
/// scenes, with a server of ours behind KIMI's name. Sizes of clips and numbers of steps are made small, and nothing else is changed.
@Suite(.serialized) struct GuideTests {
    static let guides = ["one-click", "step-by-step", "configuration", "cards", "troubleshooting", "README"]
    private static let materials = Result { () throws(any Error) -> String in
        let folder = try Scratch.folder("guide-materials")
        try TinyModel.make(at: Path.join(folder, "tiny"))
        try DayTests.makeStreet(Path.join(folder, "street.mp4"))
        return folder
    }

    /// A folder as the guides want it: `models`, `configs` and `train_date/APT`.
    private static func home() throws -> String {
        let home = try Scratch.folder("guide"), materials = try materials.get()
        for folder in ["models", "configs", "train_date/APT"] { try Files.makeFolder(Path.join(home, folder)) }
        for name in ["LTX-Video-0.9.5", "LTX-Video-0.9.6-dev"] {
            #expect(symlink(Path.join(materials, "tiny"), Path.join(home, "models/\(name)")) == 0)
        }
        try Files.copy(Path.join(materials, "street.mp4"), to: Path.join(home, "train_date/APT/street.mp4"))
        let configs = Path.join(DayTests.root, "configs")
        for name in try Files.list(configs) {
            let text = try Files.text(Path.join(configs, name))
                .replacing(/steps: \d+/, with: "steps: 2").replacing(/interval: \d+/, with: "interval: null")
                .replacing(/video_dims: \[.*\]/, with: "video_dims: [64, 64, 9]")
            try AtomicFile.write(text, to: Path.join(home, "configs/\(name)"))
        }
        return home
    }
    /// Small clips and few steps; an address of KIMI's own would not be ours.
    private static func small(_ code: String) -> String {
        code.replacing(/\d+x\d+x\d+/, with: "96x64x9").replacing("steps = 2000", with: "steps = 4")
            .replacing("steps = 500", with: "steps = 2").replacing(
                "Captioner.kimi{ region = \"ai\" }", with: "Captioner.kimi{}")
    }
    private static func run(_ input: String, in home: String, _ words: String) throws -> (status: Int32, output: String)
    {
        let server = try CaptionServer(["chat": [CaptionServer.caption("The video shows a street.")]])
        let file = Path.join(home, "input"), output = Path.join(home, "output")
        try AtomicFile.write(input, to: file)
        let program = Path.join(PtySession.programs, "ltxsh")
        let status = try ChildProcess.run(
            "cd '\(home)' && HOME='\(home)' EDITOR=true MOONSHOT_API_KEY=planted MOONSHOT_BASE_URL='\(server.endpoint)' "
                + "'\(program)' --no-init \(words) < '\(file)' > '\(output)' 2>&1")
        return (status, try Files.text(output))
    }

    @Test(arguments: guides) func `every block of a guide runs as it stands`(name: String) throws {
        let text = try Files.text(Path.join(DayTests.root, "docs/guide/\(name).md"))
        let blocks = Self.blocks(text).filter { !$0.isDownload }
        #expect(!blocks.isEmpty)
        let home = try Self.home()
        let (status, output) = try Self.run(Self.small(blocks.map(\.code).joined(separator: "\n")), in: home, "-")
        #expect(status == 0 && !output.contains("error:"), "\(output.suffix(3000))")
        if name == "one-click" {
            #expect(Files.exists(Path.join(home, "outputs/APT_lora_r32/exports.json")), "\(output.suffix(3000))")
            #expect(output.contains("train: 2 steps in "))
        }
        if name == "step-by-step" {
            for file in ["APT.png", "APT.html", "loss.png", "run.html", "night.mp4", "APT.safetensors"] {
                #expect(Files.exists(Path.join(home, "outputs/\(file)")), "\(file)")
            }
            #expect(
                Files.exists(Path.join(home, "train_date/APT/scenes/.precomputed/decoded_videos/street-Scene-001.mp4")))
        }
    }
    @Test func `the README's session runs as it stands`() throws {
        let text = try Files.text(Path.join(DayTests.root, "README.md"))
        // Pictures are drawn in a terminal alone.
        let session = text.split(separator: "\n").filter { $0.hasPrefix("ltx> ") && !$0.contains(":preview") }
            .map { $0.dropFirst(5) }
        #expect(session.count > 10)
        let home = try Self.home()
        let (status, output) = try Self.run(Self.small(session.joined(separator: "\n")) + "\n", in: home, "-i")
        #expect(status == 0 && !output.contains("error:"), "\(output.suffix(3000))")
        let (again, pipeline) = try Self.run(
            Self.small(Self.blocks(text).map(\.code).joined(separator: "\n")), in: home, "-")
        #expect(again == 0 && !pipeline.contains("error:"), "\(pipeline.suffix(3000))")
    }
    @Test(arguments: guides) func `a guide has the same code in both languages`(name: String) throws {
        func code(_ language: String) throws -> [String] {
            Self.blocks(try Files.text(Path.join(DayTests.root, "docs/\(language)/\(name).md"))).map { block in
                block.code.split(separator: "\n").map { line in
                    let code = line.prefix(upTo: line.firstRange(of: "--")?.lowerBound ?? line.endIndex)
                    return String(code.reversed().drop { $0 == " " }.reversed())
                }.joined(separator: "\n")
            }
        }
        let english = try code("guide")
        #expect(!english.isEmpty)
        #expect(try code("zh") == english)
    }
    @Test func `every link of the guides leads somewhere`() throws {
        var links = 0
        for folder in ["guide", "zh"] {
            for name in Self.guides {
                let file = Path.join(DayTests.root, "docs/\(folder)/\(name).md")
                for match in try Files.text(file).matches(of: /\]\(([^)#]+)\)/) where !match.1.contains("://") {
                    links += 1
                    #expect(Files.exists(Path.join(Path.folder(file), String(match.1))), "\(file): \(match.1)")
                }
            }
        }
        #expect(links > 10)
    }

    /// Lua between fences. What fetches a model stands in a block that says so.
    private static func blocks(_ text: String) -> [(code: String, isDownload: Bool)] {
        text.matches(of: /(?m)^```lua( download)?\n([\s\S]*?)^```$/).map { (String($0.2), $0.1 != nil) }
    }
}
