import Base
import Glibc
import Media
import Testing

@testable import Workbench

@Suite(.serialized) struct DatasetCareTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    // MARK: check

    @Test func `check names every kind of problem and its clip`() throws {
        try folder.video("good.mp4", frames: 30)
        try folder.video("short.mp4", frames: 5)
        try folder.video("odd|name.mp4", frames: 30)
        try folder.write("no video", to: "bad.mp4")
        try folder.video("good.mov", frames: 30)
        let entries = [
            ("good.mp4", "fine", "gone.mp4"), ("short.mp4", "x", nil), ("odd|name.mp4", "x", nil),
            ("bad.mp4", "x", nil),
            ("lost.mp4", "x", nil), ("../out.mp4", "x", nil), ("good.mp4", "x", nil),
        ]
        let list = entries.map { path, caption, reference in
            JSON.object(
                JSONObject(
                    [(key: "caption", value: JSON.string(caption)), (key: "media_path", value: .string(path))]
                        + (reference.map { [(key: "reference_path", value: .string($0))] } ?? [])))
        }
        try folder.write(JSON.array(list).text(), to: "captions.json")
        let found = try Dataset.open(folder.path).check(frames: 9)
        let seen = Set(found.map { "\($0.kind) \($0.name)" })
        #expect(
            seen == [
                "reference good.mp4", "short short.mp4", "name odd|name.mp4", "unreadable bad.mp4", "missing lost.mp4",
                "outside ../out.mp4", "duplicate good.mp4", "uncaptioned good.mov", "duplicate good.mov",
            ])
        #expect(found.contains { $0.kind == .short && $0.message.contains("5 frames where 9") })
    }
    @Test func `a file that is cut off is found by reading it to its end`() throws {
        try folder.video("whole.avi", frames: 60)
        let bytes = try Files.read(folder["whole.avi"])
        try folder.write(Array(bytes[..<(bytes.count / 2)]), to: "cut.avi")
        let found = try Dataset.open(folder.path).check().filter { $0.kind == .unreadable }
        #expect(found.map(\.name) == ["cut.avi"])
    }
    @Test func `parts of a video that do not decode are a finding that counts them`() throws {
        try folder.run([
            "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=24", "-frames:v", "192", "-pix_fmt", "yuv420p", "-g", "48",
            "-movflags", "+faststart", folder["hurt.mp4"],
        ])
        var bytes = try Files.read(folder["hurt.mp4"])
        bytes.replaceSubrange(60_000..<63_000, with: [UInt8](repeating: 0xFF, count: 3000))
        try folder.write(bytes, to: "hurt.mp4")
        let data = try Dataset.open(folder.path), found = try data.check().filter { $0.kind == .damaged }
        let damage = try VideoFile(folder["hurt.mp4"]).readToEnd().damage
        #expect(damage > 0)
        #expect(found.map(\.message) == ["\(damage) parts of it cannot be decoded; re-encode or leave it out"])
        #expect(try data.check(isDeep: false).allSatisfy { $0.kind != .damaged })
    }
    @Test func `a clip that was trimmed without re-encoding is sound, and as long as what it shows`() throws {
        try folder.run([
            "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=24", "-frames:v", "192", "-pix_fmt", "yuv420p", "-g", "48",
            folder["whole.mp4"],
        ])
        try folder.run(["-ss", "0.5", "-i", folder["whole.mp4"], "-c", "copy", folder["trimmed.mp4"]])
        unlink(folder["whole.mp4"])
        let data = try Dataset.open(folder.path)
        try data.clip(1).setCaption("x")
        #expect(try data.check() == [])
        #expect(try data.check(frames: 185, isDeep: false).map(\.kind) == [.short])
    }
    @Test func `pixels that are not square are told`() throws {
        try folder.run(["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=10:duration=1,setsar=2/1", folder["a.mp4"]])
        let found = try Dataset.open(folder.path).check().filter { $0.kind == .notice }
        #expect(found.map(\.message) == ["pixels are not square (2:1); it is read as 128x64 (stored 64x64)"])
    }
    @Test func `a header that is wrong is a notice, a file that was cut off is unreadable, nothing is grammar of one`()
        throws
    {
        // Sound that lasts longer, in a container that does not count pictures.
        try folder.run([
            "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=24:duration=1", "-f", "lavfi", "-i", "sine=d=4", "-pix_fmt",
            "yuv420p", folder["long.mkv"],
        ])
        // Without the statistics that ffmpeg adds for each stream.
        var long = try Files.read(folder["long.mkv"])
        let tag = Array("DURATION".utf8)
        for place in long.indices where long[place...].starts(with: tag) { long[place] = UInt8(ascii: "X") }
        try folder.write(long, to: "long.mkv")
        try folder.video("whole.mkv", frames: 240)
        let bytes = try Files.read(folder["whole.mkv"])
        try folder.write(Array(bytes[..<(bytes.count / 2)]), to: "whole.mkv")
        try folder.video("one.mp4", frames: 1)
        let found = try Dataset.open(folder.path).check(frames: 9).filter { $0.kind != .uncaptioned }
        let seen = found.map { "\($0.kind) \($0.name): \($0.message)" }
        #expect(seen.contains("notice long.mkv: the header says ~96 frames, 24 can be read"), "\(seen)")
        #expect(
            seen.contains { $0.hasPrefix("unreadable whole.mkv: ") && $0.hasSuffix("the file is cut off") }, "\(seen)")
        #expect(seen.contains("short one.mp4: 1 frame where 9 are asked for"), "\(seen)")
    }
    @Test func `one file in two spellings is listed twice, and fix keeps the last`() throws {
        try folder.video("a.mp4", frames: 9)
        try folder.write("caption,media_path\n1,a.mp4\n2,./a.mp4\n", to: "captions.csv")
        let data = try Dataset.open(folder.path)
        #expect(try data.check().map(\.message) == ["listed twice, here as './a.mp4'"])
        let small = try data.resize(width: 32, height: 32, output: folder["small"])
        #expect(small.clips.map(\.mediaPath) == ["a.mp4"])
        let preprocessor = try Preprocessor(model: ModelFolder(finding: TrainingFixture.model), device: .cpu)
        let options = Preprocessor.Options(size: try VideoSize(parsing: "32x32x9"))
        let error = #expect(throws: PreprocessorError.self) { try preprocessor.run(data, options) }
        #expect(error?.description.contains("'a.mp4' is listed twice; ") == true)
        #expect(try data.fix([.duplicates]).map(\.name) == ["a.mp4"])
        #expect(data.clips.map(\.caption) == ["2"])
        #expect(try preprocessor.run(data, options).items.count == 1)
    }
    @Test func `check stops when it is asked to`() throws {
        try folder.video("a.mp4", frames: 9)
        let monitor = Monitor(poll: { true })
        #expect(throws: Cancelled.self) { try Dataset.open(folder.path).check(monitor: monitor) }
    }

    // MARK: fix

    @Test func `fix lists first, renames media and metadata together, and undo takes it back`() throws {
        try folder.touch("a|b.mp4", "a_b.mp4", "plain.mp4")
        let data = try Dataset.open(folder.path)
        try data.clip(named: "a|b.mp4").setCaption("kept")
        let listed = try data.fix([])
        #expect(listed.map(\.description) == ["a|b.mp4: rename to 'a_b_2.mp4'"] && listed.allSatisfy { !$0.isDone })
        #expect(Files.exists(folder["a|b.mp4"]))
        let done = try data.fix([.names])
        #expect(done.map(\.isDone) == [true])
        #expect(try data.clip(named: "a_b_2.mp4").caption == "kept")
        #expect(Files.exists(folder["a_b_2.mp4"]) && !Files.exists(folder["a|b.mp4"]))
        #expect(try data.undo()?.hasPrefix("fix names") == true)
        #expect(Files.exists(folder["a|b.mp4"]) && !Files.exists(folder["a_b_2.mp4"]))
        try data.close()
        #expect(try Dataset.open(folder.path).clip(named: "a|b.mp4").caption == "kept")
    }
    @Test func `a rename that a crash cut short is finished on opening`() throws {
        try folder.touch("a|b.mp4")
        let data = try Dataset.open(folder.path)
        try data.clip(1).setCaption("kept")
        _ = try data.fix([.names])
        // As the process would have left it had it died between the journal and the rename.
        let journal = try Files.read(folder[".captions.json.journal"])
        try data.close()
        rename(folder["a_b.mp4"], folder["a|b.mp4"])
        unlink(folder["captions.json"])
        try folder.write(journal, to: ".captions.json.journal")
        let again = try TemporaryFolder()
        for name in try folder.names() { try again.write(Files.read(folder[name]), to: name) }
        let opened = try Dataset.open(again.path)
        #expect(try again.names().contains("a_b.mp4"))
        #expect(try opened.clip(named: "a_b.mp4").caption == "kept")
    }
    @Test func `captions without a clip are set aside, double ones keep the last, media stay`() throws {
        try folder.touch("a.mp4")
        try folder.write(
            "caption,media_path\nlost,gone.mp4\nfirst,a.mp4\nsecond,a.mp4\n", to: "captions.csv")
        let data = try Dataset.open(folder.path), before = try folder.names()
        let done = try data.fix([.orphans, .duplicates])
        #expect(done.map(\.kind) == [.orphans, .duplicates])
        #expect(data.clips.map(\.caption) == ["second"])
        #expect(try folder.text("set_aside/gone.txt") == "lost\n")
        try data.save()
        #expect(try folder.text("captions.csv") == "caption,media_path\nsecond,a.mp4\n")
        #expect(try data.undo() != nil)
        #expect(try data.undo() != nil)
        #expect(data.clips.map(\.caption) == ["lost", "first", "second"])
        #expect(try Set(before).isSubset(of: folder.names()))
    }
    @Test func `undoing everything gives the folder back`() throws {
        for seed in 0..<20 as Range<UInt64> {
            let folder = try TemporaryFolder()
            for name in ["a|1.mp4", "b 2.mp4", "c.mp4", "-d.mp4"] { try folder.touch(name) }
            try folder.write(
                "[\n  {\n    \"caption\": \"x\",\n    \"media_path\": \"c.mp4\"\n  }\n]", to: "captions.json")
            let data = try Dataset.open(folder.path)
            try data.save()
            let start = try tree(folder)
            var generator = SplitMix64(seed: seed)
            for step in 0..<40 {
                switch Int.random(in: 0..<6, using: &generator) {
                case 0: _ = try data.fix([.names])
                case 1 where data.count > 1: try data.remove(Int.random(in: 1...data.count, using: &generator))
                case 2 where data.count > 0: try data.prefix("p\(step) ")
                case 3 where data.count > 0: try data.clip(1).setExcluded(step % 2 == 0)
                case 4: try data.setTrigger("t\(step)")
                default: if data.count > 0 { try data.clip(-1).setCaption(step % 3 == 0 ? nil : "\(step)") }
                }
            }
            while try data.undo() != nil {}
            try data.save()
            #expect(try tree(folder) == start, "seed \(seed)")
        }
    }
    private func tree(_ folder: TemporaryFolder) throws -> [String: [UInt8]] {
        try Dictionary(
            uniqueKeysWithValues: folder.names().filter { !$0.hasPrefix(".") }.map { ($0, try Files.read(folder[$0])) })
    }

    // MARK: stats

    @Test func `statistics count clips and the sizes that fit`() throws {
        try folder.video("a.mp4", frames: 30, size: "768x448")
        try folder.video("b.mp4", frames: 100, size: "768x448")
        let data = try Dataset.open(folder.path)
        try data.clip(1).setCaption("four words in here")
        let stats = try data.statistics()
        #expect(stats.clips == 2 && stats.captioned == 1)
        #expect(stats.sizes == [.init(value: "768x448", clips: 2)] && stats.rates == [.init(value: "24.0", clips: 2)])
        #expect(stats.frames?.least == 30 && stats.frames?.most == 100 && stats.words?.median == 4)
        #expect(stats.buckets.first == .init(width: 768, height: 448, frames: 25, clips: 2, cropped: 0))
        #expect(stats.buckets.contains { $0.size == "768x448x97" && $0.clips == 1 })
    }

    // MARK: editor

    @Test func `captions are edited as one text`() throws {
        try folder.touch("a.mp4", "b.mp4")
        let data = try Dataset.open(folder.path)
        try data.clip(1).setCaption("one\n=== two ===\n\\three")
        let edited = try data.editCaptions { text, name, accept in
            #expect(name == "captions")
            return try accept(text.replacing("one", with: "uno") + "two\n")
        }
        #expect(edited == 2)
        #expect(data.clips.map(\.caption) == ["uno\n=== two ===\n\\three", "two"])
        #expect(try data.undo()?.hasPrefix("edit") == true)
        #expect(data.clips.map(\.caption) == ["one\n=== two ===\n\\three", nil])
        #expect(try data.editCaption(2) { text, name, accept in try accept("only this\n") } == 1)
        #expect(try data.clip(2).caption == "only this")
        #expect(throws: Cancelled.self) { try data.editCaption(1) { _, _, _ in throw Cancelled() } }
        #expect(try data.editCaption(1) { text, _, accept in try accept(text) } == 0)
    }
    @Test func `a changed heading changes nothing`() throws {
        try folder.touch("a.mp4", "b.mp4")
        let data = try Dataset.open(folder.path)
        let error = #expect(throws: DatasetError.self) {
            try data.editCaptions { text, _, accept in try accept(text.replacing("=== 2", with: "=== 3") + "text\n") }
        }
        #expect(error?.description.contains("line 6") == true)
        #expect(data.clips.allSatisfy { $0.caption == nil })
    }
    @Test(arguments: ["x\n=== 1 · a ===\n", "=== 1 · a ===\n", "=== 1 · a ===\n=== 2 · b ===\n=== 2 · b ===\n", ""])
    func `a text of another shape is refused`(text: String) {
        let items = [CaptionDocument.Item(name: "a", caption: "x"), CaptionDocument.Item(name: "b", caption: "y")]
        #expect(throws: DatasetError.self) { try CaptionDocument.parse(text, items) }
    }
}
