import Base
import Glibc
import Media
import TestSupport
import Testing

@testable import Workbench

@Suite(.serialized) struct SceneCaptionTests {
    @Test(arguments: ["captions.json", "captions.csv", "sidecars"])
    func `captions come back when the same scenes are cut again`(format: String) throws {
        let videos = try GreyVideos("a.mp4")
        let scenes = try videos.captioned(27, format)
        #expect(scenes.count == 4)
        try scenes.clip(3).setExcluded(true)
        let notes = Notes()
        let two = try videos.split(60, notes.monitor)
        #expect(two.clips.map(\.caption) == [nil, nil] && two.clips.allSatisfy { !$0.isExcluded })
        #expect(notes.texts.contains { $0.hasPrefix("4 captions are of scenes that have no clips now") })
        try videos.caption(two)
        let again = Notes()
        let four = try videos.split(27, again.monitor)
        try videos.expectAll(4, format)
        #expect(four.clips.map(\.isExcluded) == [false, false, true, false])
        #expect(again.texts.contains("4 captions came back with their scenes"), "\(again.texts)")
        #expect(again.texts.contains { $0.hasPrefix("2 captions are of scenes") }, "\(again.texts)")
        try four.close()
        try videos.expectAll(4, "a new session")
        try videos.split(60)
        try videos.expectAll(2, format)
    }
    @Test func `captions go along when scenes get other numbers, and are kept beyond max_scenes`() throws {
        let videos = try GreyVideos("a.mp4")
        try videos.caption(try videos.split(27))
        let notes = Notes()
        #expect(try videos.split(27, notes.monitor) { $0.scene.maxScenes = 2 }.count == 2)
        #expect(notes.texts.contains { $0.hasPrefix("2 captions are of scenes") }, "\(notes.texts)")
        try videos.expectAll(2, "two")
        let later = Notes()
        let last = try videos.split(27, later.monitor) { $0.scan.start = .frames(12) }
        #expect(last.clips.map { $0.caption ?? "-" } == ["12 frames of 0", "12 frames of 255", "12 frames of 150"])
        #expect(later.texts.contains("1 caption went along with its scene"), "\(later.texts)")
        #expect(later.texts.contains("2 captions came back with their scenes"), "\(later.texts)")
        try videos.split(27)
        try videos.expectAll(4, "four")
    }
    @Test func `text files stay text files when every scene gets another number`() throws {
        let videos = try GreyVideos("a.mp4"), scenes = try videos.captioned(27, "sidecars"), notes = Notes()
        let cut = try videos.split(27, notes.monitor) { $0.scan.start = .frames(12) }
        #expect(cut.clips.map { $0.caption ?? "-" } == ["12 frames of 0", "12 frames of 255", "12 frames of 150"])
        #expect(cut.format == .sidecars && !Files.exists(videos.folder["scenes/captions.json"]))
        #expect(try videos.folder.text("scenes/a-Scene-001.txt") == "12 frames of 0\n")
        #expect(!notes.texts.contains { $0.contains("another program") }, "\(notes.texts)")
        // The old handle and a new one are one dataset.
        try scenes.clip(1).setCaption("by the old handle")
        #expect(try videos.scenes.clip(1).caption == "by the old handle")
        try videos.split(27)
        #expect(try videos.scenes.clips.map(\.caption).contains("by the old handle"))
    }
    @Test func `a video that cannot be cut is a note, the others are cut`() throws {
        let videos = try GreyVideos("a.mp4", "c.mp4"), notes = Notes()
        try videos.folder.run([
            "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=10:duration=1", "-c:v", "ffv1", videos.folder["b.mkv"],
        ])
        let cut = try videos.split(27, notes.monitor) { $0.output.copy = true }
        #expect(notes.texts.contains { $0.contains("b.mkv") && $0.contains("left out") }, "\(notes.texts)")
        #expect(cut.clips.contains { $0.name.hasPrefix("c-Scene-") })
    }
    @Test func `a beginning behind the end is said as that`() throws {
        let videos = try GreyVideos("a.mp4")
        let error = #expect(throws: DatasetError.self) { try videos.split(27) { $0.scan.start = .seconds(100) } }
        #expect(error?.description == "'start' leaves no scene of any video")
    }
    @Test func `captions of scenes that cannot be copied are kept until they are encoded again`() throws {
        let videos = try GreyVideos("b.mp4"), folder = videos.folder
        // One key frame: only one clip can be copied.
        try folder.run(["-i", folder["b.mp4"], "-g", "1000", "-sc_threshold", "0", folder["a.mp4"]])
        unlink(folder["b.mp4"])
        try videos.caption(try videos.split(27))
        let one = try videos.split(27) { $0.output.copy = true }
        #expect(one.clips.map { "\($0)" } == ["a-Scene-004.mp4: 12 frames of 150"])
        try videos.split(27)
        try videos.expectAll(4, "encoded")
    }
    @Test func `a finer cut shows all of its scenes, in another session too`() throws {
        let videos = try GreyVideos("a.mp4")
        #expect(try [27, 60, 27].map { try videos.split($0).count } == [4, 2, 4])
        try videos.scenes.close()
        #expect(try videos.scenes.count == 4)
        #expect(try videos.split(27) { $0.output.force = true }.count == 4)
        #expect(!Files.exists(videos.folder["scenes/.captions.json.extra.json"]))
    }
    @Test func `a scene that was taken out stays out, another scene of its name does not`() throws {
        let videos = try GreyVideos("a.mp4")
        let four = try videos.split(27)
        try videos.caption(four)
        try four.remove(2)
        #expect(try videos.split(27) { $0.output.crf = 20 }.count == 3)
        #expect(try videos.split(60).count == 2)
        let again = try videos.split(27)
        #expect(again.clips.map(\.name) == ["a-Scene-001.mp4", "a-Scene-003.mp4", "a-Scene-004.mp4"])
        try videos.expectAll(3, "again")
        try again.add("a-Scene-002.mp4")
        try videos.split(60)
        #expect(try videos.split(27).count == 4)
    }
    @Test func `no undo puts a caption on another scene`() throws {
        let videos = try GreyVideos("a.mp4")
        let four = try videos.split(27), first = try four.clip(1)
        try videos.caption(four)
        try four.clip(1).setCaption("wrong")
        try four.clip(1).setCaption(GreyVideos.text(four.clip(1)))
        try four.remove(3)
        let notes = Notes()
        let two = try videos.split(60, notes.monitor)
        #expect(notes.texts.contains { $0.contains("cannot be undone any more") })
        // A handle of the clip that was: it is gone, and does not speak of the other.
        #expect(throws: DatasetError.self) { try first.setCaption("late") }
        #expect(two.clips.map(\.caption) == [nil, nil])
        try two.clip(1).setCaption("mine")
        #expect(try two.undo() != nil)
        #expect(two.clips.map(\.caption) == [nil, nil])
        try videos.split(27)
        while try two.undo() != nil {}
        while try two.redo() != nil {}
        try videos.expectNoLies("undone")
    }
    @Test func `edits of another video's clips can still be undone after a split`() throws {
        let videos = try GreyVideos("a.mp4", "b.mp4")
        let scenes = try videos.split(27)
        try scenes.clip(named: "b-Scene-001.mp4").setCaption("kept")
        let a = try Dataset.open(videos.folder.path).filter { $0.name == "a.mp4" }
        _ = try a.split(videos.options(60))
        #expect(try scenes.undo() == "split of a.mp4")
        #expect(try scenes.undo() == "caption of b-Scene-001.mp4 (now none)")
    }
    @Test func `what was said of a clip after an interruption wins over what was kept`() throws {
        let videos = try GreyVideos("a.mp4")
        try videos.caption(try videos.split(27))
        try videos.split(60)
        // Stopped once the first clip is there again.
        let folder = videos.folder
        let monitor = Monitor(poll: { Files.exists(folder["scenes/a-Scene-002.mp4"]) })
        unlink(folder["scenes/a-Scene-002.mp4"])
        #expect(throws: Cancelled.self) { try videos.split(27, monitor) }
        try videos.expectNoLies("stopped")
        let scenes = try videos.scenes
        #expect(scenes.clips.map(\.caption) == ["12 frames of 100", "12 frames of 0"])
        try scenes.clip(1).setCaption("mine")
        let four = try videos.split(27)
        #expect(four.count == 4 && four.clips.map(\.caption)[0] == "mine")
        #expect(try four.clips.dropFirst().allSatisfy(videos.isTrue))
    }
}

@Suite(.serialized) struct SceneStrangerTests {
    @Test func `a wrong option takes no clip away, and a file is no folder for clips`() throws {
        let videos = try GreyVideos("a.mp4")
        try videos.caption(try videos.split(27))
        #expect(throws: MediaError.self) { try videos.split(60) { $0.output.crf = 99 } }
        try videos.expectAll(4, "refused")
        let path = videos.folder["captions.json"]
        try videos.folder.write("[{\"media_path\": \"a.mp4\", \"caption\": \"whole\"}]", to: "captions.json")
        #expect(throws: FileError.self) { try videos.split(60) { $0.folder = path } }
        #expect(try Dataset.open(videos.folder.path).clips.map(\.caption) == ["whole"])
    }
    @Test func `references of clips that go are no clips, and no references of the new ones`() throws {
        let videos = try GreyVideos("a.mp4")
        #expect(try videos.split(27).makeReferences() == 4)
        #expect(try videos.split(60).clips.map(\.reference) == [nil, nil])
        #expect(Files.exists(videos.folder["scenes/set_aside/a-Scene-003_reference.mp4"]))
        let four = try videos.split(27)
        #expect(four.clips.map(\.reference) == [nil, nil, nil, nil])
        #expect(try four.makeReferences() == 4)
    }
    @Test func `files that no split has written are set aside with their captions, never over others`() throws {
        let videos = try GreyVideos("a.mp4"), folder = videos.folder
        try videos.video("scenes/a-Scene-001.mp4", greys: [255], frames: 30)
        try videos.video("scenes/a-Scene-007.mp4", greys: [0], frames: 30)
        try folder.write("[{\"media_path\": \"a-Scene-001.mp4\", \"caption\": \"mine\"}]", to: "scenes/captions.json")
        let bytes = try Files.read(folder["scenes/a-Scene-001.mp4"]), notes = Notes()
        let scenes = try videos.split(27, notes.monitor)
        #expect(scenes.count == 4 && scenes.clips.allSatisfy { $0.caption == nil })
        #expect(try Files.read(folder["scenes/set_aside/a-Scene-001.mp4"]) == bytes)
        #expect(try folder.text("scenes/set_aside/a-Scene-001.txt") == "mine\n")
        #expect(Files.exists(folder["scenes/set_aside/a-Scene-007.mp4"]))
        #expect(
            notes.texts.contains {
                $0.contains("not made by splitting a.mp4") && $0.contains(folder["scenes/set_aside"])
            })
        // A clip that a person put in the place of one of ours, twice.
        try scenes.clip(1).setCaption("also mine")
        for round in 2...3 {
            try Files.read(folder["a.mp4"]).withUnsafeBytes {
                try folder.write(Array($0), to: "scenes/a-Scene-001.mp4")
            }
            let cut = try videos.split(round == 2 ? 60 : 27)
            #expect(cut.clips.allSatisfy { $0.caption == nil })
            #expect(try Files.read(folder["scenes/set_aside/a-Scene-001_\(round).mp4"]) == Files.read(folder["a.mp4"]))
        }
        #expect(try folder.text("scenes/set_aside/a-Scene-001_2.txt") == "also mine\n")
        #expect(try Files.read(folder["scenes/set_aside/a-Scene-001.mp4"]) == bytes)
    }
    @Test func `a caption without a clip is not taken for a new clip's`() throws {
        let videos = try GreyVideos("a.mp4")
        try videos.folder.write(
            "[{\"media_path\": \"./a-Scene-002.mp4\", \"caption\": \"of what?\"}]", to: "scenes/captions.json")
        #expect(try videos.split(27).clips.map(\.caption) == [nil, nil, nil, nil])
        #expect(try videos.folder.text("scenes/set_aside/a-Scene-002.txt") == "of what?\n")
    }
    @Test func `clips that are set aside again and again all stay`() throws {
        let videos = try GreyVideos("a.mp4")
        for threshold in [27.0, 60, 27, 60] { try videos.split(threshold) }
        let names = try videos.folder.names("scenes/set_aside").filter { $0.hasSuffix(".mp4") }
        #expect(names == ["a-Scene-003.mp4", "a-Scene-003_2.mp4", "a-Scene-004.mp4", "a-Scene-004_2.mp4"])
    }
    @Test func `a source that is another video now has none of its captions`() throws {
        let videos = try GreyVideos("a.mp4")
        try videos.caption(try videos.split(27))
        try videos.video("a.mp4", greys: GreyVideos.greys.reversed())
        #expect(try videos.split(27).clips.map(\.caption) == [nil, nil, nil, nil])
        #expect(try videos.folder.names("scenes/set_aside").filter { $0.hasSuffix(".mp4") }.count == 4)
        try videos.video("a.mp4")
        try videos.split(27)
        try videos.expectAll(4, "the first video again")
    }
    @Test func `a copy of the source keeps the captions`() throws {
        let videos = try GreyVideos("a.mp4")
        try videos.caption(try videos.split(27))
        try videos.folder.write(Files.read(videos.folder["a.mp4"]), to: "a.mp4")
        try videos.split(27)
        try videos.expectAll(4, "copied")
    }
    @Test func `two videos of one stem do not share a folder, one after the other either`() throws {
        let videos = try GreyVideos("a.mp4", "a.mkv")
        let data = try Dataset.open(videos.folder.path)
        _ = try data.filter { $0.name == "a.mp4" }.split(videos.options(27))
        let error = #expect(throws: DatasetError.self) {
            try data.filter { $0.name == "a.mkv" }.split(videos.options(27))
        }
        #expect(error?.description.contains("'a.mp4'") == true)
    }
    @Test func `a record of before contents were noted still tells the scenes`() throws {
        let videos = try GreyVideos("a.mp4"), path = videos.folder["scenes/.scenes/a.mp4.json"]
        try videos.caption(try videos.split(27))
        var record = try #require(Files.json(path).object)
        record["files"] = nil
        try AtomicFile.write(JSON.object(record).text(), to: path)
        try videos.split(27) { $0.scene.maxScenes = 3 }
        try videos.expectAll(3, "old record")
        #expect(try videos.folder.names("scenes/set_aside").contains("a-Scene-004.mp4"))
    }
    @Test func `a folder of images is said to have no video`() throws {
        let folder = try TemporaryFolder()
        try folder.touch("a.png", "b.jpg")
        let error = #expect(throws: DatasetError.self) { try Dataset.open(folder.path).split() }
        #expect(error?.description == "there is no video to split in '\(folder.path)', only 2 images")
    }
}
