import Base
import Glibc
import Media
import TestSupport
import Testing

@testable import Workbench

/// Several shells, and other programs, at one dataset.
@Suite(.serialized) struct DatasetSharingTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    @Test func `a second holder is named and can only read`() throws {
        try folder.touch("a.mp4")
        let data = try Dataset.open(folder.path)
        try data.clip(1).setCaption("mine")
        // Another open file is another holder to the system, as another process is.
        let location = try DatasetLocation(opening: folder.path)
        let other = try DatasetStore(location)
        #expect(other.state.records.map(\.entry.caption) == ["mine"])
        #expect(other.obstacle?.description.contains("ltxsh \(getpid()) on ") == true)
        // The other's journal is work under way, not what a crash left.
        #expect(!other.takeNotes().contains { $0.contains("did not end well") })
        let error = #expect(throws: DatasetError.self) {
            try other.edit("x") { _ in [.caption(0, from: nil, to: "theirs")] }
        }
        #expect(error?.kind == "dataset.locked")
        try data.close()
        // Free now: the other takes it, with what was folded meanwhile.
        try other.edit("x") { [.caption(0, from: $0.records[0].entry.caption, to: "theirs")] }
        #expect(throws: DatasetError.self) { try data.clip(1).setCaption("again") }
        try other.close()
        // Nobody has seen "theirs" here yet.
        let stale = #expect(throws: DatasetError.self) { try data.clip(1).setCaption("again") }
        #expect(stale?.kind == "dataset.changed" && stale?.description.contains("'a.mp4' is 'theirs' now") == true)
        #expect(try data.clip(1).caption == "theirs")
        try data.clip(1).setCaption("again")
        try data.save()
        #expect(try folder.text("captions.json").contains("again"))
    }

    /// Two holders of one dataset, as two shells are; the first one has the lock.
    private func twoShells() throws -> (Dataset, Dataset) {
        let location = try DatasetLocation(opening: folder.path)
        return (Dataset(try DatasetStore(location)), Dataset(try DatasetStore(location)))
    }
    /// Edits by way of what was read while the other shell had the dataset.
    private static let edits: [(name: String, edit: @Sendable (Dataset) throws -> Void)] = [
        ("caption", { try $0.clip(1).setCaption("mine") }),
        ("rewrite", { try $0.rewriteCaptions("rewrite") { "\($1)!" } }),
        ("prefix", { _ = try $0.prefix("<X> ") }),
        ("removed clip", { try $0.clip(2).setCaption("mine") }),
        ("excluded", { try $0.clip(3).setExcluded(true) }),
        ("reference", { try $0.clip(3).setReference("mine.mp4") }),
        ("trigger", { try $0.setTrigger("mine") }),
    ]
    @Test(arguments: 0..<7) func `what another shell wrote is never overwritten unseen`(edit: Int) throws {
        try folder.touch("a.mp4", "b.mp4", "c.mp4")
        try folder.write("[{\"caption\": \"old\", \"media_path\": \"a.mp4\"}]", to: "captions.json")
        let (theirs, ours) = try twoShells()
        try theirs.clip(1).setCaption("theirs")
        try theirs.clip(3).setExcluded(true)
        try theirs.clip(3).setExcluded(false)
        try theirs.clip(3).setReference("theirs.mp4")
        try theirs.clip(2).setCaption("gone")
        try theirs.remove(2)
        try theirs.clip(2).setExcluded(true)
        try theirs.setTrigger("theirs")
        try theirs.close()
        let name = Self.edits[edit].name, before = try folder.text("captions.json")
        // The other one has excluded the clip as well: the same value is no conflict.
        if name == "excluded" {
            try Self.edits[edit].edit(ours)
            return #expect(ours.clips.map(\.isExcluded) == [false, true])
        }
        let error = #expect(throws: DatasetError.self, "\(name)") { try Self.edits[edit].edit(ours) }
        #expect(error?.kind == (name == "removed clip" ? "dataset.no_clip" : "dataset.changed"), "\(name)")
        #expect(try folder.text("captions.json") == before)
        #expect(ours.clips.map(\.caption) == ["theirs", nil] && ours.trigger == "theirs")
        // Seen now: repeating it works, with what is there.
        if name == "removed clip" { return }
        if name == "reference" { return try ours.clip(2).setReference("mine.mp4") }
        try Self.edits[edit].edit(ours)
        if name == "rewrite" { #expect(ours.clips.map(\.caption) == ["theirs!", "!"]) }
    }
    @Test func `an edit of what the other shell left alone goes through`() throws {
        try folder.touch("a.mp4", "b.mp4")
        let (theirs, ours) = try twoShells()
        try theirs.clip(1).setCaption("theirs")
        try theirs.close()
        try ours.clip(2).setCaption("ours")
        #expect(ours.clips.map(\.caption) == ["theirs", "ours"])
    }
    @Test func `undo does not overwrite what another shell wrote, and drops that step`() throws {
        try folder.touch("a.mp4", "b.mp4")
        let (ours, theirs) = try twoShells()
        try ours.clip(2).setCaption("ours")
        try ours.clip(1).setCaption("ours")
        try ours.close()
        #expect(throws: DatasetError.self) { try theirs.clip(1).setCaption("theirs") }
        try theirs.clip(1).setCaption("theirs")
        try theirs.close()
        let error = #expect(throws: DatasetError.self) { _ = try ours.undo() }
        #expect(error?.description.contains("'caption of a.mp4' cannot be undone") == true)
        #expect(try ours.undo()?.hasPrefix("caption of b.mp4") == true)
        #expect(ours.clips.map(\.caption) == ["theirs", nil])
    }
    @Test func `a caption that changed while its rewriting was computed is not overwritten`() throws {
        try folder.touch("a.mp4", "b.mp4")
        let data = try Dataset.open(folder.path)
        let error = #expect(throws: DatasetError.self) {
            try data.rewriteCaptions("slow") { clip, text in
                try clip.setCaption("by a job")  // as a captioner in the background does
                return text + "!"
            }
        }
        #expect(error?.kind == "dataset.changed")
        #expect(data.clips.map(\.caption) == ["by a job", "by a job"])
    }
    @Test func `the handle of a removed clip cannot bring it back`() throws {
        try folder.touch("a.mp4", "b.mp4")
        let data = try Dataset.open(folder.path), clip = try data.clip(1)
        try data.remove(clip)
        let error = #expect(throws: DatasetError.self) { try clip.setCaption("ghost") }
        #expect(error?.description.contains("'a.mp4' is not in the dataset any more") == true)
    }
    @Test func `another program's changes are kept beside ours`() throws {
        try folder.touch("a.mp4", "b.mp4")
        try folder.write("caption,media_path,score\none,a.mp4,1\ntwo,b.mp4,2\n", to: "captions.csv")
        let data = try Dataset.open(folder.path)
        try data.clip(1).setCaption("uno")
        try folder.write("caption,media_path,score\none,a.mp4,9\nzwei,b.mp4,2\n", to: "captions.csv")
        try data.save()
        #expect(try folder.text("captions.csv") == "caption,media_path,score\nuno,a.mp4,9\nzwei,b.mp4,2\n")
        #expect(data.clips.map(\.caption) == ["uno", "zwei"])
    }
    @Test func `a caption that another program changed as well is named, and undo takes theirs`() throws {
        try folder.touch("a.mp4", "b.mp4")
        try folder.write("caption,media_path\none,a.mp4\ntwo,b.mp4\n", to: "captions.csv")
        let data = try Dataset.open(folder.path), notes = Notes()
        try data.clip(1).setCaption("uno")
        try data.clip(1).setCaption("un")
        try folder.write("caption,media_path\neins,a.mp4\ntwo,b.mp4\n", to: "captions.csv")
        try data.save(monitor: notes.monitor)
        #expect(notes.texts.count == 1 && notes.texts[0].contains("'a.mp4' (there: 'eins'); yours stands"))
        #expect(try folder.text("captions.csv") == "caption,media_path\nun,a.mp4\ntwo,b.mp4\n")
        #expect(try data.undo()?.hasPrefix("your captions over another program's") == true)
        try data.save(monitor: notes.monitor)
        #expect(try folder.text("captions.csv") == "caption,media_path\neins,a.mp4\ntwo,b.mp4\n")
        #expect(notes.texts.count == 1)
    }
    @Test func `what another program took away comes back with undo`() throws {
        try folder.touch("a.mp4", "b.mp4")
        try folder.write(
            "[{\"caption\": \"A\", \"media_path\": \"a.mp4\"}, {\"caption\": \"B\", \"media_path\": \"b.mp4\"}]",
            to: "captions.json")
        let data = try Dataset.open(folder.path)
        try data.clip(1).setCaption("edited")
        try folder.write("[]", to: "captions.json")
        try data.save()
        #expect(data.clips.map(\.caption) == ["edited", nil])
        while let title = try data.undo() { if title.hasPrefix("what another program changed") { break } }
        #expect(try data.clip(2).caption == "B")
    }
    @Test func `a metadata file that was deleted is written again whole`() throws {
        try folder.touch("a.mp4", "b.mp4")
        try folder.write(
            "[{\"caption\": \"A\", \"id\": 1, \"media_path\": \"a.mp4\"}, {\"caption\": \"B\", \"id\": 2, \"media_path\": \"b.mp4\"}]",
            to: "captions.json")
        let data = try Dataset.open(folder.path), notes = Notes()
        try data.clip(1).setCaption("edited")
        unlink(folder["captions.json"])
        try data.save(monitor: notes.monitor)
        #expect(notes.texts.contains { $0.contains("was gone; it is written again") })
        let text = try folder.text("captions.json")
        #expect(text.contains("edited") && text.contains("\"B\"") && text.contains("\"id\": 2"))
    }
    @Test func `text files that another program wrote are left as they are`() throws {
        try folder.touch("a.mp4", "b.mp4", "c.mp4")
        for name in ["a", "b", "c"] { try folder.write("old \(name)\n", to: "\(name).txt") }
        let data = try Dataset.open(folder.path), notes = Notes()
        try data.clip(1).setCaption("edited")
        try folder.write("theirs\n", to: "b.txt")
        unlink(folder["c.txt"])
        try data.save(monitor: notes.monitor)
        #expect(try folder.text("a.txt") == "edited\n" && folder.text("b.txt") == "theirs\n")
        #expect(!Files.exists(folder["c.txt"]))
        #expect(data.clips.map(\.caption) == ["edited", "theirs", nil])
        #expect(notes.texts.contains { $0.contains("changed by another program") })
        // Both at once: ours stands, undo has the other.
        try data.clip(1).setCaption("edited again")
        try folder.write("theirs too\n", to: "a.txt")
        try data.save(monitor: notes.monitor)
        #expect(try folder.text("a.txt") == "edited again\n")
        #expect(notes.texts.last?.contains("there: 'theirs too'") == true)
        _ = try data.undo()
        #expect(try data.clip(1).caption == "theirs too")
    }
    @Test func `edits of text files that are gone come back from the journal`() throws {
        try folder.touch("a.mp4", "b.mp4")
        try folder.write("old\n", to: "a.txt")
        let location = try DatasetLocation(opening: folder.path)
        do {
            let store = try DatasetStore(location)
            try Dataset(store).clip(1).setCaption("edited")
            unlink(folder["a.txt"])
            // As a kill leaves it: the journal, and nothing folded.
            try folder.write(Files.read(folder[".sidecars.journal"]), to: "kept")
        }
        unlink(folder["a.txt"])
        rename(folder["kept"], folder[".sidecars.journal"])
        #expect(try Dataset.open(folder.path).clip(1).caption == "edited")
        #expect(!Files.exists(folder["captions.json"]))
    }
    @Test func `clips that come to a folder of text files are no other program's captions`() throws {
        try folder.touch("a.mp4")
        try folder.write("old\n", to: "a.txt")
        let data = try Dataset.open(folder.path), notes = Notes()
        try folder.touch("b.mp4")
        try data.clip(1).setCaption("new")
        try data.save(monitor: notes.monitor)
        #expect(notes.texts.isEmpty)
    }
    @Test func `a file opened out of a folder of text files is a view of it`() throws {
        try folder.touch("a.mp4", "b.mp4")
        try folder.write("A\n", to: "a.txt")
        let whole = try Dataset.open(folder.path), one = try Dataset.open(folder["a.mp4"])
        try one.clip(1).setCaption("through the file")
        #expect(one.isView && one.count == 1)
        #expect(try whole.clip(1).caption == "through the file")
    }
    @Test func `two clips of one text file cannot get two captions`() throws {
        try folder.touch("a.mp4", "a.mov", "b.mp4")
        try folder.write("one\n", to: "a.txt")
        let data = try Dataset.open(folder.path)
        let error = #expect(throws: DatasetError.self) { try data.clip(named: "a.mov").setCaption("other") }
        #expect(error?.description.contains("share one text file, 'a.txt'") == true)
        #expect(try data.prefix("X ") == 2)
        try data.save()
        #expect(try folder.text("a.txt") == "X one\n")
    }
    @Test func `renaming does not take another clip's text file`() throws {
        try folder.touch("a?.mp4", "a_.mov")
        try folder.write("good", to: "a?.txt")
        try folder.write("precious", to: "a_.txt")
        let data = try Dataset.open(folder.path)
        _ = try data.fix([.names])
        try data.save()
        #expect(
            try folder.names().filter { !$0.hasPrefix(".") } == ["a_.mov", "a_.txt", "a__2.mp4", "a__2.txt"])
        #expect(try folder.text("a_.txt").hasPrefix("precious"))
        #expect(data.clips.map(\.caption).sorted { ($0 ?? "") < ($1 ?? "") } == ["good", "precious"])
    }
    @Test func `a damaged helper file keeps nobody from the captions`() throws {
        try folder.touch("a.mp4")
        try folder.write("[{\"caption\": \"A\", \"media_path\": \"a.mp4\"}]", to: "captions.json")
        try folder.write("{\"trig", to: ".captions.json.extra.json")
        let notes = Notes(), data = try Dataset.open(folder.path, monitor: notes.monitor)
        #expect(notes.texts.contains { $0.contains("are left out") })
        try data.setTrigger("new")
        try data.save()
        #expect(try folder.text(".captions.json.extra.json.damaged") == "{\"trig")
    }
}
