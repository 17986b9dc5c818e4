import Base
import TestSupport
import Testing

@testable import Workbench

@Suite struct ProvenanceTests {
    @Test func `a record comes back as it was`() throws {
        var record = Provenance()
        (record.inputs, record.settings, record.dataset) = (["source": "12-3-ab"], "size 64x32", "../captions.json")
        record.facts["pictures"] = 7
        #expect(Provenance(try JSON(parsing: Array(record.json.text().utf8))) == record)
        record.isDone = true
        #expect(Provenance(record.json) == record)
    }
    /// Records as earlier versions of each maker have left them on the disk.
    @Test func `records of before there was one form are read`() throws {
        func read(_ text: String) throws -> Provenance? { Provenance(try JSON(parsing: Array(text.utf8))) }
        let batch = try #require(
            try read(
                """
                {"dataset": "../captions.json", "source": "12-3-ab", "options": "grey", "done": true, "pictures": 3,
                "caption": "", "captioned": "12-ab"}
                """))
        #expect(batch.inputs == ["source": "12-3-ab"] && batch.settings == "grey" && batch.isDone)
        #expect(batch.dataset == "../captions.json")
        #expect(batch.facts.members.map(\.key) == ["pictures", "caption", "captioned"])
        let begun = try #require(try read(#"{"source": "1-2-3", "options": "grey", "done": false}"#))
        #expect(!begun.isDone && begun.dataset == nil)

        let encoded = try #require(
            try read(#"{"mark": "cafe", "dataset": "../captions.json", "content": "9-ff", "stamp": "9-1-2-3"}"#))
        #expect(encoded == Provenance(mark: "cafe", dataset: "../captions.json", content: "9-ff", stamp: "9-1-2-3"))
        #expect(try read(#"{"mark": "", "dataset": "x"}"#)?.isDone == false)
        #expect(try read(#""cafe""#) == Provenance(mark: "cafe", dataset: nil, content: nil, stamp: nil))
        #expect(try read("[1]") == nil)
    }
    @Test func `a batch tool's record of before is up to date`() throws {
        let folder = try Scratch.folder("record"), path = Path.join(folder, ".resize/a.mp4.json")
        try Files.makeFolder(Path.folder(path))
        try AtomicFile.write(
            #"{"dataset": "d", "source": "12-3-ab", "options": "64x32", "done": true, "pictures": 1, "retired": true}"#,
            to: path)
        var record = BatchRecord(.resize, of: "a.mp4", in: folder)
        #expect(record.isKnown && record.isOf("12-3-ab", "64x32") && !record.isOf("12-3-ab", "64x64"))
        #expect(record.pictures == 1 && record.isRetired && record.dataset == "d")
        try record.comeBack()
        let again = BatchRecord(.resize, of: "a.mp4", in: folder)
        #expect(again.isOf("12-3-ab", "64x32") && !again.isRetired)
        try record.begin("13-3-ab", "64x32", for: "e")
        #expect(!BatchRecord(.resize, of: "a.mp4", in: folder).isOf("13-3-ab", "64x32"))
    }
}
