import Base
import Glibc
import Media
import TestSupport
import Testing

@testable import Workbench

/// resize, references and extract_frames: which file is whose, what is made again, what a damaged clip does.
@Suite(.serialized) struct DatasetBatchTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// Half of a JPEG: its header is whole, its picture is not.
    private func damagedImage(_ name: String) throws {
        try folder.run([
            "-f", "lavfi", "-i", "testsrc2=size=160x120", "-frames:v", "1", "-pix_fmt", "yuvj420p", folder["whole.jpg"],
        ])
        let bytes = try Files.read(folder["whole.jpg"])
        try folder.write(Array(bytes[..<(bytes.count / 2)]), to: name)
        unlink(folder["whole.jpg"])
    }
    private func setTime(_ name: String, _ seconds: Int) {
        var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        utimensat(AT_FDCWD, folder[name], &times, 0)
    }
    private func frames(_ path: String) throws -> Int { try VideoFile(path).countFrames().value }

    // MARK: Names

    @Test func `two clips that would get one result are refused by name, before anything is made`() throws {
        try folder.video("d/a.mp4", frames: 4)
        try folder.video("d/a.avi", frames: 12)
        let data = try Dataset.open(folder["d"]), before = try folder.names("d")
        let tools: [(Dataset) throws -> Void] = [
            { _ = try $0.resize(width: 32, height: 32, output: folder["out"]) },
            { try $0.makeReferences() },
            { try $0.extractFrames(output: folder["out"]) },
        ]
        for tool in tools {
            let error = #expect(throws: DatasetError.self) { try tool(data) }
            #expect(error?.description.contains("'a.avi' and 'a.mp4'") == true, "\(error as Any)")
        }
        #expect(try folder.names("out") == [] && folder.names("d").filter { $0.hasSuffix("_reference.mp4") } == [])
        #expect(try Set(before).isSubset(of: folder.names("d")))
        // One of the two is no collision.
        #expect(try data.slice(1, 1).makeReferences() == 1)
    }
    @Test func `results keep the subfolders of their clips`() throws {
        try folder.video("d/x/a.mp4", frames: 4)
        try folder.video("d/y/a.mp4", frames: 6)
        try folder.write(
            #"[{"caption": "one", "media_path": "x/a.mp4"}, {"caption": "two", "media_path": "y/a.mp4"}]"#,
            to: "d/captions.json")
        let data = try Dataset.open(folder["d"])
        let small = try data.resize(width: 32, height: 32, output: folder["small"])
        #expect(small.clips.map(\.mediaPath) == ["x/a.mp4", "y/a.mp4"])
        #expect(small.clips.map(\.caption) == ["one", "two"])
        #expect(try small.clips.map { try frames($0.path) } == [4, 6])
        #expect(try data.resize(width: 32, height: 32, output: folder["small"]).count == 2)
        #expect(try data.extractFrames(output: folder["pictures"]) == 10)
        #expect(try folder.names("pictures/y/a").count == 6)
        #expect(try data.makeReferences(output: folder["d/refs"]) == 2)
        #expect(data.clips.map(\.reference) == ["refs/x/a_reference.mp4", "refs/y/a_reference.mp4"])
    }
    @Test func `a result is never written over a clip of the dataset`() throws {
        try folder.video("d/a.mp4", frames: 4)
        try folder.video("d/sub/a.mp4", frames: 4)
        try folder.write(
            #"[{"caption": "x", "media_path": "a.mp4"}, {"caption": "y", "media_path": "sub/a.mp4"}]"#,
            to: "d/captions.json")
        let before = try Files.read(folder["d/sub/a.mp4"]), data = try Dataset.open(folder["d"])
        let error = #expect(throws: DatasetError.self) {
            try data.resize(width: 32, height: 32, output: folder["d/sub"])
        }
        #expect(error?.description.contains("'sub/a.mp4' there is a clip") == true)
        #expect(try Files.read(folder["d/sub/a.mp4"]) == before)
        symlink(folder["d"], folder["link"])
        #expect(throws: DatasetError.self) { try data.resize(width: 32, height: 32, output: folder["link"]) }
    }

    // MARK: What is made again

    @Test func `another size is made again, the same one is not, force makes it again`() throws {
        try folder.video("d/a.mp4", frames: 4)
        let data = try Dataset.open(folder["d"])
        func resize(_ side: Int, force: Bool = false) throws -> (width: Int, identity: FileIdentity) {
            let small = try data.resize(width: side, height: side, output: folder["out"], force: force)
            return (try small.clip(1).media().width, try FileIdentity(folder["out/a.mp4"]))
        }
        let first = try resize(64), second = try resize(64)
        #expect(first.width == 64 && second.identity == first.identity)
        #expect(try resize(32).width == 32)
        let third = try resize(32), forced = try resize(32, force: true)
        #expect(forced.identity.modified != third.identity.modified)
    }
    @Test func `a source that was replaced is made again, also by an older file`() throws {
        try folder.video("d/a.mp4", frames: 4)
        let data = try Dataset.open(folder["d"])
        _ = try data.resize(width: 32, height: 32, output: folder["out"])
        try data.makeReferences()
        try folder.video("other/a.mp4", frames: 10)
        rename(folder["other/a.mp4"], folder["d/a.mp4"])
        setTime("d/a.mp4", 1_000_000_000)
        _ = try data.resize(width: 32, height: 32, output: folder["out"])
        #expect(try frames(folder["out/a.mp4"]) == 10)
        #expect(try data.makeReferences() == 1)
        #expect(try frames(folder["d/a_reference.mp4"]) == 10)
    }
    @Test func `a run that was stopped in the middle of a clip makes it again`() throws {
        try folder.video("d/a.mp4", frames: 200, size: "640x480")
        let data = try Dataset.open(folder["d"])
        _ = try data.slice(1).resize(width: 64, height: 64, output: folder["out"])
        let polls = Counter()
        let monitor = Monitor(poll: { polls.next() > 20 })
        #expect(throws: Cancelled.self) {
            try data.resize(width: 32, height: 32, output: folder["out"], monitor: monitor)
        }
        // What is there is of the other size, whole, and known not to be up to date at either.
        #expect(try VideoFile(folder["out/a.mp4"]).width == 64)
        let small = try data.resize(width: 32, height: 32, output: folder["out"])
        #expect(try small.clip(1).media().width == 32)
    }
    @Test func `a function is always run again, unless it is said not to; Canny is compared`() throws {
        try folder.video("d/a.mp4", frames: 4)
        let data = try Dataset.open(folder["d"])
        #expect(try data.makeReferences() == 1)
        #expect(try data.makeReferences { $0.grey } == 1)
        #expect(try data.makeReferences { $0.grey } == 1)
        #expect(try data.makeReferences(force: false) { $0.grey } == 0)
        #expect(try data.makeReferences() == 1)
        #expect(try data.makeReferences() == 0)
    }
    @Test func `a reference that this program has not made is kept and used, until it is forced`() throws {
        try folder.video("d/a.mp4", frames: 4)
        try folder.video("d/a_reference.mp4", frames: 7)
        let data = try Dataset.open(folder["d"]), notes = Notes()
        #expect(try data.makeReferences(monitor: notes.monitor) { $0.grey } == 0)
        #expect(try frames(folder["d/a_reference.mp4"]) == 7)
        #expect(try data.clip(1).reference == "a_reference.mp4")
        #expect(notes.texts.contains { $0.contains("a_reference.mp4") && $0.contains("force=true") })
        #expect(try data.makeReferences(force: true) == 1)
        #expect(try frames(folder["d/a_reference.mp4"]) == 4)
    }
    @Test func `frames of an earlier run are removed, those of a person stay`() throws {
        try folder.video("d/a.mp4", frames: 24)
        let data = try Dataset.open(folder["d"])
        #expect(try data.extractFrames(output: folder["out"]) == 24)
        try folder.write("mine", to: "out/a/frame_0099.png")
        try folder.write("mine", to: "out/a/notes.txt")
        #expect(try data.extractFrames(output: folder["out"], every: 8) == 3)
        #expect(
            try folder.names("out/a") == [
                "frame_0001.png", "frame_0002.png", "frame_0003.png", "frame_0099.png", "notes.txt",
            ])
        let before = try FileIdentity(folder["out/a/frame_0002.png"])
        #expect(try data.extractFrames(output: folder["out"], every: 8) == 3)
        #expect(try FileIdentity(folder["out/a/frame_0002.png"]) == before)
        unlink(folder["out/a/frame_0002.png"])
        #expect(try data.extractFrames(output: folder["out"], every: 8) == 3)
        #expect(Files.exists(folder["out/a/frame_0002.png"]))
    }

    // MARK: Captions

    @Test func `captions follow the originals, but for those that were edited in the copy`() throws {
        for name in ["a", "b", "c"] { try folder.video("d/\(name).mp4", frames: 4) }
        let data = try Dataset.open(folder["d"])
        for clip in data.clips { try clip.setCaption("old \(Path.stem(clip.name))") }
        func resize(_ monitor: Monitor = Monitor()) throws -> Dataset {
            try data.resize(width: 32, height: 32, output: folder["out"], monitor: monitor)
        }
        let small = try resize(), notes = Notes()
        try small.clip(2).setCaption("mine")
        try data.clip(1).setCaption("new a")
        try data.clip(2).setCaption("new b")
        let again = try resize(notes.monitor)
        #expect(again.clips.map(\.caption) == ["new a", "mine", "old c"])
        #expect(notes.texts.contains { $0.contains("edited here") && $0.contains("b.mp4") && !$0.contains("a.mp4,") })
        // Also after the copy agrees again, and when a caption goes.
        try again.clip(2).setCaption("new b")
        _ = try resize()
        try data.clip(2).setCaption("newer b")
        try data.clip(3).setCaption(nil)
        #expect(try resize().clips.map(\.caption) == ["new a", "newer b", nil])
        #expect(try folder.text("out/captions.json").contains("newer b"))
    }

    @Test func `an edited caption does not stay on another scene, it is set aside`() throws {
        let videos = try GreyVideos("a.mp4"), folder = videos.folder
        func resize(_ scenes: Dataset, _ notes: Notes = Notes()) throws -> Dataset {
            try scenes.resize(width: 32, height: 32, output: folder["out"], monitor: notes.monitor)
        }
        let small = try resize(videos.split(27))
        try small.clip(1).setCaption("mine of 1")
        try small.clip(2).setCaption("mine of 2")
        // The first scene is what it was.
        _ = try resize(videos.split(27))
        try folder.video("other.mp4", frames: 12, size: "32x32")
        rename(folder["other.mp4"], folder["scenes/a-Scene-002.mp4"])
        let notes = Notes(), again = try resize(Dataset.open(folder["scenes"]), notes)
        #expect(again.clips.map(\.caption) == ["mine of 1", nil, nil, nil])
        #expect(try folder.text("out/set_aside/a-Scene-002.txt") == "mine of 2\n")
        #expect(notes.texts.contains { $0.contains(folder["out/set_aside"]) && $0.hasSuffix(": a-Scene-002.txt") })
        // It is set aside once; what is said of the new scene stays.
        try again.clip(2).setCaption("mine of the other")
        #expect(try resize(Dataset.open(folder["scenes"])).clip(2).caption == "mine of the other")
        #expect(try folder.names("out/set_aside") == ["a-Scene-002.txt"])
    }
    @Test func `a caption edited in a copy by a record of before does not stay on another scene either`() throws {
        try folder.video("d/a.mp4", frames: 4)
        let data = try Dataset.open(folder["d"])
        func resize() throws -> Dataset { try data.resize(width: 32, height: 32, output: folder["out"]) }
        try resize().clip(1).setCaption("mine")
        let path = folder["out/.resize/a.mp4.json"]
        var record = try #require(Files.json(path).object)
        (record["captioned"], record["dataset"]) = (nil, nil)
        try AtomicFile.write(JSON.object(record).text(), to: path)
        try folder.video("d/a.mp4", frames: 6)
        #expect(try resize().clip(1).caption == nil)
        #expect(try folder.text("out/set_aside/a.txt") == "mine\n")
    }

    // MARK: Clips that are gone

    @Test func `results of clips that are gone leave the list, with their captions kept, and come back`() throws {
        for name in ["a", "b", "c"] { try folder.video("d/\(name).mp4", frames: 4) }
        let data = try Dataset.open(folder["d"]), notes = Notes()
        for clip in data.clips { try clip.setCaption("of \(clip.name)") }
        func resize(_ data: Dataset, _ notes: Notes = Notes()) throws -> Dataset {
            try data.resize(width: 32, height: 32, output: folder["out"], monitor: notes.monitor)
        }
        let small = try resize(data)
        try small.clip(2).setCaption("mine")
        try data.remove(2)
        try data.remove(2)
        let one = try resize(data, notes)
        #expect(one.clips.map(\.name) == ["a.mp4"] && !one.isView)
        #expect(try folder.text("out/set_aside/b.txt") == "mine\n" && folder.names("out/set_aside").count == 1)
        #expect(Files.exists(folder["out/b.mp4"]))
        #expect(notes.texts.contains { $0.contains(": b.mp4, c.mp4;") && $0.hasSuffix(": b.txt") }, "\(notes.texts)")
        try one.close()
        #expect(try Dataset.open(folder["out"]).count == 1)
        try data.add("c.mp4", caption: "c again")
        try data.add("b.mp4", caption: "b again")
        #expect(try resize(data).clips.map(\.caption) == ["of a.mp4", "c again", "b again"])
        // What a person takes out of the copy stays out.
        try Dataset.open(folder["out"]).remove(1)
        #expect(try resize(data).count == 2)
    }
    @Test func `a view gives its own results, and leaves those of the others in the list`() throws {
        for name in ["a", "b", "c"] { try folder.video("d/\(name).mp4", frames: 4) }
        let data = try Dataset.open(folder["d"]), notes = Notes()
        _ = try data.resize(width: 64, height: 64, output: folder["out"])
        try folder.video("out/own.mp4", frames: 4)
        let small = try data.slice(2, 2).resize(width: 32, height: 32, output: folder["out"], monitor: notes.monitor)
        #expect(small.clips.map(\.name) == ["b.mp4"])
        #expect(try small.clip(1).media().width == 32)
        #expect(notes.texts.contains("3 other clips lie in '\(folder["out"])', not among these"), "\(notes.texts)")
        try small.close()
        #expect(try Dataset.open(folder["out"]).count == 4)
    }
    @Test func `two datasets that are resized into one folder keep each other's results`() throws {
        for name in ["d/a.mp4", "e/b.mp4"] { try folder.video(name, frames: 4) }
        for name in ["d", "e", "d"] {
            let small = try Dataset.open(folder[name]).resize(width: 32, height: 32, output: folder["out"])
            #expect(small.clips.map(\.name) == [name == "d" ? "a.mp4" : "b.mp4"])
        }
        #expect(try Dataset.open(folder["out"]).count == 2)
    }

    // MARK: Damage

    @Test func `a damaged image is a note, and the others are made`() throws {
        try Files.makeFolder(folder["d"])
        try folder.run(["-f", "lavfi", "-i", "testsrc2=size=64x48", "-frames:v", "1", folder["d/good.jpg"]])
        try damagedImage("d/t.jpg")
        let data = try Dataset.open(folder["d"]), notes = Notes()
        let small = try data.resize(width: 32, height: 32, output: folder["small"], monitor: notes.monitor)
        #expect(small.clips.map(\.name) == ["good.png"])
        #expect(try data.makeReferences(monitor: notes.monitor) == 1)
        #expect(try data.extractFrames(output: folder["pictures"], monitor: notes.monitor) == 1)
        #expect(notes.texts.count { $0.contains("t.jpg") && $0.hasSuffix("left out") } == 3, "\(notes.texts)")
        #expect(data.clips.map(\.reference) == ["good_reference.png", nil])
        for path in ["small", "pictures", "d"] {
            #expect(try folder.names(path).filter { $0.contains("tmp") || $0.contains("partial") } == [])
        }
        #expect(try folder.names("pictures").filter { !$0.hasPrefix(".") } == ["good"])
        #expect(try folder.names("small/.resize") == ["good.png.json"])
    }
    @Test func `what goes wrong in writing, or in a caller's function, ends the batch`() throws {
        struct Mine: Error {}
        try folder.video("d/a.mp4", frames: 4)
        let data = try Dataset.open(folder["d"])
        #expect(throws: Mine.self) { try data.makeReferences { _ in throw Mine() } }
        #expect(throws: MediaError.self) {
            var count = 0
            // Frames of two sizes do not fit one video.
            try data.makeReferences { frame in
                count += 1
                return frame.resized(width: 16 * count, height: 16)
            }
        }
        #expect(try data.clip(1).reference == nil && !Files.exists(folder["d/a_reference.mp4"]))
        // A file where the folder of the pictures is to be.
        try folder.write("in the way", to: "out/a")
        #expect(throws: FileError.self) { try data.extractFrames(output: folder["out"]) }
        #expect(try folder.text("out/a") == "in the way")
    }
}

/// Counts from 1, on whatever thread.
private final class Counter: Sendable {
    private let box = Box()
    private final class Box: @unchecked Sendable { var count = 0 }  // one thread a test
    func next() -> Int {
        box.count += 1
        return box.count
    }
}
