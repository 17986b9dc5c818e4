import Base
import Glibc
import Testing

@testable import Shell

/// What the tests of Ctrl-C and of signals work on: a video long enough to be caught at it, a tiny model, prepared clips.
/// Made once for each run of the tests, by the program itself.
enum SessionBench {
    /// The folder of all of it.
    static let home: Result<String, any Error> = Result {
        let home = try PtySession.makeHome()
        try Files.makeFolder(Path.join(home, "videos"))
        try Files.makeFolder(Path.join(home, "clips"))
        // Cuts every second, and a minute of them.
        let long = Path.join(home, "videos/long.mp4")
        try ffmpeg("-f lavfi -i testsrc2=size=640x360:rate=25 -t 240 -c:v libx264 -preset ultrafast -g 50 '\(long)'")
        let clip = "-f lavfi -i testsrc2=size=64x64:rate=24 -frames:v 24 -pix_fmt yuv420p"
        for number in 1...24 { try ffmpeg("\(clip) '\(Path.join(home, "clips/clip\(number).mp4"))'") }
        try AtomicFile.write(prepare(home), to: Path.join(home, "prepare.lua"))
        let program = Path.join(PtySession.programs, "ltxsh")
        let log = Path.join(home, "prepare.log")
        guard try ChildProcess.run("HOME='\(home)' '\(program)' --no-init '\(home)/prepare.lua' > '\(log)' 2>&1") == 0
        else { throw BenchFailure(description: try Files.text(log)) }
        return home
    }
    struct BenchFailure: Error, CustomStringConvertible { let description: String }

    private static func ffmpeg(_ words: String) throws {
        guard try ChildProcess.run("ffmpeg -nostdin -v error -y \(words)") == 0 else {
            throw BenchFailure(description: "ffmpeg \(words)")
        }
    }
    private static func prepare(_ home: String) -> String {
        """
        Models.make_tiny("\(home)/tiny")
        local ds = Dataset.open("\(home)/clips")
        for i, clip in ipairs(ds) do clip.caption = "clip number " .. i end
        local few = ds:slice(1, 2)
        local pre = Preprocessor.load{ model = "\(home)/tiny" }
        local pc = pre:run(few, { size = "64x64x9" })
        print(pc.path)
        """
    }
    /// Lua that begins a session: the objects that the tests work with.
    static func begin(_ home: String) -> [String] {
        [
            "kept = 42", "home = '\(home)'", "videos = Dataset.open(home .. '/videos');",
            "clips = Dataset.open(home .. '/clips');",
        ]
    }
    /// A trainer on the prepared clips, with more steps than anyone waits for.
    static func trainer(_ output: String) -> [String] {
        let template = Path.join(
            Path.folder(Path.folder(Path.folder(Path.folder(#filePath)))), "configs/tiny.yaml")
        return [
            "cfg = Config.load('\(template)');",
            "cfg.model.model_source = home .. '/tiny'",
            "cfg.data.preprocessed_data_root = home .. '/clips'",
            "cfg.optimization.steps = 1000000",
            "cfg.output_dir = '\(output)'",
            "tr = Trainer.load(cfg);",
        ]
    }
}
