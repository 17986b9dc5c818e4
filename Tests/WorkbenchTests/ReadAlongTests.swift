import Base
import Glibc
import TestSupport
import Testing

@testable import Workbench

/// Several shells on one dataset, and files that nobody has named.
@Suite struct ReadAlongTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func open(_ session: OpenDatasets = OpenDatasets()) throws -> Dataset {
        try Dataset.open(folder.path, among: session)
    }

    @Test(arguments: ["captions.json", "captions.jsonl", "metadata.csv", "caption.txt", "a.txt", "x_captions.txt"])
    func `what another shell says is there at the next look, edited, saved or undone`(format: String) throws {
        try folder.touch("a.mp4", "b.mp4")
        switch format {
        case "metadata.csv": try folder.write("file_name,text\na.mp4,old\n", to: format)
        case "caption.txt": try folder.write("a.mp4|old\n", to: format)
        case "a.txt": try folder.write("old\n", to: format)
        case "captions.jsonl": try folder.write("{\"media_path\": \"a.mp4\", \"caption\": \"old\"}\n", to: format)
        case "x_captions.txt":
            try folder.write("old\n", to: format)
            try folder.write("a.mp4\n", to: "x_paths.txt")
        default: try folder.write("[{\"media_path\": \"a.mp4\", \"caption\": \"old\"}]", to: format)
        }
        let ours = try open(), theirs = try open()
        let clip = try theirs.clip(1)
        #expect(theirs.obstacle != nil && clip.caption == "old")
        try ours.clip(1).setCaption("edited")
        #expect(clip.caption == "edited")
        #expect(theirs.clips.map(\.caption) == ["edited", nil])
        try ours.save()
        #expect(clip.caption == "edited")
        try ours.clip(2).setCaption("second")
        try ours.setTrigger("APT")
        #expect(theirs.captioned().count == 2 && theirs.trigger == "APT")
        _ = try ours.undo()
        #expect(theirs.trigger == nil)
        try ours.remove(2)
        // Places are what was shown, until all is shown again.
        #expect(try theirs.clip(1).caption == "edited" && theirs.count == 2)
        #expect(theirs.description.contains("1 clip,") && theirs.count == 1)
        #expect(try ours.undo() != nil && theirs.description.contains("2 clips") && theirs.count == 2)
        #expect(try theirs.snapshot().clips.map(\.caption) == ["edited", "second"])
        // And the other way round, once the first has let go.
        try ours.close()
        #expect(theirs.obstacle == nil)
        try theirs.clip(1).setCaption("theirs")
        #expect(try ours.clip(1).caption == "theirs")
        #expect(ours.description.contains("2 captioned"))
    }
    @Test func `an edit of what was not seen is still refused`() throws {
        try folder.touch("a.mp4", "b.mp4")
        let ours = try open(), theirs = try open()
        #expect(try theirs.clip(1).caption == nil)
        try ours.clip(1).setCaption("ours")
        try ours.close()
        // Another clip was looked at, this one was not.
        #expect(try theirs.clip(2).caption == nil)
        let error = #expect(throws: DatasetError.self) { try theirs.clip(1).setCaption("x") }
        #expect(error?.kind == "dataset.changed" && error?.description.contains("'ours' now") == true)
        #expect(try theirs.clip(1).caption == "ours")
        try theirs.clip(1).setCaption("seen")
        try theirs.close()
        #expect(try ours.clip(1).caption == "seen")
    }
    @Test func `looking takes the dataset from nobody`() throws {
        try folder.touch("a.mp4")
        let ours = try open(), theirs = try open()
        try ours.close()
        #expect(theirs.obstacle == nil)
        #expect(try theirs.clip(1).caption == nil)
        try ours.clip(1).setCaption("ours again")
        #expect(try theirs.clip(1).caption == "ours again" && theirs.obstacle == nil)
        #expect(throws: DatasetError.self) { try theirs.clip(1).setCaption("x") }
    }
    @Test func `a folder that took the place of the dataset's says nothing of it`() throws {
        try folder.touch("d/a.mp4")
        let data = try Dataset.open(folder["d"], among: OpenDatasets())
        try data.clip(1).setCaption("mine")
        try data.close()
        rename(folder["d"], folder["moved"])
        try folder.touch("d/a.mp4")
        try folder.write("[{\"media_path\": \"a.mp4\", \"caption\": \"strange\"}]", to: "d/captions.json")
        #expect(try data.clip(1).caption == "mine")
    }

    // MARK: Names that count up

    @Test func `files that nobody has named count up and never take a name that is there`() throws {
        let samples = folder["outputs/samples"]
        func claim(_ stem: String = "sample", _ kind: String = "mp4") throws -> String {
            Path.name(try NumberedFile.claim(stem, kind, in: samples))
        }
        #expect(try claim() == "sample_001.mp4" && claim() == "sample_002.mp4")
        #expect(try claim("sample", "png") == "sample_003.png")
        try folder.write("mine", to: "outputs/samples/sample_041.mp4")
        try folder.write("mine", to: "outputs/samples/sample_best.mp4")
        #expect(try claim() == "sample_042.mp4" && claim("other") == "other_001.mp4")
        #expect(try folder.text("outputs/samples/sample_041.mp4") == "mine")
        try folder.write("", to: "outputs/samples/sample_1000.mp4")
        #expect(try claim() == "sample_1001.mp4")
    }
}
