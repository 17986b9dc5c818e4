import Base
import Glibc
import TestSupport
import Testing

@testable import Hub

@Suite struct HubCacheTests {
    private let folder: String, home: String
    private static let commit = String(repeating: "c", count: 40)
    private let repository: HubRepository

    init() throws {
        folder = try Scratch.folder("cache")
        home = Path.join(folder, "models--org--model")
        repository = try HubRepository("org/model")
        try Files.makeFolder(Path.join(home, "snapshots/\(Self.commit)/vae"))
        try Files.makeFolder(Path.join(home, "blobs"))
        try Files.makeFolder(Path.join(home, "refs"))
        try AtomicFile.write(Self.commit, to: Path.join(home, "refs/main"))
    }
    private func write(_ text: String, _ name: String) throws {
        let path = Path.join(folder, name)
        try Files.makeFolder(Path.folder(path))
        try AtomicFile.write(text, to: path)
    }
    private func link(_ target: String, _ name: String) { #expect(symlink(target, Path.join(snapshot, name)) == 0) }
    private var snapshot: String { Path.join(home, "snapshots/\(Self.commit)") }
    private func text(_ name: String) -> String? {
        HubCache(folder).file(name, in: snapshot).flatMap { try? Files.text($0) }
    }

    @Test(arguments: ["links", "shared store", "real files", "mixed"]) func `a layout is read`(shape: String) throws {
        switch shape {
        case "links":
            try write("one", "models--org--model/blobs/e1")
            link("../../blobs/e1", "model_index.json")
        case "shared store":
            try write("one", "blobs/ab/abcd")
            #expect(symlink("../../blobs/ab/abcd", Path.join(home, "blobs/e1")) == 0)
            link("../../blobs/e1", "model_index.json")
        default: try write("one", "models--org--model/snapshots/\(Self.commit)/model_index.json")
        }
        if shape == "mixed" {
            try write("two", "models--org--model/blobs/e2")
            link("../../../blobs/e2", "vae/config.json")
            #expect(text("vae/config.json") == "two")
        }
        let cache = HubCache(folder)
        #expect(text("model_index.json") == "one" && cache.repositories == [repository])
        #expect(
            cache.snapshot(of: repository, having: ["model_index.json"]) == snapshot
                && cache.dangling(in: snapshot).isEmpty)
        #expect(cache.snapshot(of: repository, revision: Self.commit) == snapshot)
        #expect(
            cache.snapshot(of: repository, revision: "other") == nil
                && cache.snapshot(of: repository, having: ["x"]) == nil)
    }
    @Test func `a link to nothing is named, and its snapshot is not taken for whole`() throws {
        link("../../blobs/gone", "model_index.json")
        #expect(text("model_index.json") == nil && HubCache(folder).dangling(in: snapshot) == ["model_index.json"])
        #expect(HubCache(folder).snapshot(of: repository, having: ["model_index.json"]) == nil)
    }
    @Test func `a link out of the cache is not followed, though the cache itself may be one`() throws {
        let other = try Scratch.folder("elsewhere")
        try AtomicFile.write("secret", to: Path.join(other, "x"))
        link(Path.join(other, "x"), "model_index.json")
        #expect(text("model_index.json") == nil)
        try write("one", "models--org--model/snapshots/\(Self.commit)/a.json")
        let moved = Scratch.path("linked")
        #expect(symlink(folder, moved) == 0)
        let cache = HubCache(moved)
        let found = try #require(cache.snapshot(of: repository, having: ["a.json"]))
        #expect(cache.file("a.json", in: found) != nil && cache.file("model_index.json", in: found) == nil)
    }
    @Test func `without a branch's note the newest snapshot that has what is wanted is taken`() throws {
        Files.remove(Path.join(home, "refs/main"))
        let older = String(repeating: "d", count: 40)
        try write("one", "models--org--model/snapshots/\(older)/model_index.json")
        var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, Path.join(home, "snapshots/\(older)"), &times, 0) == 0)
        let cache = HubCache(folder)
        #expect(cache.snapshot(of: repository) == snapshot)
        #expect(cache.snapshot(of: repository, having: ["model_index.json"]) == Path.join(home, "snapshots/\(older)"))
    }
    @Test func `a cache that may not be written is read, and what is in it is not fetched`() throws {
        let it = try HubFixture()
        try it.fetch()
        let listing = try it.client().listing(of: it.repository), cache = Path.join(it.folder, "hf-home/hub")
        let blobs = Path.join(cache, "models--\(it.name.replacing("/", with: "--"))/blobs")
        try Files.makeFolder(blobs)
        for file in listing.files {
            try AtomicFile.write(Files.read(it.path(file.path)), to: Path.join(blobs, "\(try #require(file.hash))"))
        }
        for file in try Files.list(blobs) { chmod(Path.join(blobs, file), 0o444) }
        chmod(blobs, 0o555)
        defer { chmod(blobs, 0o755) }
        let before = try it.fetches.count,
            stamps = try Files.list(blobs).map { try FileStamp(Path.join(blobs, $0)).text }
        let target = DownloadFolder(Path.join(it.folder, "models/again"))
        let plan = try DownloadPlan(listing, listing.files, into: target, cache: HubCache(cache))
        #expect(plan.toFetch == 0)
        try Download(it.client(), plan, cache: HubCache(cache)).run(Monitor())
        #expect(try it.fetches.count == before)
        #expect(try Files.read(Path.join(target.path, "vae/w.safetensors")) == Files.read(it.path("vae/w.safetensors")))
        #expect(try Files.list(blobs).map { try FileStamp(Path.join(blobs, $0)).text } == stamps)
    }
    @Test func `what an older program has begun is gone on with, and thrown away when it is something else`() throws {
        for (flips, fetched) in [(false, 200_000), (true, 200_000 + 300_000)] {
            let it = try HubFixture(), listing = try it.client().listing(of: it.repository)
            let file = try #require(listing.files.first { $0.path == "vae/w.safetensors" })
            try it.fetch()
            var bytes = Array(try Files.read(it.path(file.path))[..<100_000])
            if flips { bytes[7] ^= 1 }
            let blobs = Path.join(it.folder, "hf-home/hub/models--\(it.name.replacing("/", with: "--"))/blobs")
            try Files.makeFolder(blobs)
            try AtomicFile.write(bytes, to: Path.join(blobs, "\(try #require(file.hash)).incomplete"))
            Files.remove(it.path(file.path))
            let before = try it.sent
            try it.fetch()
            #expect(try it.isWhole() && it.sent - before == fetched)
        }
    }

    // MARK: Names

    static let hostile = [
        "../x", "a/../../x", "..", "a/..", "/etc/x", "//x", "C:\\x", "C:/x", "c:x", "\\\\host\\share\\x", "a\\b",
        "..\\x", "~/x", "~x",
        "a\0b", "a\nb", "\u{7f}", "a//b", "a/./b", "./a", ".", "", "a/", "/", "%2e%2e/x", "a%2fb", "a/%2e%2e/x",
        ".git/config",
        "a/.git/hooks/x", ".GIT/x", ".cache/huggingface/download/x.metadata", "a/.Cache/x", "...", "a/\u{1}",
        String(repeating: "n", count: 300), "a/\(String(repeating: "é", count: 200))", "\t", "a\rb", "..\\..\\x",
        "x/../..",
    ]
    @Test(arguments: hostile.indices) func `a name that leads elsewhere is refused before anything is fetched`(
        place: Int
    ) throws {
        let name = Self.hostile[place]
        // Three dots are a name like any other.
        guard name != "..." else {
            #expect(throws: Never.self) { try HubFile(name, size: 1, hash: nil) }
            return
        }
        #expect(throws: HubError.self) { try HubFile(name, size: 1, hash: nil) }
        #expect(!name.contains("..") || throwsName { try HubRepository("org/\(name)") })
        #expect(HubCache(folder).file(name, in: snapshot) == nil || name.isEmpty)
        #expect(DownloadFolder(folder).recordedHash(of: name) == nil)
    }
    private func throwsName(_ body: () throws -> some Any) -> Bool { (try? body()) == nil }
    @Test func `a list with one hostile name fetches nothing at all`() throws {
        for name in ["../x", "/tmp/x", "a\\b", ".git/config"] {
            let it = try HubFixture(files: [
                "good.json": HubFixture.small, "bad": ["text": "x", "name": .string(name)],
            ])
            #expect(HubFixture.failure { try it.fetch() }.contains("would not stay in the folder: nothing was fetched"))
            #expect(try it.fetches.isEmpty && !Files.exists(it.target))
        }
    }
    @Test func `a link in the folder that leads out of it is not written through`() throws {
        let it = try HubFixture(), other = try Scratch.folder("outside")
        try Files.makeFolder(it.target)
        #expect(symlink(other, it.path("vae")) == 0)
        #expect(HubFixture.failure { try it.fetch() }.contains("is a link that leads out of"))
        #expect(try Files.list(other).isEmpty)
        // The folder itself may be one.
        let linked = Scratch.path("linked-models")
        #expect(symlink(other, linked) == 0)
        let listing = try it.client().listing(of: it.repository), cache = HubCache("/nowhere")
        let plan = try DownloadPlan(listing, listing.files, into: DownloadFolder(linked), cache: cache)
        try Download(it.client(), plan, cache: cache).run(Monitor())
        #expect(Files.exists(Path.join(other, "vae/w.safetensors")))
    }
    @Test func `repositories are names or the addresses of their pages`() throws {
        for text in ["Lightricks/LTX-Video", "https://huggingface.co/Lightricks/LTX-Video/tree/main/vae"] {
            #expect(try HubRepository(text).description == "Lightricks/LTX-Video")
        }
        #expect(try HubRepository("gpt2").name == "gpt2")
        for text in ["", "a/b/c", "a b/c", "a/b?x", "a/", "/b", "a/.b", "a--b/c", "ä/b"] {
            #expect(throws: HubError.self, "\(text)") { try HubRepository(text) }
        }
    }
}
