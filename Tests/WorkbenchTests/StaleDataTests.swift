import Base
import Configuration
import Glibc
import TestSupport
import Testing
import Text
import Torch

@testable import Workbench

/// What was computed from something that has changed since is never used without a word.
@Suite(.serialized) struct StaleDataTests {
    let folder: TemporaryFolder
    let preprocessor: Preprocessor

    init() throws {
        folder = try TemporaryFolder()
        preprocessor = try Preprocessor(model: ModelFolder(finding: TrainingFixture.model), device: .cpu)
    }

    /// `d` with a captioned clip of each name, preprocessed.
    private func prepared(_ names: String..., trigger: String? = nil) throws -> (data: Dataset, clips: Precomputed) {
        for name in names { try folder.video("d/\(name).mp4", frames: 9, size: "32x32") }
        let data = try Dataset.open(folder["d"])
        for clip in data.clips { try clip.setCaption("of \(clip.name)") }
        return (data, try run(data, trigger: trigger))
    }
    @discardableResult
    private func run(_ data: Dataset, _ notes: Notes = Notes(), trigger: String? = nil) throws -> Precomputed {
        let options = Preprocessor.Options(size: try VideoSize(parsing: "32x32x9"), trigger: trigger)
        return try preprocessor.run(data, options, monitor: notes.monitor)
    }
    private func configuration(_ clips: Precomputed) throws -> TrainingConfiguration {
        var configuration = try TrainingFixture().configuration
        configuration.data.preprocessedDataRoot = clips.path
        configuration.optimization.steps = 1
        return configuration
    }
    private func train(_ clips: Precomputed, refreshes: Bool = false) throws -> [String] {
        let trainer = try Trainer(model: ModelFolder(finding: TrainingFixture.model), dtype: .float32, device: .cpu)
        let run = try trainer.start(configuration(clips), refreshes: refreshes)
        try #require(run.wait(seconds: Patience.limit))
        if let failure = run.failure { throw failure }
        return run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
    }
    /// Of a sentence that begins with it.
    private func has(_ sentences: [String], _ text: String) -> Bool { sentences.contains { $0.contains(text) } }

    @Test func `an edited caption is named by the check, the table and a run`() throws {
        let (data, clips) = try prepared("a", "b", "c")
        #expect(clips.problems() == [] && data.outdated == [])
        #expect(try !has(train(clips), "pre:run"))
        try data.clip(1).setCaption("another")
        try data.clip(3).setCaption("yet another")
        let sentence = "2 of 3 clips have another caption now than when they were preprocessed (a, c): pre:run(ds, …)"
        #expect(clips.problems() == [sentence])
        #expect(data.outdated == [1, 3] && data.slice(2, 3).outdated == [2])
        #expect(try data.clip(1).flags.first == "outdated" && !data.clip(2).isOutdated)
        #expect(try train(clips).contains(sentence))
        let trainer = try Trainer(model: ModelFolder(finding: TrainingFixture.model), dtype: .float32, device: .cpu)
        let before = try folder.names().count
        let error = #expect(throws: PrecomputedError.self) {
            try trainer.start(configuration(clips), isStrict: true)
        }
        #expect(error?.kind == "data.stale" && error?.description.contains("2 of 3 clips") == true)
        #expect(try folder.names().count == before)
        try data.clip(1).setCaption("of a.mp4")
        #expect(has(clips.problems(), "1 of 3 clips has another caption now than when it was preprocessed (c)"))
    }
    @Test func `refresh encodes what has changed as preprocessing would, and nothing else`() throws {
        let (data, clips) = try prepared("a", "b")
        let untouched = try Files.read(clips.items[1].condition)
        try data.clip(1).setCaption("another")
        #expect(has(try train(clips, refreshes: true), "1 caption encoded anew: a"))
        let refreshed = try #require(try TorchFile.read(clips.items[0].condition)["prompt_embeds"]?.tensor)
        #expect(try refreshed.isEqual(to: preprocessor.encodeText("another")))
        #expect(try Files.read(clips.items[1].condition) == untouched)
        #expect(clips.problems() == [] && data.outdated == [])
        #expect(!has(try train(clips, refreshes: true), "anew"))
        let notes = Notes()
        try run(data, notes)
        #expect(notes.texts.contains("captions: 2 up to date, 0 to encode"), "\(notes.texts)")
    }
    @Test func `another trigger, another video, and clips that have gone are named`() throws {
        let (data, clips) = try prepared("a", "b", "c", "d")
        try data.setTrigger("APT")
        #expect(has(clips.problems(), "4 of 4 clips were preprocessed with another trigger word"))
        try data.setTrigger(nil)
        #expect(clips.problems() == [])
        try folder.video("d/a.mp4", frames: 10, size: "32x32")
        try data.clip(2).setExcluded(true)
        try data.remove(3)
        #expect(has(clips.problems(), "1 of 4 clips is another video now than when preprocessed (a)"))
        #expect(data.outdated == [1])
        let notes = try train(clips)
        #expect(has(notes, "2 of 4 clips are not in the dataset any more, or excluded (b, c)"), "\(notes)")
        // A file that was touched is the same file.
        let (_, others) = try prepared("x")
        var times = [timespec(tv_sec: 9, tv_nsec: 0), timespec(tv_sec: 9, tv_nsec: 0)]
        utimensat(AT_FDCWD, folder["d/x.mp4"], &times, 0)
        #expect(!has(others.problems(), "(x)"))
    }
    @Test func `a trigger that was asked for stays what it was compared with`() throws {
        let (data, clips) = try prepared("a", trigger: "ASKED")
        try data.setTrigger("OTHER")
        #expect(clips.problems() == [])
        try data.clip(1).setCaption("x")
        #expect(has(clips.problems(), "another caption"))
    }
    @Test func `another text encoder and another VAE are named, a copy of the model is not`() throws {
        let (_, clips) = try prepared("a")
        let other = Scratch.path("tiny-other"), copy = Scratch.path("tiny-copy")
        try TinyModel.make(at: other, seed: 7)
        try copyFolder(TrainingFixture.model, to: copy)
        #expect(clips.problems(for: try ModelFolder(finding: copy)) == [])
        let found = clips.problems(for: try ModelFolder(finding: other))
        #expect(has(found, "another text encoder than this model's") && has(found, "another VAE than this model's"))
    }
    @Test func `what another shell has said is seen`() throws {
        let (data, clips) = try prepared("a")
        try data.close()
        let session = OpenDatasets(), theirs = try Dataset.open(folder["d"], among: session)
        try theirs.clip(1).setCaption("theirs")
        #expect(has(clips.problems(), "another caption"))
        #expect(has(try train(clips), "another caption"))
        withExtendedLifetime(data) {}
    }

    // MARK: Long captions

    @Test func `a caption that is longer than what is read is named with what is cut off`() throws {
        let (data, _) = try prepared("a", "b")
        let long = String(repeating: "a woman rides a bicycle along the canal ", count: 30) + "at the very end"
        try data.clip(2).setCaption(long)
        let limit = try #require(CaptionLimit.known())
        let text = try #require(limit.excess(long))
        #expect(limit.excess("a woman rides a bicycle") == nil)
        #expect(text.hasPrefix("has ") && text.contains("256 are read; cut off: '"), "\(text)")
        let finding = try #require(try data.check(isDeep: false).first { $0.kind == .long })
        #expect(finding.name == "b.mp4" && finding.message == "the caption \(text)")
        let notes = Notes()
        try run(data, notes)
        #expect(notes.texts.contains("the caption of 'b' \(text)"), "\(notes.texts)")
        let tokenizer = try T5Tokenizer(folder: Path.join(TrainingFixture.model, "tokenizer"))
        #expect(text.hasPrefix("has \(try tokenizer.encode(long).count) tokens"))
        // Where no tokenizer is at hand only what is certain is said.
        #expect(CaptionLimit.certainExcess(long) == nil)
        let longer = long + String(repeating: " on and on", count: 5)
        #expect(CaptionLimit.certainExcess(longer)?.hasPrefix("has 259 words, more than the 256 tokens") == true)
    }

    // MARK: Equal names

    @Test func `all clips that would be written to one file are named at once`() throws {
        for name in ["a.mp4", "a.mkv", "b.mp4", "b.mkv"] { try folder.video("d/\(name)", frames: 9, size: "32x32") }
        let data = try Dataset.open(folder["d"])
        for clip in data.clips { try clip.setCaption("x") }
        let error = #expect(throws: PreprocessorError.self) { try run(data) }
        let text = error?.description ?? ""
        #expect(
            text.contains("'a.mkv' and 'a.mp4', 'b.mkv' and 'b.mp4'") && text.contains("fix{ names = true }"), "\(text)"
        )
        _ = try data.fix([.names])
        #expect(try run(data).items.count == 4)
    }
}

private func copyFolder(_ folder: String, to copy: String) throws {
    try Files.makeFolder(copy)
    for name in try Files.list(folder) {
        let from = Path.join(folder, name), to = Path.join(copy, name)
        if Files.isFolder(from) { try copyFolder(from, to: to) } else { try AtomicFile.write(Files.read(from), to: to) }
    }
}
