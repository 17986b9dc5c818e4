import Base
import Glibc
import Testing

@testable import Workbench

/// Where a dataset writes: another file, a folder that is not where it was.
@Suite(.serialized) struct DatasetPlaceTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    // MARK: saving elsewhere

    @Test func `a view saved to another file has the view's clips in its order, the dataset's own file all of them`()
        throws
    {
        try folder.touch("d/a.mp4", "d/b.mp4", "d/c.mp4")
        let data = try Dataset.open(folder["d"])
        try data.clip(1).setCaption("one")
        try data.clip(3).setCaption("three")
        let view = data.captioned().sorted { $0.name > $1.name }
        try view.save(to: folder["view.csv"])
        #expect(try folder.text("view.csv") == "caption,media_path\nthree,d/c.mp4\none,d/a.mp4\n")
        try data.save(to: folder["all.csv"])
        #expect(try folder.text("all.csv").split(separator: "\n").count == 4)
        // Never a part over the whole, by whatever path.
        symlink(folder["d"], folder["link"])
        try view.save(to: folder["link/captions.json"])
        #expect(try Files.json(folder["d/captions.json"]).array?.count == 3)
        try view.save(to: folder["link/captions.json"])
        #expect(try Files.json(folder["d/captions.json"]).array?.count == 3)
        try data.clip(2).setCaption("two")
        try view.save()
        #expect(
            try Files.json(folder["d/captions.json"]).array?.compactMap { $0["caption"]?.string } == [
                "one", "two", "three",
            ])
    }

    // MARK: a folder that moves

    @Test func `a folder that was moved gets nothing in its old place, and the edits come back in the new one`() throws
    {
        try folder.touch("old/a.mp4")
        let data = try Dataset.open(folder["old"])
        try data.clip(1).setCaption("kept")
        rename(folder["old"], folder["new"])
        let error = #expect(throws: DatasetError.self) { try data.save() }
        #expect(error?.kind == "dataset.moved")
        #expect(error?.description.contains("in '\(folder["new/.captions.json.journal"])'") == true)
        // Strangers in the old place.
        try folder.touch("old/theirs.mp4")
        #expect(throws: DatasetError.self) { try data.clip(1).setCaption("again") }
        #expect(throws: DatasetError.self) { try data.fold() }
        #expect(try Dataset.open(folder["old"]).clips.map(\.name) == ["theirs.mp4"])
        #expect(throws: DatasetError.self) { try data.close() }
        #expect(try folder.names("old").filter { $0.hasPrefix("captions") || $0.hasSuffix("journal") } == [])
        let moved = try Dataset.open(folder["new"])
        #expect(try moved.clip(1).caption == "kept")
        try moved.save()
        #expect(try folder.text("new/captions.json").contains("kept"))
    }
    @Test func `a moved folder without edits closes quietly, and the lock of the folder there now stays`() throws {
        try folder.touch("old/a.mp4")
        let data = try Dataset.open(folder["old"])
        rename(folder["old"], folder["new"])
        try folder.touch("old/theirs.mp4")
        let theirs = try Dataset.open(folder["old"])
        try data.close()
        #expect(try folder.names("old").contains(".captions.json.lock"))
        try theirs.clip(1).setCaption("x")
    }
}
