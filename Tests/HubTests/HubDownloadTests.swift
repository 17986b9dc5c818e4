import Base
import Glibc
import TestSupport
import Testing

@testable import Hub

@Suite struct HubDownloadTests {
    @Test func `a repository comes whole, its small files first, and the second time nothing is fetched`() throws {
        let it = try HubFixture()
        try it.fetch(workers: 1)
        #expect(try it.isWhole())
        #expect(try it.fetches.compactMap { $0["path"]?.string }.map(Path.name) == ["config.json", "w.safetensors"])
        try it.fetch()
        #expect(try it.fetches.count == 2)
        // As `hf download --local-dir` has it: commit, sum, time.
        let note = try Files.text(it.path(".cache/huggingface/download/config.json.metadata")).split(separator: "\n")
        #expect(note.count == 3 && note[0].count == 40 && note[1].count == 40 && Double(note[2]) != nil)
        #expect(!Files.exists(it.path(".cache/huggingface/download/vae/w.safetensors.ltxsh-part")))
    }

    @Test func `a connection that breaks again and again costs no byte twice`() throws {
        let it = try HubFixture(["drop": 50_000, "bytes": "there"], files: ["w.bin": HubFixture.large()])
        try it.fetch()
        #expect(try it.isWhole() && it.sent == 300_000)
        #expect(try it.fetches.filter { $0["there"]?.bool == true }.count == 6)
    }

    @Test func `an address that has run out is asked for again, and goes on where it was`() throws {
        let it = try HubFixture(
            ["bytes": "there", "expiry": 0.15, "drop": 40_000, "rate": 400_000], files: ["w.bin": HubFixture.large()])
        try it.fetch()
        #expect(try it.isWhole() && it.sent == 300_000)
        #expect(try it.fetches.filter { $0["there"]?.bool == false }.count >= 3)
    }

    @Test(
        arguments: [
            // On the hub itself, to the other host, and there and back.
            [[302, "same"]], [[307, "same"], [308, "same"]], [[301, "relative"]], [[302, "there"]],
            [[303, "same"], [302, "there"]],
            [[302, "there"], [302, "back"]], [[308, "relative"], [307, "there"], [302, "same"]],
            [[302, "same"], [302, "same"], [302, "same"], [302, "there"]],
        ] as [JSON])
    func `a chain of redirects is followed, and the token stays with the hub`(chain: JSON) throws {
        let it = try HubFixture(["chain": chain], files: ["w.bin": HubFixture.large(1000)])
        try it.fetch(["HF_TOKEN": HubFixture.token])
        let requests = try it.requests
        #expect(try it.isWhole() && !requests.isEmpty)
        for request in requests {
            let isThere = request["there"]?.bool == true
            #expect(request["authorization"]?.string == (isThere ? nil : "Bearer \(HubFixture.token)"))
        }
        // What the query said is kept.
        #expect(
            try it.fetches.filter { $0["path"]?.string?.contains("/_hop/") == true }.allSatisfy {
                $0["path"]?.string?.hasSuffix("?x=1%2F2") == true
            })
    }
    @Test(
        arguments: [
            ([[302, "loop"]], "was redirected 21 times without an end"), ([[302, "nowhere"]], "redirects to nowhere"),
            ([[302, "ftp://127.0.0.1/x"]], "it is not an http or https address"),
            ([[302, "http://127.0.0.1:9/x"]], "nothing answers at 127.0.0.1:9"),
        ] as [(JSON, String)])
    func `a chain that leads nowhere is said so`(chain: JSON, sentence: String) throws {
        let it = try HubFixture(["chain": chain], files: ["w.bin": HubFixture.large(1000)])
        #expect(HubFixture.failure { try it.fetch() }.contains(sentence))
        #expect(!Files.exists(it.path("w.bin")))
    }

    @Test(
        arguments: [
            ["ranges": false], ["replies": ["_bytes": [["status": 416]]]], ["replies": ["_bytes": [["status": 412]]]],
        ] as [JSON])
    func `what a server cannot go on with comes from the start`(behaviour: JSON) throws {
        var members = behaviour.object ?? JSONObject()
        members["bytes"] = "there"
        let it = try HubFixture(.object(members), files: ["w.bin": HubFixture.large(100_000)])
        try plantPart(it, count: 40_000)
        try it.fetch()
        #expect(try it.isWhole() && it.sent == 100_000)
    }
    /// The beginning of the file, as another process left it, with `flipped` bytes wrong.
    private func plantPart(_ it: HubFixture, count: Int, flips: Bool = false, extra: Int = 0) throws {
        let other = try HubFixture(files: ["w.bin": HubFixture.large(100_000)])
        try other.fetch()
        var bytes = Array(try Files.read(other.path("w.bin"))[..<count]) + Array(repeating: 0, count: extra)
        if flips { bytes[0] ^= 1 }
        let file = try other.client().listing(of: other.repository).files[0]
        let place = try DownloadFolder(it.target).place(of: file)
        try DownloadFolder(it.target).prepare(place)
        try AtomicFile.write(bytes, to: place.part)
        try Sidecar(file).write(place, commit: String(repeating: "a", count: 40), from: HTTPAddress("http://x"))
    }
    @Test(arguments: [
        (100_000, false, 0, 0), (100_000, true, 0, 100_000), (100_000, false, 1, 100_000), (60_000, true, 0, 140_000),
        (60_000, false, 0, 40_000),
    ])
    func `bytes that are there already are gone on with, and held against the sum`(
        count: Int, flips: Bool, extra: Int, sent: Int
    ) throws {
        let it = try HubFixture(files: ["w.bin": HubFixture.large(100_000)])
        try plantPart(it, count: count, flips: flips, extra: extra)
        try it.fetch()
        #expect(try it.isWhole() && it.sent == sent)
    }

    @Test func `what is not the published file is not kept`() throws {
        let it = try HubFixture(["flip": true], files: ["w.bin": HubFixture.large(1000)])
        #expect(HubFixture.failure { try it.fetch() }.contains("is not the published file (its sum is"))
        let length = try HubFixture(["claim": 2000], files: ["w.bin": HubFixture.large(1000)])
        #expect(HubFixture.failure { try length.fetch() }.contains("sent 2000 bytes for 'w.bin', which has 1000"))
        let other = try HubFixture(["range_offset": 5], files: ["w.bin": HubFixture.large(100_000)])
        try plantPart(other, count: 10)
        #expect(HubFixture.failure { try other.fetch() }.contains("it sent another part than was asked for"))
        for it in [it, length, other] { #expect(!Files.exists(it.path("w.bin"))) }
    }

    @Test func `a pause that one is asked for holds for all`() throws {
        let limit: JSON = ["status": 429, "headers": ["RateLimit": "\"resolvers\";r=0;t=0"]]
        let files: JSON = .object(JSONObject((0..<4).map { ("f\($0)", HubFixture.large(100, seed: $0)) }))
        let it = try HubFixture(["replies": ["/resolve/": [limit]]], files: files)
        try it.fetch()
        let times = try it.fetches.compactMap { $0["time"]?.number }.sorted()
        // The first four were on their way; the fifth is the one that was told to wait.
        #expect(times.count == 5 && times[4] - times[0] >= 0.95)
        #expect(try it.isWhole())
    }
    @Test(arguments: [500, 502, 503, 504, 408, 429])
    func `what may pass is asked again`(status: Int) throws {
        let reply: JSON = ["status": .integer(status)]
        let it = try HubFixture([
            "replies": ["/resolve/": [reply, reply], "/tree/": [reply], "/revision/": [reply, ["close": true]]]
        ])
        try it.fetch(workers: 1)
        #expect(try it.isWhole())
    }
    @Test func `a pause of more than five minutes is not waited for`() throws {
        let it = try HubFixture(["replies": ["/resolve/": [["status": 429, "headers": ["Retry-After": "3600"]]]]])
        #expect(HubFixture.failure { try it.fetch(workers: 1) }.contains("says to come back in 60 minutes"))
    }

    @Test func `a file of one's own in the way is kept, and one that was cut off is gone on with`() throws {
        let it = try HubFixture(files: ["a.json": HubFixture.small, "w.bin": HubFixture.large(100_000)])
        try it.fetch()
        let whole = try Files.read(it.path("w.bin"))
        try AtomicFile.write("mine", to: it.path("a.json"))
        try AtomicFile.write(Array(whole[..<30_000]), to: it.path("w.bin"))
        let before = try it.sent
        let notes = try it.fetch()
        #expect(try it.isWhole() && it.sent - before == 70_000 + 9)
        #expect(try Files.text(it.path("a.json.old")) == "mine" && !Files.exists(it.path("w.bin.old")))
        #expect(notes.count == 1 && notes[0].contains("it is kept as 'a.json.old'"))
        // And one that only looks like a beginning comes back whole.
        try AtomicFile.write(Array(repeating: 7, count: 50), to: it.path("w.bin"))
        #expect(try it.fetch().contains { $0.contains("is not the published file: it is fetched from the start") })
        #expect(try it.isWhole() && Files.read(it.path("w.bin.old")) == Array(repeating: 7, count: 50))
    }

    @Test func `a file that is there without a note is held against its sum and not fetched`() throws {
        let it = try HubFixture()
        try it.fetch()
        let before = try it.fetches.count
        Files.remove(it.path(".cache/huggingface/download/vae/w.safetensors.metadata"))
        try it.fetch()
        #expect(try it.fetches.count == before)
        // Same size, other contents.
        var bytes = try Files.read(it.path("vae/w.safetensors"))
        bytes[5] ^= 1
        try AtomicFile.write(bytes, to: it.path("vae/w.safetensors"))
        var times = [timespec(tv_sec: 4_000_000_000, tv_nsec: 0), timespec(tv_sec: 4_000_000_000, tv_nsec: 0)]
        utimensat(AT_FDCWD, it.path("vae/w.safetensors"), &times, 0)
        try it.fetch()
        #expect(try it.isWhole() && it.fetches.count == before + 1)
    }

    @Test func `a list of many pages is read to its end, at the endpoint, whatever it says`() throws {
        let files: JSON = .object(JSONObject((0..<25).map { ("d/f\($0).json", HubFixture.small) }))
        let it = try HubFixture(["page": 7, "link": "https://huggingface.co"], files: files)
        #expect(try it.client().listing(of: it.repository).files.count == 25)
    }
    @Test func `room that the disk does not have is missed before anything is fetched`() throws {
        let it = try HubFixture()
        let file = try HubFile("x.bin", size: 1 << 60, hash: .sha256(String(repeating: "0", count: 64)))
        let listing = HubListing(try it.repository, commit: String(repeating: "a", count: 40), files: [file])
        let plan = try DownloadPlan(listing, [file], into: DownloadFolder(it.target), cache: HubCache("/nowhere"))
        #expect(HubFixture.failure { try plan.requireRoom() }.contains("are still to come; make room"))
        #expect(!Files.exists(it.target))
    }
    @Test func `patterns are those of a shell`() {
        for (path, pattern, fits) in [
            ("vae/a.json", "vae/*", true), ("vae/a/b.json", "vae/*", true), ("vae/a.json", "vae/", true),
            ("a.json", "?.json", true),
            ("ab.json", "?.json", false), ("a.json", "*.bin", false), ("a.b.c", "*.*.c", true), ("", "*", true),
            ("x", "", false),
        ] { #expect(HubListing.matches(path, pattern) == fits, "\(path) \(pattern)") }
    }
}
