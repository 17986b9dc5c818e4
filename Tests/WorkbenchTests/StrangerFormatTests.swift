import Base
import Glibc
import TestSupport
import Testing

@testable import Workbench

/// Captions and folders as other programs and systems leave them.
@Suite struct StrangerFormatTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func open(_ name: String = "", _ notes: Notes = Notes()) throws -> Dataset {
        try Dataset.open(name.isEmpty ? folder.path : folder[name], among: OpenDatasets(), monitor: notes.monitor)
    }

    // MARK: One file

    @Test func `files of one stem are datasets of their own, in one session and in the next`() throws {
        try folder.touch("sample.avi", "sample.flv", "sample.mkv")
        let session = OpenDatasets()
        func file(_ name: String) throws -> Dataset { try Dataset.open(folder[name], among: session) }
        let first = try file("sample.avi")
        try first.clip(1).setCaption("the avi")
        try first.close()
        let second = try file("sample.flv")
        #expect(second.clips.map(\.name) == ["sample.flv"] && second.clips.map(\.caption) == [nil])
        try second.clip(1).setCaption("the flv")
        // While the first is still open.
        #expect(try file("sample.avi").clips.map(\.caption) == ["the avi"])
        try second.close()
        for (name, caption) in [("sample.avi", "the avi"), ("sample.flv", "the flv"), ("sample.mkv", nil)] {
            #expect(try open(name).clips.map(\.name) == [name])
            #expect(try open(name).clips.map(\.caption) == [caption])
        }
    }
    @Test func `metadata of a stem alone, of before, belongs to the file that it speaks of`() throws {
        try folder.touch("sample.avi", "sample.flv")
        try folder.write(#"[{"caption": "old", "media_path": "sample.flv"}]"#, to: "sample.dataset.json")
        #expect(try open("sample.flv").clips.map(\.caption) == ["old"])
        let other = try open("sample.avi")
        #expect(other.clips.map(\.name) == ["sample.avi"] && other.clips.map(\.caption) == [nil])
        try other.clip(1).setCaption("new")
        try other.close()
        #expect(try open("sample.flv").clips.map(\.caption) == ["old"])
        // What the fault of before left: one list of two files.
        try folder.write(
            #"[{"caption": "a", "media_path": "x.avi"}, {"caption": "b", "media_path": "x.flv"}]"#, to: "x.dataset.json"
        )
        try folder.touch("x.avi", "x.flv")
        #expect(try open("x.flv").clips.map(\.caption) == ["b"])
        #expect(try open("x.avi").clips.map(\.name) == ["x.avi"])
    }

    // MARK: Lists of other things

    @Test(arguments: [
        ("clip-Scenes.csv", "Timecode List:,00:00:01\nScene Number,Start Frame\n1,0\n"),
        ("scores.csv", "frame,frame\n1,2\n"), ("log.jsonl", "{\"step\": 1}\n{oops"),
        ("metadata.csv", "id,score\n1,2\n"),
        ("captions.json", "[{\"image_id\": 1, \"caption\": \"x\"}]"), ("captions.json", "[\"just text\"]"),
        ("dataset.json", "{\"version\": 1, \"images\": []}"), ("captions.json", "7"),
        ("caption.txt", "notes of mine\n"),
    ]) func `a file that says nothing of media closes neither a folder nor a file`(name: String, text: String) throws {
        try folder.touch("clip.mp4", "other.mp4")
        try folder.write("said beside it\n", to: "clip.txt")
        try folder.write(text, to: name)
        let notes = Notes()
        #expect(try open("", notes).clips.map(\.caption) == ["said beside it", nil])
        #expect(notes.texts.contains { $0.contains(name) && $0.contains("left alone") }, "\(notes.texts)")
        #expect(try open("clip.mp4").clips.map(\.caption) == ["said beside it"])
        unlink(folder["clip.txt"])
        // A caption never goes into a file of somebody else.
        let data = try open()
        try data.clip(1).setCaption("mine")
        try data.close()
        #expect(try folder.text(name) == text)
        #expect(try open().clips.map(\.caption) == ["mine", nil])
    }
    @Test func `metadata that is damaged is not passed over for a folder, and does not close a file in it`() throws {
        try folder.touch("clip.mp4")
        try folder.write("[{\"media_path\": \"clip.mp4\", ", to: "captions.json")
        #expect(throws: JSONError.self) { try open() }
        let notes = Notes()
        #expect(try open("clip.mp4", notes).count == 1)
        #expect(notes.texts.contains { $0.contains("captions.json") })
    }

    // MARK: Other systems

    @Test(arguments: [
        #"videos\a.mp4"#, #"C:\data\videos\a.mp4"#, #".\videos\a.mp4"#, "/home/me/videos/a.mp4", "./videos/a.mp4",
    ])
    func `paths of another system or place find the files, and are kept as they are written`(path: String) throws {
        try folder.touch("videos/a.mp4", "videos/b.mp4")
        let written = JSON.string(path).text()
        try folder.write(
            "[\n  {\n    \"media_path\": \(written),\n    \"caption\": \"red\"\n  }\n]", to: "captions.json")
        let data = try open()
        #expect(data.clips.map(\.mediaPath) == ["videos/a.mp4"])
        #expect(try data.check(isDeep: false).allSatisfy { $0.kind != .missing && $0.kind != .name })
        #expect(try data.fix([.orphans]).isEmpty)
        try data.clip(1).setCaption("blue")
        try data.close()
        #expect(
            try folder.text("captions.json")
                == "[\n  {\n    \"media_path\": \(written),\n    \"caption\": \"blue\"\n  }\n]")
    }
    @Test func `a list none of whose files is there is not emptied, and no name is found fault with`() throws {
        try folder.write(
            #"[{"media_path": "x\\a.mp4", "caption": "1"}, {"media_path": "x\\b.mp4", "caption": "2"}]"#,
            to: "captions.json")
        let data = try open(), notes = Notes()
        #expect(try data.check(isDeep: false).map(\.kind) == [.missing, .missing])
        #expect(try data.fix([.orphans], monitor: notes.monitor).isEmpty && data.count == 2)
        #expect(notes.texts.contains { $0.contains("nothing was taken out") })
    }
    @Test(arguments: ["./x/a.mp4", "x/./a.mp4", "x//a.mp4"])
    func `a clip that is listed in two spellings is listed twice`(other: String) throws {
        try folder.touch("x/a.mp4")
        try folder.write(
            #"[{"media_path": "x/a.mp4", "caption": "1"}, {"media_path": "\#(other)", "caption": "2"}]"#,
            to: "captions.json")
        let data = try open(), message = "listed twice, here as '\(other)'"
        #expect(try data.check(isDeep: false).contains { $0.kind == .duplicate && $0.message == message })
        #expect(try data.fix([.duplicates]).count == 1)
        #expect(data.clips.map(\.caption) == ["2"])
    }

    // MARK: Encodings

    /// As `iconv` and Python's codecs write them.
    static let texts: [(name: String, bytes: [UInt8], text: String)] = [
        ("UTF-16", [0xFF, 0xFE, 0xA2, 0x7E, 0x72, 0x82, 0x84, 0x76, 0x66, 0x8F], "红色的车"),
        ("UTF-16", [0xFE, 0xFF, 0x7E, 0xA2, 0x82, 0x72, 0x76, 0x84, 0x8F, 0x66], "红色的车"),
        ("GB18030", [0xBA, 0xEC, 0xC9, 0xAB, 0xB5, 0xC4, 0xB3, 0xB5], "红色的车"),
        ("BIG5", [0xAC, 0xF5, 0xA6, 0xE2, 0xAA, 0xBA, 0xA8, 0xAE], "紅色的車"),
        ("SHIFT_JIS", [0x90, 0xD4, 0x82, 0xA2, 0x8E, 0xD4], "赤い車"),
        ("Windows-1252", Array("a man".utf8) + [0x92] + Array("s car, caf".utf8) + [0xE9], "a man’s car, café"),
        ("Windows-1252", Array("Gr".utf8) + [0xF6, 0xDF] + Array("e".utf8), "Größe"),
        ("Windows-1251", [0xEA, 0xF0, 0xE0, 0xF1, 0xED, 0xE0, 0xFF], "красная"),
    ]
    @Test(arguments: texts.indices)
    func `text that is not UTF-8 is read, and where it is guessed a note says so`(place: Int) throws {
        let (name, bytes, text) = Self.texts[place]
        try folder.touch("a.mp4", "b.mp4")
        try folder.write(bytes, to: "a.txt")
        try folder.write("plain", to: "b.txt")
        let notes = Notes(), data = try open("", notes)
        #expect(data.clips.map(\.caption) == [text, "plain"])
        #expect(notes.texts.contains { $0.contains("a.txt") && $0.contains(name) }, "\(notes.texts)")
        // Another clip's edit does not touch it.
        try data.clip(2).setCaption("other")
        try data.close()
        #expect(try Files.read(folder["a.txt"]) == bytes)
        let again = try open()
        try again.clip(1).setCaption(text + "!")
        try again.close()
        #expect(try folder.text("a.txt") == text + "!\n")
    }
    @Test func `lists that are not UTF-8 are read, too`() throws {
        try folder.touch("a.mp4")
        try folder.write(Array("file_name,text\r\na.mp4,".utf8) + [0xBA, 0xEC, 0xC9, 0xAB, 13, 10], to: "metadata.csv")
        let notes = Notes()
        #expect(try open("", notes).clips.map(\.caption) == ["红色"])
        #expect(notes.texts.contains { $0.contains("metadata.csv") && $0.contains("GB18030") })
    }
    @Test func `a text that cannot be read leaves its clip without a caption, named, and is not lost`() throws {
        try folder.touch("a.mp4", "b.mp4")
        let bytes: [UInt8] = [0x41, 0xFF, 0x00, 0x01]
        try folder.write(bytes, to: "a.txt")
        try folder.write("two", to: "b.txt")
        let notes = Notes(), data = try open("", notes)
        #expect(data.clips.map(\.caption) == [nil, "two"])
        #expect(notes.texts.contains { $0.contains("a.mp4") && $0.contains("no text") })
        #expect(try data.clip(1).flags.first == "unreadable caption")
        #expect(try data.check(isDeep: false).contains { $0.kind == .uncaptioned && $0.message.contains("a.txt") })
        try data.clip(2).setCaption("2")
        try data.fold()
        #expect(try Files.read(folder["a.txt"]) == bytes)
        try data.clip(1).setCaption("one")
        try data.close()
        #expect(try folder.text("a.txt") == "one\n")
        #expect(try Files.read(folder["set_aside/a.txt"]) == bytes)
    }
    @Test func `line breaks of Windows are none of the caption and stay in the file`() throws {
        try folder.touch("a.mp4")
        try folder.write("one\r\ntwo\r\n", to: "a.txt")
        let data = try open()
        #expect(data.clips.map(\.caption) == ["one\ntwo"])
        try data.clip(1).setCaption("one\nthree")
        try data.close()
        #expect(try folder.text("a.txt") == "one\r\nthree\r\n")
    }
    @Test func `a json list keeps its line breaks and the spelling of its numbers`() throws {
        try folder.touch("a.mp4")
        let text =
            "[\r\n  {\r\n    \"media_path\": \"a.mp4\",\r\n    \"n\": 1e3,\r\n    \"m\": 1.50,\r\n    \"caption\": \"x\"\r\n  }\r\n]"
        try folder.write(text, to: "captions.json")
        let data = try open()
        try data.clip(1).setCaption("y\nz")
        try data.close()
        #expect(try folder.text("captions.json") == text.replacing("\"x\"", with: "\"y\\nz\""))
    }

    // MARK: Other layouts

    @Test(arguments: ["caption", "cap"])
    func `texts of another extension are read, written and carried along`(kind: String) throws {
        try folder.touch("a|.mp4", "b.mp4")
        try folder.write("red", to: "a|.\(kind)")
        let data = try open()
        #expect(data.format == .sidecars && data.clips.map(\.caption) == ["red", nil])
        _ = try data.fix([.names])
        try data.clip(1).setCaption("blue")
        try data.clip(2).setCaption("two")
        try data.close()
        #expect(data.store.takeNotes().allSatisfy { !$0.contains("another program") })
        let names = try folder.names().filter { !$0.hasPrefix(".") }
        #expect(names == ["a_.\(kind)", "a_.mp4", "b.mp4", "b.txt"].sorted())
        #expect(try folder.text("a_.\(kind)") == "blue\n")
    }
    @Test(arguments: [("prompts.txt", "videos.txt"), ("prompt.txt", "video.txt"), ("captions.txt", "videos.txt")])
    func `finetrainers' two files are one list`(prompts: String, videos: String) throws {
        try folder.touch("videos/a.mp4", "videos/b.mp4")
        try folder.write("A hiker\nA dog\n", to: prompts)
        try folder.write("videos/a.mp4\nvideos/b.mp4\n", to: videos)
        for name in ["", prompts, videos] {
            let data = try open(name)
            #expect(data.clips.map(\.caption) == ["A hiker", "A dog"])
            #expect(data.clips.map(\.mediaPath) == ["videos/a.mp4", "videos/b.mp4"])
        }
        let data = try open()
        try data.clip(2).setCaption("A cat")
        try data.close()
        #expect(try folder.text(prompts) == "A hiker\nA cat\n" && folder.text(videos) == "videos/a.mp4\nvideos/b.mp4\n")
    }
    @Test(arguments: [
        ("metadata.json", "[{\"file_name\": \"a.mp4\", \"text\": \"red\"}]"),
        ("train.json", "[{\"file_path\": \"a.mp4\", \"text\": \"red\", \"type\": \"video\"}]"),
        ("captions.json", "[{\"path\": \"a.mp4\", \"cap\": \"red\"}]"),
        ("captions.json", "[{\"path\": \"a.mp4\", \"cap\": [\"red\", \"crimson\"]}]"),
        ("captions.json", "[{\"path\": \"b.mp4\"}, {\"path\": \"a.mp4\", \"cap\": \"red\"}]"),
        ("list.jsonl", "{\"file_path\": \"a.mp4\", \"cap\": \"red\"}\n"),
    ]) func `names of files and columns that other tools use are known`(name: String, text: String) throws {
        try folder.touch("a.mp4")
        try folder.write(text, to: name)
        let data = try open()
        #expect(try data.clip(named: "a.mp4").caption == "red")
        try data.clip(named: "a.mp4").setCaption("blue")
        try data.close()
        #expect(try folder.text(name).contains("\"blue\"") && open().clip(named: "a.mp4").caption == "blue")
        #expect(try folder.text(name).contains("crimson") == text.contains("crimson"))
    }
    @Test func `a list without captions that are known says what it has`() throws {
        try folder.touch("a.mp4")
        try folder.write("file_name,llm_summary\na.mp4,red\n", to: "metadata.csv")
        let notes = Notes()
        #expect(try open("", notes).clips.map(\.caption) == [nil])
        #expect(notes.texts.contains { $0.contains("llm_summary") && $0.contains("caption") })
    }

    // MARK: Equal names

    @Test func `clips that differ in their extension alone are renamed, each with its caption`() throws {
        try folder.touch("下載.jpg", "下載.png", "x.jpg", "x.png", "x.webp")
        try folder.write(
            ["下載.jpg", "下載.png", "x.jpg", "x.png", "x.webp"].map { "{\"file_name\": \"\($0)\", \"text\": \"\($0)\"}\n" }
                .joined(),
            to: "metadata.jsonl")
        let data = try open()
        #expect(
            try data.fix([.names]).map(\.action) == ["下載_2.png", "x_2.png", "x_3.webp"].map { "rename to '\($0)'" })
        try data.close()
        let again = try open()
        #expect(again.clips.map(\.name) == ["下載.jpg", "下載_2.png", "x.jpg", "x_2.png", "x_3.webp"])
        #expect(again.clips.map(\.caption) == ["下載.jpg", "下載.png", "x.jpg", "x.png", "x.webp"])
        #expect(again.clips.allSatisfy { $0.bytes != nil })
    }
    @Test func `a text that two clips share stays with one when the other is renamed`() throws {
        try folder.touch("x.jpg", "x.png")
        try folder.write("both\n", to: "x.txt")
        let data = try open()
        _ = try data.fix([.names])
        try data.close()
        #expect(try folder.text("x.txt") == "both\n" && folder.text("x_2.txt") == "both\n")
        #expect(try open().clips.map(\.caption) == ["both", "both"])
    }
}
