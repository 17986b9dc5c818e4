import Base
import Glibc
import Media
import Synchronization
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
    @Test(arguments: [false, true]) func `a scan that is stopped is no scan, and nothing is cut by it`(splits: Bool)
        throws
    {
        try folder.video("long/long.mp4", frames: 1500, size: "640x480")
        let data = try Dataset.open(folder["long"])
        // Stopped once the scan is under way.
        let hasBegun = Mutex(false), stages = Mutex<Set<String>>([])
        let monitor = Monitor(poll: { hasBegun.withLock { $0 } }) { event in
            guard case .progress(let progress) = event else { return }
            hasBegun.withLock { $0 = true }
            stages.withLock { _ = $0.insert("\(progress.stage) of \(progress.total ?? 0)") }
        }
        #expect(throws: Cancelled.self) {
            if splits {
                _ = try data.split(options, monitor: monitor)
            } else {
                _ = try data.scan(options, monitor: monitor)
            }
        }
        #expect(stages.withLock { $0 } == ["scanning of 1500"])
        #expect(!Files.exists(folder["long/scenes"]))
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
    @Test func `a project that is a link to another disk keeps its name, with its scenes`() throws {
        try Files.makeFolder(folder["disk"])
        rename(folder["train_date/APT"], folder["disk/footage"])
        symlink("../disk/footage", folder["train_date/APT"])
        let direct = try Dataset.open(folder["disk/footage"])
        #expect(direct.project == nil)
        let data = try Dataset.open(folder["train_date/APT"])
        #expect(data.project == "APT" && data.trigger == "APT")
        #expect(data.path == folder["disk/footage"] && data == direct)
        let scenes = try data.split(options)
        #expect(scenes.trigger == "APT" && scenes.path == folder["disk/footage/scenes"])
        #expect(try Dataset.open(folder["train_date/APT/v.mp4"]).trigger == "APT")
        // A name beside it is none of the project's.
        try folder.video("disk/footage2/a.mp4", frames: 2)
        #expect(try Dataset.open(folder["disk/footage2"]).project == nil)
    }
}

@Suite(.serialized) struct DatasetToolTests {
    let folder: TemporaryFolder
    init() throws {
        folder = try TemporaryFolder()
        try folder.video("a.mp4", frames: 12, size: "96x48")
        try folder.video("b & <c>.mp4", frames: 12)
        try folder.write("no video", to: "bad.mp4")
    }

    @Test func `a contact sheet and a page show every clip, also the one that cannot be read`() throws {
        let data = try Dataset.open(folder.path)
        try data.clip(1).setCaption("<script>alert(1)</script>")
        try data.contactSheet(to: folder["out.png"], columns: 2, frames: 2)
        #expect(try VideoFile(folder["out.png"]).width > 400)
        try Files.makeFolder(folder["pages"])
        try data.report(to: folder["pages/out.html"])
        let page = try folder.text("pages/out.html")
        #expect(page.contains("src=\"../b%20%26%20%3Cc%3E.mp4\""))
        #expect(page.contains("&lt;script&gt;") && !page.contains("<script>alert"))
        #expect(page.contains("cannot be read as a video") && page.components(of: "<article") == 3)
        #expect(throws: MediaError.self) { try data.contactSheet(to: folder["out.gif"]) }
    }
    @Test func `resized clips cover the size and keep their captions`() throws {
        let data = try Dataset.open(folder.path)
        try data.clip(1).setCaption("one")
        let notes = Notes()
        let small = try data.resize(width: 32, height: 32, output: folder["small"], monitor: notes.monitor)
        #expect(small.clips.map(\.name) == ["a.mp4", "b & <c>.mp4"] && small.clips.map(\.caption) == ["one", nil])
        #expect(
            try small.clips.map { try [$0.media().width, $0.media().height, $0.media().frames.value] } == [
                [32, 32, 12], [32, 32, 12],
            ])
        #expect(notes.texts.contains { $0.contains("bad.mp4") })
        _ = try data.resize(width: 32, height: 32, output: folder["small"], monitor: notes.monitor)
        #expect(notes.texts.contains { $0.contains("2 clips were resized before") })
        #expect(throws: DatasetError.self) { try data.resize(width: 31, height: 32, output: folder["small"]) }
        #expect(throws: DatasetError.self) { try data.resize(width: 32, height: 32, output: folder.path) }
    }
    @Test func `frames are written as pictures`() throws {
        let data = try Dataset.open(folder["a.mp4"])
        #expect(try data.extractFrames(output: folder["frames"], every: 5) == 3)
        #expect(try folder.names("frames/a") == ["frame_0001.png", "frame_0002.png", "frame_0003.png"])
    }
    @Test func `references are made once, beside their clips, and are no clips`() throws {
        let data = try Dataset.open(folder.path)
        #expect(try data.makeReferences() == 2)
        #expect(data.clips.map(\.reference) == ["a_reference.mp4", "b & <c>_reference.mp4", nil])
        #expect(try data.makeReferences() == 0)
        #expect(try data.makeReferences(force: true) { $0.grey } == 2)
        try data.close()
        let again = try Dataset.open(folder.path)
        #expect(again.count == 3)
        #expect(try again.clip(1).reference == "a_reference.mp4")
        #expect(try folder.text("captions.json").contains("\"reference_path\": \"a_reference.mp4\""))
        let elsewhere = try TemporaryFolder()
        let error = #expect(throws: DatasetError.self) { try data.makeReferences(output: elsewhere["refs"]) }
        #expect(error?.key == "output" && error?.description.contains(folder.path) == true)
        #expect(!Files.exists(elsewhere["refs"]))
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
