import Foundations
import Media
import Testing

@testable import Workbench

@Suite(.serialized) struct DatasetSceneTests {
    let folder: TemporaryFolder
    init() throws {
        folder = try TemporaryFolder()
        // Three colours of 20 frames, a hard cut between them.
        try Files.makeFolder(folder["train_date/APT"])
        let colours = "color=red:s=64x48:r=20:d=1[a];color=blue:s=64x48:r=20:d=1[b];color=white:s=64x48:r=20:d=1[c]"
        try folder.run([
            "-filter_complex", "\(colours);[a][b][c]concat=n=3", "-pix_fmt", "yuv420p", folder["train_date/APT/v.mp4"],
        ])
    }
    private var options: SplitOptions {
        var options = SplitOptions()
        options.scene.minSceneLength = .frames(5)
        return options
    }

    @Test func `scenes become the clips of a dataset, a second time is skipped`() throws {
        let data = try Dataset.open(folder["train_date/APT"])
        let scenes = try data.split(options)
        #expect(scenes.clips.map(\.name) == ["v-Scene-001.mp4", "v-Scene-002.mp4", "v-Scene-003.mp4"])
        #expect(try scenes.clips.map { try $0.media().frames.value } == [20, 20, 20])
        #expect(scenes.trigger == "APT" && scenes.path == folder["train_date/APT/scenes"])
        #expect(Files.exists(folder["train_date/APT/scenes/captions.json"]))
        try scenes.clip(2).setCaption("blue")
        let notes = Notes()
        let again = try data.split(options, monitor: notes.monitor)
        #expect(notes.texts.contains { $0.contains("split before with the same options") })
        #expect(again.clips.map(\.caption) == [nil, "blue", nil])
        // What a consumer gets.
        let snapshot = try again.snapshot()
        #expect(snapshot.clips[1].trainingCaption(trigger: snapshot.trigger) == "APT blue")
        #expect(snapshot.clips[1].path == folder["train_date/APT/scenes/v-Scene-002.mp4"])
    }
    @Test func `captions stay with their scenes when the cuts change`() throws {
        let data = try Dataset.open(folder["train_date/APT"])
        let scenes = try data.split(options)
        for (clip, caption) in zip(scenes.clips, ["red", "blue", "white"]) { try clip.setCaption(caption) }
        var later = options
        later.start = .seconds(1)
        let notes = Notes()
        let two = try data.split(later, monitor: notes.monitor)
        #expect(two.clips.map { $0.caption ?? "-" } == ["blue", "white"], "\(notes.texts)")
        #expect(Files.exists(folder["train_date/APT/scenes/set_aside/v-Scene-003.mp4"]))
    }
    @Test func `scores are kept, so another threshold needs no decoding`() throws {
        let data = try Dataset.open(folder["train_date/APT"])
        let scan = try data.scan(options)
        #expect(scan.entries.map(\.plan.cuts) == [[20, 40]])
        var strict = options.scene
        strict.threshold = 255
        #expect(try scan.cuts(strict).entries[0].plan.cuts.isEmpty)
        #expect(throws: MediaError.self) {
            var wrong = options.scene
            wrong.threshold = -1
            _ = try scan.cuts(wrong)
        }
    }
    @Test func `extras on request, and the same folder is refused`() throws {
        let data = try Dataset.open(folder["train_date/APT"])
        var options = options
        (options.imagesPerScene, options.writesStatistics) = (1, true)
        options.folder = folder["out"]
        _ = try data.split(options)
        #expect(try folder.names("out/images").count == 3)
        #expect(try folder.text("out/stats/v.csv").hasPrefix("Frame Number,Timecode,content_val"))
        #expect(try folder.text("out/v.html").contains("v-Scene-002.mp4"))
        options.folder = data.folder
        #expect(throws: DatasetError.self) { try data.split(options) }
    }
}
