import Base
import Glibc
import Media
import TestSupport
import Testing

@testable import Workbench

/// One bad file among good ones, in every call that reads pictures.
@Suite(.serialized) struct LeftOutTests {
    let folder: TemporaryFolder, data: Dataset

    /// `good.mp4` and `well.mp4` beside a file that opens and does not decode, one that does not open, an encrypted one and
    /// one that is not there.
    init() throws {
        folder = try TemporaryFolder()
        for name in ["good", "well"] { try folder.video("d/\(name).mp4", frames: 30) }
        try folder.run([
            "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=24", "-frames:v", "24", "-pix_fmt", "yuv420p", "-movflags",
            "frag_keyframe+empty_moov+default_base_moof", folder["d/header.mp4"],
        ])
        let bytes = try Files.read(folder["d/header.mp4"]), moof = Array("moof".utf8)
        let end = bytes.indices.first { bytes[$0...].starts(with: moof) } ?? 4
        try folder.write(Array(bytes[..<(end - 4)]), to: "d/header.mp4")
        try folder.write("no video", to: "d/broken.mp4")
        try folder.run([
            "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=24", "-frames:v", "24", "-pix_fmt", "yuv420p",
            "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb",
            "-encryption_kid", "a7e61c373e219033c21091fa607bf3b8", folder["d/locked.mp4"],
        ])
        try folder.write(
            "caption,media_path\n"
                + ["good", "header", "broken", "locked", "gone", "well"].map { "x,\($0).mp4\n" }.joined(),
            to: "d/captions.csv")
        data = try Dataset.open(folder["d"])
    }
    private static let bad = ["header.mp4", "broken.mp4", "locked.mp4", "gone.mp4"]

    /// Every call by name: gives how many clips came of it.
    private var calls: [(name: String, run: (Bool, Monitor) throws -> Int)] {
        var options = SplitOptions()
        options.folder = folder["scenes"]
        let strictly = { (strict: Bool) in
            var options = options
            options.isStrict = strict
            return options
        }
        return [
            ("scan", { try data.scan(strictly($0), monitor: $1).entries.count }),
            ("split", { try data.split(strictly($0), monitor: $1).count }),
            (
                "resize",
                { try data.resize(width: 32, height: 32, output: folder["small"], strict: $0, monitor: $1).count }
            ),
            ("extract", { try data.extractFrames(output: folder["f"], every: 30, strict: $0, monitor: $1) }),
            ("references", { try data.makeReferences(strict: $0, monitor: $1) }),
            ("stats", { try data.statistics(strict: $0, monitor: $1).frames.map { Int($0.least) / 15 } ?? 0 }),
            (
                "sheet",
                {
                    try data.contactSheet(to: folder["a.png"], strict: $0, monitor: $1)
                    return 2
                }
            ),
            (
                "report",
                {
                    try data.report(to: folder["a.html"], strict: $0, monitor: $1)
                    return 2
                }
            ),
        ]
    }

    @Test func `bad files are left out and named at once, and strict ends the call before anything is made`() throws {
        for call in calls {
            let error = #expect(throws: DatasetError.self, "\(call.name)") { _ = try call.run(true, Monitor()) }
            #expect(error?.kind == "media.unreadable", "\(call.name)")
            for name in Self.bad { #expect(error?.description.contains("d/\(name)'") == true, "\(call.name) \(name)") }
            #expect(error?.description.hasPrefix("4 clips cannot be read: ") == true, "\(call.name)")
        }
        #expect(try folder.names().allSatisfy { ["d", "small", "f"].contains($0) })
        for call in calls {
            let notes = Notes()
            #expect(try call.run(false, notes.monitor) == 2, "\(call.name)")
            let named = notes.texts.filter { $0.hasPrefix("4 clips cannot be read and are left out:") }
            #expect(named.count == 1, "\(call.name): \(notes.texts)")
            for name in Self.bad { #expect(named.first?.contains("d/\(name)'") == true, "\(call.name) \(name)") }
        }
    }
    @Test func `what is encrypted is damaged, and a table says so`() throws {
        let found = try data.check().filter { $0.name == "locked.mp4" }
        #expect(found.map(\.kind) == [.damaged] && found[0].message.hasPrefix("encrypted"))
        #expect(try data.clip(named: "locked.mp4").flags == ["encrypted"])
    }
    @Test func `where nothing can be read the reasons are the answer`() throws {
        let bad = data.filter { $0.name == "broken.mp4" || $0.name == "gone.mp4" }
        let error = #expect(throws: DatasetError.self) { _ = try bad.scan() }
        #expect(error?.description.contains("gone.mp4") == true)
        let one = data.filter { $0.name == "broken.mp4" }
        #expect(throws: MediaError.self) { _ = try one.scan() }
        #expect(try bad.statistics().unreadable == 1)
    }
    @Test func `latents are made of the others, and a strict run makes none`() throws {
        let preprocessor = try Preprocessor(model: ModelFolder(finding: TrainingFixture.model), device: .cpu),
            notes = Notes()
        let size = try VideoSize(parsing: "32x32x9")
        let error = #expect(throws: DatasetError.self) {
            _ = try preprocessor.run(data, Preprocessor.Options(size: size, isStrict: true))
        }
        for name in Self.bad { #expect(error?.description.contains("d/\(name)'") == true) }
        #expect(!Files.exists(folder["d/.precomputed/conditions"]))
        let made = try preprocessor.run(data, Preprocessor.Options(size: size), monitor: notes.monitor)
        #expect(made.items.map(\.name) == ["good", "well"])
        #expect(notes.texts.count { $0.hasPrefix("4 clips cannot be read and are left out:") } == 1, "\(notes.texts)")
        #expect(try folder.names("d/.precomputed/conditions") == ["good.pt", "well.pt"])
    }
    @Test func `a size without frames is refused where there are videos, and nothing is replaced`() throws {
        let preprocessor = try Preprocessor(model: ModelFolder(finding: TrainingFixture.model), device: .cpu)
        let good = data.filter { ["good.mp4", "well.mp4"].contains($0.name) }
        _ = try preprocessor.run(good, Preprocessor.Options(size: VideoSize(parsing: "32x32x9")))
        let latents = try Files.read(folder["d/.precomputed/latents/good.pt"])
        let bare = Preprocessor.Options(size: try VideoSize(width: 32, height: 32, frames: 1), hasFrames: false)
        let error = #expect(throws: VideoSizeError.self) { try preprocessor.run(good, bare) }
        #expect(error?.description.contains("frames are missing in size \"32x32\": \"32x32x25\"?") == true)
        #expect(try Files.read(folder["d/.precomputed/latents/good.pt"]) == latents)
        // Images have no frames to be missed.
        try Files.makeFolder(folder["i"])
        try folder.run(["-f", "lavfi", "-i", "testsrc2=size=64x48", "-frames:v", "1", folder["i/a.png"]])
        let images = try Dataset.open(folder["i"])
        try images.clip(1).setCaption("x")
        #expect(try preprocessor.run(images, bare).items.count == 1)
    }
}
