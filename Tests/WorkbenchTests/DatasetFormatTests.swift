import Base
import Glibc
import TestSupport
import Testing

@testable import Workbench

@Suite struct DatasetFormatTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func reopened(_ name: String = "") throws -> Dataset {
        try Dataset.open(name.isEmpty ? folder.path : folder[name])
    }

    // MARK: Layout

    @Test func `a list is written as the reference trainer lays it out`() throws {
        try folder.touch("b.mp4", "a.mp4")
        let data = try reopened()
        try data.clip(1).setCaption("Ein Segelboot, \"weiß\".")
        try data.clip(2).setCaption("一只猫在跳舞")
        try data.save()
        // json.dump(…, indent=2, ensure_ascii=False)
        #expect(
            try folder.text("captions.json") == """
                [
                  {
                    "caption": "Ein Segelboot, \\"weiß\\".",
                    "media_path": "a.mp4"
                  },
                  {
                    "caption": "一只猫在跳舞",
                    "media_path": "b.mp4"
                  }
                ]
                """)
        #expect(
            try folder.names() == [".captions.json.authors", ".captions.json.lock", "a.mp4", "b.mp4", "captions.json"])
        try data.close()
        #expect(try folder.names() == [".captions.json.authors", "a.mp4", "b.mp4", "captions.json"])
    }
    @Test func `unknown columns and names of columns survive in json`() throws {
        try folder.touch("a.mp4")
        let text = """
            [
              {
                "id": 7,
                "video": "a.mp4",
                "score": 0.25,
                "text": "old",
                "tags": [
                  "x",
                  null
                ]
              }
            ]
            """
        try folder.write(text, to: "meta.json")
        let data = try reopened("meta.json")
        try data.clip(1).setCaption("new")
        try data.save()
        #expect(try folder.text("meta.json") == text.replacing("old", with: "new"))
    }
    @Test(arguments: ["captions.json", "captions.jsonl"])
    func `whole numbers beyond 64 bits survive`(name: String) throws {
        try folder.touch("a.mp4")
        let row = "{\"caption\": \"x\", \"phash\": 17302891234567890123, \"media_path\": \"a.mp4\"}"
        try folder.write(name.hasSuffix("l") ? row + "\n" : "[\(row)]", to: name)
        let data = try reopened()
        try data.clip(1).setCaption("y")
        try data.close()
        #expect(try folder.text(name).contains("17302891234567890123"))
    }
    @Test func `jsonl keeps its lines and passes over blank ones`() throws {
        try folder.write(
            "{\"file_name\": \"a.mp4\", \"text\": \"one\", \"n\": 1}\n\n{\"file_name\": \"b.mp4\"}\n",
            to: "metadata.jsonl")
        let data = try reopened("metadata.jsonl")
        #expect(data.clips.map(\.caption) == ["one", nil])
        try data.clip(2).setCaption("two\nlines")
        try data.save()
        #expect(
            try folder.text("metadata.jsonl")
                == "{\"file_name\": \"a.mp4\", \"text\": \"one\", \"n\": 1}\n{\"file_name\": \"b.mp4\", \"text\": \"two\\nlines\"}\n"
        )
    }
    @Test func `an object of captions stays one`() throws {
        try folder.touch("a.mp4", "b.mp4", "c.mp4")
        try folder.write("{\n  \"b.mp4\": \"two\",\n  \"a.mp4\": \"one\"\n}", to: "captions.json")
        let data = try reopened()
        #expect(data.clips.map(\.name) == ["b.mp4", "a.mp4", "c.mp4"])
        try data.clip(named: "a.mp4").setCaption("uno")
        try data.clip(named: "b.mp4").setExcluded(true)
        try data.save()
        #expect(
            try folder.text("captions.json") == "{\n  \"b.mp4\": \"two\",\n  \"a.mp4\": \"uno\",\n  \"c.mp4\": null\n}")
        try data.close()
        // What the format has no place for is kept beside it.
        let again = try reopened()
        #expect(try again.clip(named: "b.mp4").isExcluded)
    }
    @Test func `csv with quotes, commas, line breaks, mark and CR LF survives byte for byte`() throws {
        let csv =
            "\u{FEFF}id,caption,media_path\r\n1,\"a \"\"quoted\"\", text\nof two lines\",a.mp4\r\n2,,\"b,c.mp4\"\r\n"
        try folder.write(csv, to: "dataset.csv")
        let data = try reopened("dataset.csv")
        #expect(data.clips.map(\.caption) == ["a \"quoted\", text\nof two lines", nil])
        #expect(data.clips.map(\.name) == ["a.mp4", "b,c.mp4"])
        try data.save()
        #expect(try folder.text("dataset.csv") == csv)
        try data.clip(2).setCaption("\"")
        try data.clip(2).setExcluded(true)
        try data.save()
        #expect(
            try folder.text("dataset.csv")
                == csv.replacing("media_path", with: "media_path,excluded").replacing("a.mp4", with: "a.mp4,")
                .replacing("2,,\"b,c.mp4\"", with: "2,\"\"\"\",\"b,c.mp4\",true"))
    }
    @Test func `file and caption lines`() throws {
        try folder.touch("a.mp4", "b.mp4")
        try folder.write("a.mp4|<APT> a man | a dog\nb.mp4|\n", to: "caption.txt")
        let data = try reopened()
        #expect(data.clips.map(\.caption) == ["<APT> a man | a dog", nil])
        #expect(data.trigger == "APT")
        try data.clip(2).setCaption("two")
        #expect(throws: DatasetError.self) { try data.clip(1).setCaption("two\nlines") }
        #expect(throws: DatasetError.self) { try data.clip(1).setCaption(" blank ") }
        try data.save()
        #expect(try folder.text("caption.txt") == "a.mp4|<APT> a man | a dog\nb.mp4|two\n")
    }
    @Test func `paired text files are read and written by line`() throws {
        try folder.touch("a.mp4", "b.mp4")
        try folder.write("one\n\n", to: "set_captions.txt")
        try folder.write("b.mp4\na.mp4\n", to: "set_paths.txt")
        let data = try reopened()
        #expect(data.clips.map { [$0.name, $0.caption ?? "-"] } == [["b.mp4", "one"], ["a.mp4", "-"]])
        try data.clip(2).setCaption("two")
        try data.remove(1)
        try data.save()
        #expect(try folder.text("set_captions.txt") == "two\n")
        #expect(try folder.text("set_paths.txt") == "a.mp4\n")
    }
    @Test func `the GUI fork's pair is matched by name, not by line`() throws {
        try folder.touch("caption_resized/a.mp4", "caption_resized/b.mp4")
        try folder.write("caption_resized/b.mp4\ncaption_resized/a.mp4\n", to: "media_path.txt")
        try folder.write("a.mp4|<X> first\nb.mp4|<X> second\n", to: "caption.txt")
        let data = try reopened()
        #expect(
            data.clips.map { [$0.mediaPath, $0.caption ?? ""] } == [
                ["caption_resized/b.mp4", "<X> second"], ["caption_resized/a.mp4", "<X> first"],
            ])
        try data.clip(1).setCaption("<X> changed")
        try data.close()
        #expect(try reopened().clips.map(\.caption) == ["<X> changed", "<X> first"])
    }
    @Test func `a clip that the GUI fork's pair does not have yet goes into both files`() throws {
        try folder.touch("a.mp4", "b.mp4", "c.mp4")
        try folder.write("b.mp4|<APT> bb\na.mp4|<APT> aa\n", to: "caption.txt")
        try folder.write("a.mp4\nb.mp4\n", to: "media_path.txt")
        let data = try reopened()
        try data.clip(named: "c.mp4").setCaption("cc")
        try data.close()
        #expect(try folder.text("media_path.txt") == "a.mp4\nb.mp4\nc.mp4\n")
        #expect(try folder.text("caption.txt") == "a.mp4|<APT> aa\nb.mp4|<APT> bb\nc.mp4|cc\n")
        // What an older version wrote into the one file alone is read all the same.
        try folder.write("a.mp4\nb.mp4\n", to: "media_path.txt")
        #expect(try reopened().clips.map(\.caption) == ["<APT> aa", "<APT> bb", "cc"])
    }
    @Test(arguments: [
        ("captions.csv", "caption,media_path\nx,a.mp4\n"), ("captions.txt", "a.mp4|x\n"),
        ("captions.json", "[{\"caption\": \"x\", \"media_path\": \"a.mp4\"}]"), ("a.txt", "x\n"),
    ]) func `whatever caption is taken can be read again`(name: String, text: String) throws {
        try folder.touch("a.mp4")
        try folder.write(text, to: name)
        let data = try reopened()
        var taken = 0
        for caption in [
            "a\0b", "\"\u{301} quoted\"", "\u{fe0f}hello", "|bar", "e\u{301}", "\u{e9}", "x\r", "\u{2028}", "=1+1",
        ] {
            do { try data.clip(1).setCaption(caption) } catch { continue }  // refused is well, too
            taken += 1
            try data.close()
            #expect(try reopened().clip(1).caption.isIdentical(to: caption), "\(name): \(caption.debugDescription)")
        }
        #expect(taken >= 6)
    }
    @Test(arguments: ["caption.txt", "captions.jsonl", "a.txt"])
    func `a list in another encoding is read by a guess that is said, and not touched by reading`(name: String) throws {
        try folder.touch("a.mp4", "b.mp4")
        let line =
            name == "captions.jsonl"
            ? "{\"media_path\": \"a.mp4\", \"caption\": \"caf" : name == "a.txt" ? "caf" : "a.mp4|caf"
        let bytes = Array(line.utf8) + [0xE9] + Array(name == "captions.jsonl" ? "\"}\n".utf8 : "\n".utf8)
        try folder.write(bytes, to: name)
        let notes = Notes()
        let data = try Dataset.open(folder.path, monitor: notes.monitor)
        #expect(try data.clip(1).caption == "café")
        #expect(notes.texts.contains { $0.contains(name) && $0.contains("not UTF-8") })
        try data.close()
        #expect(try Files.read(folder[name]) == bytes)
    }
    @Test func `a name with a space in front, and one that a Mac spelled, are the files that are there`() throws {
        try folder.touch(" a.mp4", "caf\u{e9}.mp4")
        try folder.write(
            "[{\"caption\": \"one\", \"media_path\": \" a.mp4\"}, {\"caption\": \"two\", \"media_path\": \"cafe\u{301}.mp4\"}]",
            to: "captions.json")
        let data = try reopened()
        #expect(data.clips.map(\.caption) == ["one", "two"] && data.clips.allSatisfy { $0.bytes == 0 })
        #expect(try data.check().allSatisfy { $0.kind != .missing })
        try data.clip(2).setCaption("cafe\u{301}")
        try data.clip(2).setCaption("caf\u{e9}")
        #expect(try data.clip(2).caption?.utf8.count == 5)
        try data.close()
        #expect(try reopened().clips.map(\.caption) == ["one", "caf\u{e9}"])
    }
    @Test func `a prefix and a suffix leave clips without a caption alone`() throws {
        try folder.touch("a.mp4", "b.mp4")
        let data = try reopened()
        try data.clip(1).setCaption("x")
        #expect(try data.prefix("A ") == 1 && data.suffix(" Z") == 1)
        #expect(data.clips.map(\.caption) == ["A x Z", nil])
    }
    @Test func `text files beside the clips`() throws {
        try folder.touch("a.mp4", "b.mp4", "c.mp4")
        try folder.write("one", to: "a.txt")
        try folder.write("two\n", to: "b.txt")
        let data = try reopened()
        #expect(data.format == .sidecars)
        #expect(data.clips.map(\.caption) == ["one", "two", nil])
        try data.clip(3).setCaption("three\nlines\n")
        try data.clip(2).setCaption(nil)
        try data.close()
        #expect(try folder.text("c.txt") == "three\nlines\n\n")
        #expect(try folder.text("a.txt") == "one")
        #expect(try reopened().clips.map(\.caption) == ["one", nil, "three\nlines\n"])
        #expect(
            try folder.names()
                == ["a.mp4", "a.txt", "b.mp4", "b.txt", "c.mp4", "c.txt", ".sidecars.authors", ".sidecars.lock"]
                .sorted())
    }
    @Test(arguments: ["x.json", "x.jsonl", "x.csv", "x.txt", "sub/x_captions.txt"])
    func `saving elsewhere in any format reads back the same`(name: String) throws {
        try folder.touch("a.mp4", "b,.mp4")
        let data = try reopened()
        try data.clip(1).setCaption("comma, \"quote\" 漢字 🚲")
        try Files.makeFolder(folder["sub"])
        try data.save(to: folder[name])
        let copy = try reopened(name)
        #expect(copy.clips.map(\.caption) == data.clips.map(\.caption))
        #expect(copy.clips.map { Path.absolute($0.path) } == data.clips.map(\.path))
    }

    // MARK: Wrong files

    @Test(arguments: [
        ("bad.json", "[{\"caption\": 1, \"media_path\": \"a.mp4\"}]", "'caption' must be text"),
        ("bad.json", "[{\"caption\": \"x\"}]", "no column with the media's path"),
        ("bad.json", "[{\"media_path\": \"a.mp4\"}, 7]", "entry 2"),
        ("bad.json", "{\"a.mp4\": [1]}", "'a.mp4' must be a caption"),
        ("bad.json", "\"text\"", "a list of clips"),
        ("bad.json", "[{\"media_path\": \"a.mp4\"", "line 1"),
        ("bad.jsonl", "{\"media_path\": \"a.mp4\"}\n{oops\n", "line 2"),
        ("bad.csv", "caption,media_path\nx,a.mp4,y\n", "line 2"),
        ("bad.csv", "caption,media_path\n\"x,a.mp4\n", "not closed"),
        ("bad.csv", "caption,media_path\n\"x\"y,a.mp4\n", "after a closing quote"),
        ("bad.csv", "caption,caption\n", "same name"),
        ("bad.csv", "", "no column"),
        ("bad.txt", "no bar here\n", "line 1"),
        ("bad.png2", "x", "neither media"),
    ]) func `a malformed file is named with the place`(name: String, text: String, reason: String) throws {
        try folder.write(text, to: name)
        let error = #expect(throws: (any Error).self) { try reopened(name) }
        #expect("\(error as Any)".contains(reason), "\(error as Any)")
        #expect("\(error as Any)".contains(name))
    }
    @Test func `what is missing or empty is named`() throws {
        #expect(throws: FileError.self) { try Dataset.open(folder["nowhere"]) }
        let error = #expect(throws: DatasetError.self) { try Dataset.open(folder.path) }
        #expect(error?.kind == "dataset.empty")
    }
    @Test(arguments: ["../x.mp4", "/etc/passwd.mp4", "a/../../x.mp4", "a\0b.mp4"])
    func `a path that leaves the folder is kept but never handed out`(name: String) throws {
        try folder.write(
            JSON.array([.object(JSONObject([(key: "media_path", value: .string(name))]))]).text(), to: "m.json")
        let data = try reopened("m.json")
        #expect(try !data.clip(1).isInside)
        #expect(try data.clip(1).bytes == nil)
        #expect(throws: DatasetError.self) { try data.snapshot() }
        #expect(throws: DatasetError.self) { try data.add("/etc/x.mp4") }
    }

    @Test func `a view's snapshot has all that the dataset has beside the view's clips`() throws {
        try folder.touch("a.mp4", "b.mp4", "c.mp4")
        let data = try Dataset.open(folder.path)
        try data.clip(1).setCaption("one")
        let snapshot = try data.slice(2, 2).snapshot()
        #expect(snapshot.clips.map(\.mediaPath) == ["b.mp4"])
        #expect(snapshot.entries.map(\.mediaPath) == ["a.mp4", "b.mp4", "c.mp4"])
        #expect(snapshot.metadata == snapshot.metadataPath && snapshot.entries.first?.caption == "one")
        // What somebody who only looks sees, an edit included that is in the journal alone.
        try data.clip(3).setExcluded(true)
        let seen = try #require(OpenDatasets.entries(at: snapshot.metadata))
        #expect(seen.map(\.excluded) == [false, false, true])
        #expect(OpenDatasets.entries(at: folder["nowhere/captions.json"]) == nil)
    }
    @Test func `captions in text files are read by the name that stands for them`() throws {
        try folder.touch("a.mp4")
        try folder.write("one\n", to: "a.txt")
        let snapshot = try Dataset.open(folder.path).snapshot()
        #expect(snapshot.metadata != snapshot.metadataPath)
        #expect(OpenDatasets.entries(at: snapshot.metadata)?.map(\.caption) == ["one"])
    }

    // MARK: Folders

    @Test func `a project has its name as the trigger, without what the pipeline appends`() throws {
        try folder.touch("train_date/APT/a.mp4", "train_date/APT/scenes/a-Scene-001.mp4", "train_date/cat_raw/x.mov")
        let notes = Notes()
        let data = try Dataset.open(folder["train_date/APT"], monitor: notes.monitor)
        #expect(data.project == "APT" && data.trigger == "APT")
        #expect(notes.texts.contains { $0.contains("1 clip in APT/scenes") })
        #expect(try reopened("train_date/APT/scenes").trigger == "APT")
        #expect(try reopened("train_date/cat_raw").trigger == "cat")
        try data.setTrigger("NEW")
        try data.close()
        #expect(try reopened("train_date/APT").trigger == "NEW")
    }
    @Test func `what the older GUI left is found`() throws {
        try folder.touch("train_date/P/raw_videos/P01.mp4", "train_date/P/caption/c1.mp4")
        try folder.write("{\n  \"c1.mp4\": \"moon\"\n}", to: "train_date/P/caption/captions.json")
        let raw = try reopened("train_date/P")
        #expect(raw.clips.map(\.mediaPath) == ["raw_videos/P01.mp4"])
        #expect(try reopened("train_date/P/caption").clip(1).caption == "moon")
    }
    @Test func `videos win over images beside them, and images alone are a dataset`() throws {
        try folder.touch("a.mp4", "a.jpg", "pictures/x.PNG")
        let notes = Notes()
        #expect(try Dataset.open(folder.path, monitor: notes.monitor).clips.map(\.name) == ["a.mp4"])
        #expect(notes.texts.contains { $0.contains("1 image beside") })
        #expect(try reopened("pictures").clips.map(\.isImage) == [true])
    }
    @Test func `one file is a dataset, with the caption that its folder has for it`() throws {
        try folder.touch("a.mp4", "b.mp4")
        let single = try reopened("a.mp4")
        #expect(single.count == 1)
        try single.clip(1).setCaption("alone")
        try single.close()
        #expect(try folder.names().contains("a.mp4.dataset.json"))
        try folder.write("[{\"caption\": \"both\", \"media_path\": \"b.mp4\"}]", to: "captions.json")
        #expect(try reopened("b.mp4").clips.map(\.caption) == ["both"])
    }
    @Test func `what opening costs grows with the number of entries and not with its square`() throws {
        /// Processor time, which a busy machine does not lengthen as it does the time of the clock.
        func cost(_ count: Int) throws -> Int {
            let entries = (0..<count).map { number in
                JSON.object(
                    JSONObject([
                        (key: "caption", value: .string("A man rides a bicycle along the canal, number \(number).")),
                        (key: "media_path", value: .string("clip-\(number).mp4")),
                    ]))
            }
            try folder.write(JSON.array(entries).text(indent: 2), to: "\(count).json")
            return try (0..<3).map { _ in
                let start = clock()
                let data = try reopened("\(count).json")
                let cost = clock() - start
                #expect(data.count == count)
                try data.close()
                return cost
            }.min() ?? 0
        }
        let few = try cost(2_000), many = try cost(20_000)
        #expect(many < 40 * few, "\(few) and \(many) µs")
    }
}

@Suite struct TriggerTests {
    @Test(arguments: [
        ("APT", "a boat", "APT a boat"), ("APT", "APT a boat", "APT a boat"), ("APT", "<APT> a boat", "APT a boat"),
        ("APT", "APTERYX", "APT APTERYX"), ("APT", "APT, a boat", "APT, a boat"), (" APT ", "x", "APT x"),
        ("<APT>", "<APT> x", "<APT> x"), ("<APT>", "APT x", "<APT> x"), ("", "x", "x"), ("APT", "", "APT"),
        ("APT", " \n", "APT"),
    ]) func `the trigger stands before the caption once`(word: String, caption: String, expected: String) {
        #expect(Trigger.apply(word, to: caption) == expected)
    }
    @Test func `a word in angle brackets counts when every caption has it`() {
        #expect(Trigger.recognised(in: ["<A> x", "", "<A> y"]) == "A")
        #expect(Trigger.recognised(in: ["<A> x", "<B> y"]) == nil)
        #expect(Trigger.recognised(in: ["x"]) == nil)
        #expect(Trigger.recognised(in: []) == nil)
    }
}
