import Base
import Glibc
import Media
import TestSupport
import Testing

@testable import Workbench

/// Taking a new cut back, and videos of one name.
@Suite struct SceneUndoTests {
    private func links(_ path: String) -> UInt {
        var status = stat()
        return stat(path, &status) == 0 ? UInt(status.st_nlink) : 0
    }

    @Test(arguments: ["captions.json", "sidecars"])
    func `undo brings the earlier cut back with its captions, and redo the later one`(format: String) throws {
        let videos = try GreyVideos("a.mp4"), source = try Dataset.open(videos.folder.path)
        let scenes = try videos.captioned(27, format), notes = Notes()
        let before = scenes.clips.map(\.description)
        let two = try videos.split(60, notes.monitor)
        let shown = try two.clips.map(GreyVideos.text)
        #expect(two.count == 2)
        #expect(notes.texts.contains { $0.contains("undo() takes this cut back") })
        for _ in 0..<2 {
            try two.clip(1).setCaption("later")
            #expect(try two.undo()?.hasPrefix("caption of a-Scene-001.mp4") == true)
            #expect(try two.undo() == "split of a.mp4")
            let four = try videos.scenes
            #expect(four.clips.map(\.description) == before)
            try videos.expectAll(4, "undone")
            #expect(try !videos.folder.names("scenes").contains(SetAside.folderName))
            // What is there now is what the folder says was cut.
            let record = SplitRecord(of: "a.mp4", in: videos.folder["scenes"])
            #expect(record.scenes.count == 4 && record.scenes.keys.allSatisfy(record.wrote))
            #expect(try two.redo() == "split of a.mp4")
            #expect(try videos.scenes.clips.map(\.caption) == [nil, nil])
            #expect(try videos.scenes.clips.map(GreyVideos.text) == shown)
        }
        // What is said of the later cut goes along when it is taken back by another way than step by step.
        try videos.caption(two)
        #expect(try source.undo() == "split of a.mp4")
        try videos.expectAll(4, "undone")
        #expect(try source.redo() == "split of a.mp4")
        try videos.expectAll(2, "made again")
    }
    @Test func `a new cut is undone through the dataset of the video as well, and once`() throws {
        let videos = try GreyVideos("a.mp4")
        let source = try Dataset.open(videos.folder.path)
        let four = try source.split(videos.options(27))
        try videos.caption(four)
        try source.clip(1).setCaption("the video")
        let two = try source.split(videos.options(60))
        #expect(try source.undo() == "split of a.mp4")
        try videos.expectAll(4, "undone")
        #expect(try two.undo() == nil)
        try videos.expectAll(4, "undone once")
        #expect(try source.undo() == "caption of a.mp4 (now none)")
    }
    @Test func `clips that were set aside come back out of there, and the next split finds all as it is`() throws {
        let videos = try GreyVideos("a.mp4")
        try videos.caption(try videos.split(27))
        let notes = Notes(), two = try videos.split(60, notes.monitor)
        #expect(notes.texts.contains { $0.contains("2 clips") && $0.contains("set_aside, 2 captions with them") })
        #expect(notes.texts.contains { $0.contains("are of scenes that have no clips now, and kept in") })
        _ = try two.undo()
        try videos.expectAll(4, "undone")
        let again = Notes()
        #expect(try videos.split(27, again.monitor).count == 4)
        #expect(again.texts.contains { $0.contains("split before with the same options") })
        try videos.expectAll(4, "split")
    }
    @Test func `what a session keeps for undo goes with it`() throws {
        let videos = try GreyVideos("a.mp4")
        let session = OpenDatasets()
        func split(_ threshold: Double) throws {
            _ = try Dataset.open(videos.folder.path, among: session).split(videos.options(threshold))
        }
        let hidden = { try videos.folder.names("scenes/.scenes").filter { $0.hasPrefix("undo-") } }
        let source = try Dataset.open(videos.folder.path, among: session)
        try split(27)
        try split(60)
        #expect(try hidden().count == 1)
        #expect(session.closeAll().isEmpty)
        #expect(try hidden().isEmpty)
        // And of a session that was killed with the next cut.
        try videos.folder.touch("scenes/.scenes/undo-999999999-1/a-Scene-001.mp4")
        try split(27)
        #expect(try hidden().count == 1 && source.count == 1)
    }

    // MARK: Equal names

    @Test func `the same file twice is cut once, and the copy is named`() throws {
        let videos = try GreyVideos("a.mp4")
        try videos.folder.write(Files.read(videos.folder["a.mp4"]), to: "raw_videos/a.mp4")
        let notes = Notes(), scenes = try videos.split(27, notes.monitor)
        #expect(scenes.clips.map(\.mediaPath) == (1...4).map { "a-Scene-00\($0).mp4" })
        #expect(notes.texts.contains { $0.contains("'raw_videos/a.mp4' is the same file as 'a.mp4'") })
    }
    @Test func `videos of one name in several folders have their scenes in folders`() throws {
        let videos = try GreyVideos()
        try videos.video("s1/a.mp4")
        try videos.video("s2/a.mp4", greys: [255, 0])
        try videos.folder.write("file_name,text\ns1/a.mp4,one\ns2/a.mp4,two\n", to: "metadata.csv")
        let data = try Dataset.open(videos.folder.path)
        #expect(data.labels["s1/a.mp4"] == "s1/a.mp4")
        let scenes = try videos.split(27)
        let expected = (1...4).map { "s1/a-Scene-00\($0).mp4" } + (1...2).map { "s2/a-Scene-00\($0).mp4" }
        #expect(scenes.clips.map(\.mediaPath) == expected)
        try videos.caption(scenes)
        try scenes.close()
        #expect(try videos.scenes.clips.map(\.mediaPath) == expected)
        // Cut otherwise, taken back, cut again: captions stay with their scenes.
        let fewer = try videos.split(60)
        #expect(
            fewer.clips.map(\.mediaPath).sorted() == ["s1/a-Scene-001.mp4", "s1/a-Scene-002.mp4"] + expected.suffix(2))
        try videos.expectNoLies("cut otherwise")
        _ = try fewer.undo()
        #expect(try videos.scenes.clips.map(\.mediaPath).sorted() == expected)
        try videos.expectAll(6, "undone")
    }
    @Test func `two videos of one folder that differ in their extension alone are refused by path`() throws {
        let videos = try GreyVideos("s/a.mp4", "s/a.mkv")
        try videos.folder.write("[{\"media_path\": \"s/a.mp4\"}, {\"media_path\": \"s/a.mkv\"}]", to: "captions.json")
        let error = #expect(throws: DatasetError.self) { try videos.split(27) }
        #expect(error?.description.contains("'s/a.mp4'") == true && error?.description.contains("'s/a.mkv'") == true)
        _ = try Dataset.open(videos.folder.path).fix([.names])
        #expect(try videos.split(27).count == 8)
    }

    // MARK: Lines

    @Test func `the edits of one input line are one step, and others steps of their own`() throws {
        let folder = try TemporaryFolder(), session = OpenDatasets()
        try folder.touch("a.mp4", "b.mp4", "c.mp4")
        let data = try Dataset.open(folder.path, among: session)
        try data.clip(1).setCaption("first")
        try session.asOneStep {
            for clip in data.clips { try clip.setCaption("x") }
            try data.clip(2).setCaption("y")
        }
        try session.asOneStep { try data.clip(3).setCaption("z") }
        #expect(try data.undo() == "caption of c.mp4 (now 'x')")
        #expect(data.clips.map(\.caption) == ["x", "y", "x"])
        #expect(try data.undo()?.hasPrefix("4 edits of one line: caption of a.mp4, caption of b.mp4") == true)
        #expect(data.clips.map(\.caption) == ["first", nil, nil])
        #expect(try data.redo() != nil && data.clips.map(\.caption) == ["x", "y", "x"])
        #expect(try data.undo() != nil && data.undo() == "caption of a.mp4 (now none)")
        #expect(try data.undo() == nil)
    }
}
