import Base
import Glibc
import Media
import Synchronization
import TestSupport
import Testing
import Torch

@testable import Workbench

/// Which preprocessed files are left, made again, put away and named.
@Suite(.serialized) struct PreprocessorTests {
    let folder: TemporaryFolder
    let preprocessor: Preprocessor

    init() throws {
        folder = try TemporaryFolder()
        preprocessor = try Preprocessor(model: ModelFolder(finding: TrainingFixture.model), device: .cpu)
    }

    /// `d` with a captioned clip of each name.
    private func dataset(_ names: String...) throws -> Dataset {
        for name in names { try folder.video("d/\(name).mp4", frames: 9, size: "32x32") }
        let data = try Dataset.open(folder["d"])
        for clip in data.clips { try clip.setCaption("of \(clip.name)") }
        return data
    }
    @discardableResult
    private func run(
        _ data: Dataset, _ notes: Notes = Notes(), size: String = "32x32x9", output: String? = nil
    ) throws -> Precomputed {
        try preprocessor.run(
            data, Preprocessor.Options(size: VideoSize(parsing: size), output: output), monitor: notes.monitor)
    }
    private func names(_ part: String) throws -> [String] { try folder.names("d/.precomputed/\(part)") }
    private func note(_ notes: Notes, _ text: String) -> String { notes.texts.first { $0.contains(text) } ?? "none" }

    @Test func `what was made of clips that the dataset no longer has or excludes is put away`() throws {
        let data = try dataset("a", "b", "c", "d"), notes = Notes()
        #expect(try run(data).items.count == 4)
        try data.clip(1).setExcluded(true)
        try data.remove(2)
        let before = try Precomputed(opening: folder["d"]).problems()
        #expect(before.count == 2 && before.allSatisfy { $0.contains("does not have or excludes") }, "\(before)")
        let left = try run(data, notes)
        #expect(left.items.map(\.name) == ["c", "d"])
        #expect(note(notes, "/stale'").contains("made of 2 clips") && note(notes, "/stale'").hasSuffix(": a, b"))
        #expect(try names("conditions") == ["c.pt", "d.pt"] && names("stale/latents") == ["a.pt", "b.pt"])
        #expect(left.problems() == [])
        // A clip that comes back costs no work.
        try data.clip(1).setExcluded(false)
        let again = Notes()
        #expect(try run(data, again).items.map(\.name) == ["a", "c", "d"])
        #expect(again.texts == ["captions: 3 up to date, 0 to encode", "videos: 3 up to date, 0 to encode"])
        #expect(try names("stale/latents") == ["b.pt"])
    }
    @Test func `captions are made again by a text encoder in 8 bits, and videos are not`() throws {
        let data = try dataset("a"), notes = Notes()
        let before = try preprocessor.encodeText("of a.mp4")
        try run(data)
        let file = folder["d/.precomputed/conditions/a.pt"], first = try Files.read(file)
        let small = try Preprocessor(
            model: ModelFolder(finding: TrainingFixture.model), device: .cpu, textQuantization: .int8)
        _ = try small.run(
            data, Preprocessor.Options(size: VideoSize(parsing: "32x32x9")), monitor: notes.monitor)
        #expect(try Files.read(file) != first)
        #expect(notes.texts.contains("videos: 1 up to date, 0 to encode"))
        let after = try small.encodeText("of a.mp4").to(.float32),
            error = try (after - before.to(.float32)).norm().item()
        let share = try error / before.to(.float32).norm().item()
        #expect(share > 0 && share < 0.1, "\(share)")
    }
    @Test func `scenes of an earlier cut are not trained on`() throws {
        let videos = try GreyVideos("a.mp4")
        try videos.caption(try videos.split(27))
        try run(videos.scenes)
        let two = try videos.split(60), notes = Notes()
        try videos.caption(two)
        #expect(try run(two, notes).items.map(\.name) == ["a-Scene-001", "a-Scene-002"])
        #expect(
            note(notes, "/stale'").hasSuffix(": a-Scene-001, a-Scene-002, a-Scene-003 and 1 more"), "\(notes.texts)")
    }
    @Test func `a cleared reference is put away, and so is what a renamed clip was called`() throws {
        let data = try dataset("a", "b")
        try data.makeReferences()
        #expect(try run(data).items.allSatisfy { $0.reference != nil })
        try data.clip(1).setReference(nil)
        unlink(folder["d/b_reference.mp4"])
        rename(folder["d/b.mp4"], folder["d/x.mp4"])
        try data.close()
        try folder.write(
            #"[{"caption": "of a.mp4", "media_path": "a.mp4"}, {"caption": "of b.mp4", "media_path": "x.mp4"}]"#,
            to: "d/captions.json")
        let renamed = try run(Dataset.open(folder["d"]))
        #expect(renamed.items.map { "\($0.name) \($0.reference == nil)" } == ["a true", "x true"])
        #expect(try names("stale/reference_latents") == ["a.pt", "b.pt"])
    }
    @Test func `a view leaves the others' latents, but not those of excluded or changed clips`() throws {
        let data = try dataset("a", "b", "c", "d"), notes = Notes()
        try run(data)
        try data.clip(2).setExcluded(true)
        try folder.video("d/c.mp4", frames: 10, size: "32x32")
        let pc = try run(data.slice(1, 1), notes)
        #expect(pc.items.map(\.name) == ["a", "d"])
        #expect(note(notes, "outside this view").contains("c, d"), "\(notes.texts)")
        #expect(note(notes, "/stale'").contains("made of 2 clips"), "\(notes.texts)")
    }
    @Test func `files of another program and of another dataset stay and are named`() throws {
        let data = try dataset("a"), notes = Notes()
        try run(data)
        for part in ["latents", "conditions"] {
            try folder.write(Files.read(folder["d/.precomputed/\(part)/a.pt"]), to: "d/.precomputed/\(part)/theirs.pt")
        }
        try folder.video("e/other.mp4", frames: 9, size: "32x32")
        let other = try Dataset.open(folder["e"])
        try other.clip(1).setCaption("x")
        try run(other, output: folder["d/.precomputed"])
        let pc = try run(data, notes)
        #expect(pc.items.map(\.name) == ["a", "other", "theirs"])
        #expect(note(notes, "another dataset or program").hasSuffix(": other, theirs"), "\(notes.texts)")
        #expect(pc.problems() == ["'theirs' was not made by preprocessing here, and training uses it"])
    }
    @Test func `two lists of one folder do not take each other's latents`() throws {
        _ = try dataset("a", "b")
        for name in ["a", "b"] {
            try folder.write(#"[{"caption": "x", "media_path": "\#(name).mp4"}]"#, to: "d/\(name)_list.json")
        }
        for list in ["a", "b"] { try run(Dataset.open(folder["d/\(list)_list.json"])) }
        #expect(try names("latents") == ["a.pt", "b.pt"])
    }
    @Test func `clips of one size and time that change places are encoded again, a touched one is not`() throws {
        let data = try dataset("a")
        // Greyer, and as long: a comment fills it up.
        try folder.video("d/b.mp4", frames: 9, size: "32x32", filter: ",hue=s=0")
        var (a, b) = (try Files.read(folder["d/a.mp4"]), try Files.read(folder["d/b.mp4"]))
        let size = max(a.count, b.count)
        a += [UInt8](repeating: 0, count: size - a.count)
        b += [UInt8](repeating: 0, count: size - b.count)
        try folder.write(a, to: "d/a.mp4")
        try folder.write(b, to: "d/b.mp4")
        try data.close()
        let both = try Dataset.open(folder["d"])
        for clip in both.clips { try clip.setCaption("same") }
        func setTimes(_ second: Int) {
            var times = [timespec(tv_sec: second, tv_nsec: 0), timespec(tv_sec: second, tv_nsec: 0)]
            for name in ["d/a.mp4", "d/b.mp4"] { utimensat(AT_FDCWD, folder[name], &times, 0) }
        }
        setTimes(1_000_000_000)
        try run(both)
        let first = try LatentFile(folder["d/.precomputed/latents/a.pt"]).latents.cloned()
        setTimes(1_100_000_000)
        let touched = Notes(), swapped = Notes()
        try run(both, touched)
        #expect(touched.texts.contains("videos: 2 up to date, 0 to encode"), "\(touched.texts)")
        for (from, to) in [("a", "x"), ("b", "a"), ("x", "b")] {
            rename(folder["d/\(from).mp4"], folder["d/\(to).mp4"])
        }
        try run(both, swapped)
        #expect(!swapped.texts.contains { $0.hasPrefix("videos:") }, "\(swapped.texts)")
        #expect(try !LatentFile(folder["d/.precomputed/latents/a.pt"]).latents.isEqual(to: first))
    }
    @Test func `a run that was stopped goes on where it was, and its files are known as its own`() throws {
        let data = try dataset("a", "b", "c"), folder = folder
        let monitor = Monitor(poll: { Files.exists(folder["d/.precomputed/latents/a.pt"]) })
        #expect(throws: Cancelled.self) {
            try preprocessor.run(data, Preprocessor.Options(size: VideoSize(parsing: "32x32x9")), monitor: monitor)
        }
        let notes = Notes()
        try data.remove(2)
        #expect(try run(data, notes).items.map(\.name) == ["a", "c"])
        #expect(notes.texts.contains("videos: 1 up to date, 1 to encode"), "\(notes.texts)")
        #expect(try names("stale/conditions") == ["b.pt"])
    }
    @Test func `a record in the form that preprocessing once had of its own is still read`() throws {
        let data = try dataset("a", "b")
        try run(data)
        let path = folder["d/.precomputed/fingerprints.json"]
        let old = try #require(Files.json(path).object).members.map { file, value in
            let fields = [
                ("mark", value["settings"]), ("dataset", value["dataset"]), ("content", value["inputs"]?["content"]),
                ("stamp", value["inputs"]?["stamp"]),
            ]
            let object = JSONObject(fields.compactMap { name, value in value.map { (key: name, value: $0) } })
            return (key: file, value: JSON.object(object))
        }
        #expect(old.first?.value["mark"]?.string?.isEmpty == false)
        try AtomicFile.write(JSON.object(JSONObject(old)).text(), to: path)
        let notes = Notes()
        try run(data, notes)
        #expect(notes.texts.contains("videos: 2 up to date, 0 to encode"), "\(notes.texts)")
    }
    @Test func `a record of before datasets were noted counts as the dataset's own in its own folder`() throws {
        let data = try dataset("a", "b")
        try run(data)
        let path = folder["d/.precomputed/fingerprints.json"]
        let old = try #require(Files.json(path).object).members.map { ($0.key, $0.value["settings"] ?? .null) }
        try AtomicFile.write(JSON.object(JSONObject(old.map { (key: $0.0, value: $0.1) })).text(), to: path)
        try data.remove(1)
        #expect(try run(data).items.map(\.name) == ["b"])
    }

    // MARK: What cannot be used

    @Test func `a clip that cannot be read is left out and named, and strict makes it an error`() throws {
        let data = try dataset("a", "b", "c"), notes = Notes()
        try AtomicFile.write(Array(Files.read(folder["d/b.mp4"]).prefix(600)), to: folder["d/b.mp4"])
        let made = try run(data, notes)
        #expect(made.items.map(\.name) == ["a", "c"])
        #expect(note(notes, "left out").contains("d/b.mp4'"), "\(notes.texts)")
        let strict = Preprocessor.Options(size: try VideoSize(parsing: "32x32x9"), force: true, isStrict: true)
        let error = #expect(throws: MediaError.self) { try preprocessor.run(data, strict) }
        #expect(error?.path == folder["d/b.mp4"])
    }

    @Test func `when every clip is too short the longest is named with a size that takes it`() throws {
        let data = try dataset("a", "b")
        let error = #expect(throws: PreprocessorError.self) { try run(data, size: "32x32x17") }
        #expect(error?.description.contains("has 9: \"32x32x9\" would take it") == true, "\(error?.description ?? "")")
    }

    @Test func `a change of size that is interrupted leaves no two sizes side by side, and says what is missing`()
        throws
    {
        let data = try dataset("a", "b", "c", "d"), notes = Notes()
        try run(data)
        let done = Mutex(0)
        let stopping = Monitor(poll: { done.withLock { $0 } >= 2 }) { event in
            if case .progress(let progress) = event, progress.stage == "videos" { done.withLock { $0 = progress.done } }
        }
        let other = Preprocessor.Options(size: try VideoSize(parsing: "64x32x9"))
        #expect(throws: Cancelled.self) { try preprocessor.run(data, other, monitor: stopping) }
        let left = try Precomputed(opening: folder["d"])
        #expect(left.items.map(\.name) == ["a", "b"])
        #expect(try left.statistics.sizes.map(\.size) == ["64x32x9"])
        let demands = Precomputed.Demands(
            channels: 128, textWidth: 64, needsReference: false, referenceFolder: "reference_latents")
        let told = try left.require(demands).remarks
        #expect(told.count == 1 && told[0].contains("was stopped before it was done with 2 clips (c, d)"), "\(told)")
        #expect(left.problems().contains { $0.contains("was stopped") })
        let whole = try preprocessor.run(data, other, monitor: notes.monitor)
        #expect(whole.items.count == 4 && whole.problems() == [])
        #expect(try whole.require(demands).remarks == [])
    }
}
