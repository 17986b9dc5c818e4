import Base
import Glibc
import TestSupport
import Testing

@Suite struct AtomicFileTests {
    let folder: String
    init() throws {
        folder = try Scratch.folder("atomic")
    }

    @Test func `a file is replaced whole and no temporary is left`() throws {
        let path = Path.join(folder, "a.json")
        try AtomicFile.write("old", to: path)
        chmod(path, 0o600)
        try AtomicFile.write("new", to: path)
        #expect(try Files.text(path) == "new")
        #expect(try Files.list(folder) == ["a.json"])
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o777 == 0o600)
    }
    @Test func `a failure in the middle leaves the old file`() throws {
        let path = Path.join(folder, "a.txt")
        try AtomicFile.write("old", to: path)
        #expect(throws: Cancelled.self) {
            try AtomicFile.replace(path) { descriptor in
                _ = write(descriptor, "ne", 2)
                throw Cancelled()
            }
        }
        #expect(try Files.text(path) == "old")
        #expect(try Files.list(folder) == ["a.txt"])
    }
    @Test func `a missing folder is named`() {
        let error = #expect(throws: FileError.self) {
            try AtomicFile.write("x", to: Path.join(folder, "no/such/a.txt"))
        }
        #expect(error?.description.contains("no/such/a.txt") == true)
    }
    @Test func `what a writer that was killed has left goes, what one writes now stays`() throws {
        let dead = ".a.b.2147483646.7.tmp.json", alive = ".a.b.\(getpid()).7.tmp.json",
            others = [".a.b.tmp.json", "a.b"]
        for name in [dead, alive, ".c.\(getpid()).7.tmp"] + others { close(creat(Path.join(folder, name), 0o600)) }
        // Of a file that nobody can be writing they go, whoever made them.
        AtomicFile.removeRemains(in: folder) { $0 == "c" }
        #expect(try Set(Files.list(folder)) == Set([dead, alive] + others))
        AtomicFile.removeRemains(in: folder)
        #expect(try Set(Files.list(folder)) == Set([alive] + others))
        AtomicFile.removeRemains(in: folder) { $0 == "a.b.json" }
        #expect(try Set(Files.list(folder)) == Set(others))
    }
    @Test func `a link's target is replaced, not the link`() throws {
        let target = Path.join(folder, "target"), link = Path.join(folder, "link")
        try AtomicFile.write("old", to: target)
        symlink(target, link)
        try AtomicFile.write("new", to: link)
        #expect(try Files.text(target) == "new")
    }
}

@Suite struct PathTests {
    @Test func `parts of a path`() {
        #expect(Path.stem("a/b.c.MP4") == "b.c")
        #expect(Path.fileExtension("a/b.c.MP4") == "mp4")
        #expect(Path.folder("/a") == "/")
        #expect(Path.folder("a") == ".")
        #expect(Path.name("a/b/") == "b")
        #expect(Path.dottedExtension(".hidden") == "")
        #expect(Path.withoutExtension("a.d/b.c.MP4") == "a.d/b.c")
        #expect(Path.withoutExtension("a.d/b") == "a.d/b")
        #expect(Path.withoutExtension("a/.hidden") == "a/.hidden")
        #expect(Path.relative("/a/b/c", to: "/a/d") == "../b/c")
        #expect(Path.absolute("/a/./b/../c") == "/a/c")
    }
    @Test(arguments: ["../a", "/a", "a/../../b", "a\0b"]) func `names that leave the folder are seen`(path: String) {
        #expect(!Path.staysInside(path))
    }
}
