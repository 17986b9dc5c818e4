import Base
import Glibc
import Media
import Synchronization
import TestSupport
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
        later.scan.start = .seconds(1)
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
    @Test func `several videos are one bar, and what was made is counted once`() throws {
        let videos = try GreyVideos("a.mp4")
        try videos.video("b.mp4", frames: 36)
        let seen = Mutex<[Progress]>([])
        let monitor = Monitor(receive: { event in
            if case .progress(let progress) = event { seen.withLock { $0.append(progress) } }
        })
        #expect(try videos.split(27, monitor).count == 8)
        var steps = seen.withLock { $0 }
        #expect(steps.allSatisfy { $0.stage == "splitting" && $0.unit == "clips" && $0.total == nil })
        let shares = steps.compactMap(\.fraction)
        #expect(shares.count == steps.count && shares == shares.sorted() && shares.last == 1, "\(shares)")
        #expect(steps.last?.done == 8 && steps.last?.figures.isEmpty == true)
        // A second of one video is worth one of the other: b.mp4 is three times as long.
        let second = steps.firstIndex { $0.figures.first?.value == "2/2 b.mp4" }
        let start = try #require(second.map { shares[$0] })
        #expect(abs(start - 0.25) < 0.01 && steps[0].figures.first?.value == "1/2 a.mp4")
        seen.withLock { $0 = [] }
        _ = try Dataset.open(videos.folder.path).scan(videos.options(60), monitor: monitor)
        steps = seen.withLock { $0 }
        #expect(steps.last?.done == 2 && steps.last?.total == 2 && steps.allSatisfy { $0.unit == "videos" })
    }
    @Test(arguments: [false, true]) func `HDR is written as SDR in both orientations, and that is said`(isTurned: Bool)
        throws
    {
        let tags = ["-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_primaries", "bt2020"]
        try Files.makeFolder(folder["hdr"])
        try folder.run(
            ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=24:d=0.5", "-pix_fmt", "yuv420p10le"] + tags
                + [folder["hdr/h.mp4"]])
        if isTurned {
            try folder.run(["-i", folder["hdr/h.mp4"], "-c", "copy", "-metadata:s:v", "rotate=90", folder["hdr/t.mp4"]])
            unlink(folder["hdr/h.mp4"])
        }
        let data = try Dataset.open(folder["hdr"]), notes = Notes()
        let clip = try #require(data.split(monitor: notes.monitor).clips.first), file = try clip.media()
        #expect(file.pixelFormat == "yuv420p" && !file.isHDR && (file.width > file.height) != isTurned)
        #expect(notes.texts.count { $0.contains("HDR is written as SDR") } == 1, "\(notes.texts)")
        let (a, b) = (try clip.frame(at: 0), try data.clip(1).frame(at: 0))
        let mean =
            zip(a.pixels, b.pixels).reduce(0.0) { $0 + abs(Double($1.0) - Double($1.1)) } / Double(a.pixels.count)
        #expect(mean < 12, "\(mean)")
        try data.report(to: folder["hdr/page.html"])
        let page = try folder.text("hdr/page.html")
        #expect(page.contains("browsers do not play HDR 10-bit h264"))
        let previews = folder["hdr/.previews"], name = try #require(try Files.list(previews).first)
        #expect(page.contains("<video controls loop muted preload=\"none\" poster=\"data:image/jpeg;base64,"))
        #expect(page.contains("src=\".previews/\(name)\""))
        let preview = try VideoFile(Path.join(previews, name)), source = try data.clip(1).media()
        #expect(preview.codec == "h264" && preview.pixelFormat == "yuv420p" && !preview.isHDR)
        #expect(try preview.countFrames().value == source.countFrames().value)
        // Once: it is the same file when the page is written again, and another when the clip is.
        let stamp = try FileStamp(preview.path)
        try data.report(to: folder["hdr/page.html"])
        #expect(try FileStamp(preview.path) == stamp)
        try folder.run(["-i", source.path, "-t", "0.2", "-pix_fmt", "yuv420p10le", folder["hdr/x.mp4"]])
        rename(folder["hdr/x.mp4"], source.path)
        try data.report(to: folder["hdr/page.html"])
        #expect(try Files.list(previews).count == 1 && Files.list(previews) != [name])
    }
    @Test func `an interlaced video is said to be, and its clips are not`() throws {
        try Files.makeFolder(folder["i"])
        try folder.run([
            "-f", "lavfi", "-i", "testsrc2=s=64x48:r=50:d=1", "-vf", "tinterlace=4", "-r", "25", "-c:v", "mpeg2video",
            "-flags", "+ilme+ildct", folder["i/a.mpg"],
        ])
        let data = try Dataset.open(folder["i"]), clip = try #require(try data.split().clips.first)
        #expect(try data.clip(1).media().isInterlaced && data.clip(1).flags.contains("interlaced"))
        #expect(try !clip.media().isInterlaced && !clip.flags.contains("interlaced"))
        #expect(try clip.media().countFrames().value == 25)
    }
    @Test func `copies say which scenes are joined, and begin with the first picture`() throws {
        let videos = try GreyVideos("b.mp4"), folder = videos.folder, notes = Notes()
        try folder.run(["-i", folder["b.mp4"], "-g", "1000", "-sc_threshold", "0", folder["a.mp4"]])
        unlink(folder["b.mp4"])
        let one = try videos.split(27, notes.monitor) { $0.output.copy = true }
        #expect(one.clips.map(\.name) == ["a-Scene-004.mp4"])
        #expect(try one.clip(1).media().countFrames().value == 48)
        #expect(
            notes.texts.contains {
                $0.hasPrefix("a-Scene-001.mp4 to a-Scene-003.mp4 are joined with a-Scene-004.mp4, no key frame between")
            }, "\(notes.texts)")
        // Scenes that nobody else takes the end of: the copy ends with the next key frame, not with the file.
        try folder.run(["-i", folder["a.mp4"], "-g", "6", "-sc_threshold", "0", folder["c.mp4"]])
        unlink(folder["a.mp4"])
        let part = try videos.split(27) {
            ($0.output.copy, $0.folder, $0.scan.end) = (true, folder["part"], .frames(20))
        }
        #expect(try part.clips.map { try $0.media().countFrames().value } == [12, 12])
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
            guard let fraction = progress.fraction, fraction > 0 else { return }
            hasBegun.withLock { $0 = true }
            // Of a split the first part of the bar is the scan.
            let isEarly = splits ? fraction < 0.3 : progress.total == 1500
            stages.withLock { _ = $0.insert("\(progress.stage), \(isEarly)") }
        }
        #expect(throws: Cancelled.self) {
            if splits {
                _ = try data.split(options, monitor: monitor)
            } else {
                _ = try data.scan(options, monitor: monitor)
            }
        }
        #expect(stages.withLock { $0 } == ["\(splits ? "splitting" : "scanning"), true"])
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
