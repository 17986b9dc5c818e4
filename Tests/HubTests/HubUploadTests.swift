import Base
import TestSupport
import Testing

@testable import Hub

@Suite struct HubUploadTests {
    private let folder: String
    init() throws { folder = try Scratch.folder("upload") }

    private static let all = ["README.md", "config.yaml", "empty.txt", "a.safetensors", "b.safetensors"]
    /// A card, a small file, an empty one, and two large ones of bytes that no other test has.
    private func items() throws -> [UploadItem] {
        let seed = UInt64.random(in: 0 ... .max)
        for (name, size) in [("a.safetensors", 5000), ("b.safetensors", 12_345)] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: UInt64($0) &* 31 &+ seed >> UInt64($0 % 50)) }
            try AtomicFile.write(bytes, to: Path.join(folder, name))
        }
        return [
            try UploadItem("README.md", text: "---\nlicense: other\n---\n# A\n"),
            try UploadItem("config.yaml", text: "a: 1\n"),
            try UploadItem("empty.txt", text: ""),
            try UploadItem("a.safetensors", file: Path.join(folder, "a.safetensors")),
            try UploadItem("b.safetensors", file: Path.join(folder, "b.safetensors")),
        ]
    }
    private func send(
        _ behaviour: JSON = [:], _ items: [UploadItem]? = nil, isPrivate: Bool = true, to fixture: HubFixture? = nil
    ) throws -> (outcome: HubUpload.Outcome, requests: [JSON], notes: [String]) {
        let it = try fixture ?? HubFixture(behaviour, files: [:]), notes = Notes()
        // Below the repository's name, by which the server tells what belongs together.
        let endpoint = "\(it.server.endpoint)/\(it.name)"
        let environment = try it.environment(["HF_TOKEN": HubFixture.token, "HF_ENDPOINT": endpoint])
        let client = try HubClient(
            environment, needsToken: true, waiting: Waiting(first: 0.001, most: 0.01), retries: 3)
        let outcome = try HubUpload(
            client, it.repository, items ?? self.items(), isPrivate: isPrivate, message: "m", monitor: notes.monitor
        ).run()
        return (outcome, try it.requests, notes.texts)
    }
    private func bodies(_ requests: [JSON], _ part: String) -> [String] {
        requests.filter { $0["path"]?.string?.contains(part) == true }.compactMap { $0["body"]?.string }
    }

    @Test func `files go up in one commit, private, and the second time there is nothing to do`() throws {
        let it = try HubFixture(files: [:]), items = try items()
        let (outcome, requests, notes) = try send([:], items, to: it)
        #expect(outcome.changed == Self.all && outcome.unchanged.isEmpty && outcome.commit.count == 40)
        #expect(notes.contains { $0.contains("made the private repository") })
        #expect(try JSON(parsing: bodies(requests, "/repos/create")[0])["visibility"] == "private")
        // Where the bytes go, the token does not.
        let puts = requests.filter { $0["method"]?.string == "PUT" }
        #expect(puts.count == 2 && puts.allSatisfy { $0["authorization"]?.string == nil && $0["there"]?.bool == true })
        #expect(
            requests.filter { $0["there"]?.bool == false }.allSatisfy {
                $0["authorization"]?.string == "Bearer \(HubFixture.token)"
            })
        let lines = bodies(requests, "/commit/")[0].split(separator: "\n")
        #expect(lines.count == 6 && lines[0].contains("\"parentCommit\":\"aaaa") && lines[4].contains("\"lfsFile\""))
        // Nobody is offered a way that is not spoken here.
        #expect(bodies(requests, "/objects/batch").allSatisfy { !$0.contains("xet") })
        let (again, more, _) = try send([:], items, to: it)
        #expect(again.changed.isEmpty && again.unchanged == Self.all)
        #expect(more.filter { $0["path"]?.string?.contains("/commit/") == true }.count == 1)
    }
    @Test func `large files go in parts`() throws {
        let (outcome, requests, _) = try send(["multipart": 4000])
        #expect(outcome.changed == Self.all)
        #expect(
            requests.filter { $0["method"]?.string == "PUT" }.compactMap { $0["bytes"]?.integer }.sorted() == [
                345, 1000, 4000, 4000, 4000, 4000,
            ])
        #expect(bodies(requests, "_put").contains { $0.contains("\"partNumber\":4") && $0.contains("part-4") })
    }

    /// A fault, and how often what was done then.
    @Test(
        arguments: [
            // Somebody else has committed; another operation is running; the service fails.
            (["replies": ["/commit/": [["status": 412]]]], "/commit/", 2),
            (["replies": ["/commit/": [["status": 409]]]], "/commit/", 2),
            (
                [
                    "replies": [
                        "/repos/create": [["status": 409, "json": ["error": "another operation is in progress"]]]
                    ]
                ], "/repos/create", 2
            ),
            (["replies": ["/preupload/": [["status": 503], ["status": 500]]]], "/preupload/", 3),
            (["replies": ["_put": [["status": 500]]]], "_put", 3),
            (["replies": ["_put": [["close": true]]]], "_put", 3),
            // An address that had run out is asked for again, for that file alone.
            (["replies": ["_put": [["status": 403]]]], "/objects/batch", 2),
            (["multipart": 6000, "replies": ["_put": [["pass": true], ["status": 403]]]], "/objects/batch", 2),
            (["replies": ["/commit/": [["status": 500]]]], "/commit/", 2),
        ] as [(JSON, String, Int)])
    func `what may pass is done again`(behaviour: JSON, part: String, count: Int) throws {
        let (outcome, requests, _) = try send(behaviour)
        #expect(outcome.changed == Self.all)
        #expect(requests.filter { $0["path"]?.string?.contains(part) == true }.count == count)
    }
    @Test func `an answer that is lost is looked for, and nothing is committed twice`() throws {
        let items = try items()
        let files = try items.map { item -> (String, JSON) in
            (
                item.path,
                [
                    "text": .string(String(decoding: try item.bytes(), as: UTF8.self)),
                    "lfs": .bool(item.path.hasSuffix(".safetensors")),
                ]
            )
        }
        // The repository has what is committed, as after a commit whose answer was cut off.
        let plain = Array(items.prefix(3))
        let it = try HubFixture(
            ["replies": ["/commit/": [["close": true]]]], files: .object(JSONObject(Array(files.prefix(3)))))
        let (outcome, requests, _) = try send([:], plain, to: it)
        #expect(outcome.commit == String(repeating: "a", count: 40))
        #expect(requests.filter { $0["path"]?.string?.contains("/commit/") == true }.count == 1)
    }
    @Test func `what a server has forgotten between batch and commit is sent again`() throws {
        let items = try items(), sum = try items[3].sha256(Monitor())
        let there: JSON = ["json": ["transfer": "basic", "objects": [["oid": .string(sum), "size": 5000]]]]
        let (outcome, requests, _) = try send(["replies": ["/objects/batch": [there]]], [items[0], items[3]])
        #expect(outcome.changed == ["README.md", "a.safetensors"])
        #expect(requests.filter { $0["method"]?.string == "PUT" }.count == 1)
        #expect(requests.filter { $0["path"]?.string?.contains("/commit/") == true }.count == 2)
    }

    @Test(
        arguments: [
            (["role": "read"], "it may only read; make a token with the role \"write\""),
            (
                [
                    "replies": [
                        "/validate-yaml": [
                            ["status": 400, "json": ["errors": [["message": "\"license\" must be one of"]]]]
                        ]
                    ]
                ], "does not take its head: \"license\" must be"
            ),
            (["multipart": 4000, "extra_parts": 1], "gives 3 places for 2 parts"),
            (["multipart": 4000, "no_etag": true], "gives no ETag for part 1"),
            (
                ["replies": ["_verify": [["status": 422, "json": ["message": "size differs"]]]]],
                "answered 422: size differs"
            ),
            (
                ["replies": ["/objects/batch": [["json": ["transfer": "xet", "objects": []]]]]],
                "takes large files by 'xet' alone"
            ),
            (["replies": ["/objects/batch": [["json": ["objects": []]]]]], "gives no place to send it to"),
            (["replies": ["/preupload/": [["json": ["files": []]]]]], "it knows nothing of it"),
            (
                ["replies": ["_put": .array(Array(repeating: ["status": 403], count: 20))]],
                "gave addresses that had run out, 4 times"
            ),
            (
                ["replies": ["/commit/": [["status": 403, "json": ["error": "you need write access"]]]]],
                "may not write to test/"
            ),
            (
                ["replies": ["/preupload/": [["status": 307, "headers": ["Location": "http://127.0.0.1:1/x"]]]]],
                "POST failed: 127.0.0.1"
            ),
            (
                [
                    "replies": [
                        "/whoami": [["status": 401, "json": ["error": "Invalid credentials in Authorization header"]]]
                    ]
                ], "does not know the token of HF_TOKEN"
            ),
        ] as [(JSON, String)])
    func `what is refused is said, and nothing is committed`(behaviour: JSON, sentence: String) throws {
        let it = try HubFixture(behaviour, files: [:])
        let said = HubFixture.failure { try send([:], to: it) }
        #expect(said.contains(sentence), "\(said)")
        let commits = try it.requests.filter { $0["path"]?.string?.contains("/commit/") == true }
        #expect(commits.isEmpty || behaviour["replies"]?["/commit/"] != nil)
        #expect(!said.contains(HubFixture.token))
    }
    @Test func `an object that is refused names its file`() throws {
        let items = try items(), sum = try items[3].sha256(Monitor())
        let refused: JSON = [
            "json": ["objects": [["oid": .string(sum), "size": 5000, "error": ["code": 413, "message": "too large"]]]]
        ]
        let said = HubFixture.failure { try send(["replies": ["/objects/batch": [refused]]], [items[3]]) }
        #expect(said.contains("'a.safetensors' failed") && said.contains("does not take it: too large"))
    }
    @Test func `a repository that is there is used, and said to be public when it is`() throws {
        let it = try HubFixture(
            [
                "created": [:],
                "replies": [
                    "/revision/": [["json": ["sha": .string(String(repeating: "a", count: 40)), "private": false]]]
                ],
            ], files: [:])
        let (outcome, _, notes) = try send([:], to: it)
        #expect(
            outcome.changed.count == 5 && notes.contains { $0.contains("is there already and public: it stays public") }
        )
    }
    @Test func `without a token, or with a mirror, nothing is asked`() throws {
        let it = try HubFixture(files: [:])
        #expect(
            HubFixture.failure { try HubClient(it.environment(), needsToken: true) }.contains(
                "HF_TOKEN cannot be used: it is not set"))
        let mirror = ["HF_TOKEN": HubFixture.token, "HF_ENDPOINT": "https://hf-mirror.com"]
        #expect(
            HubFixture.failure { try HubClient(it.environment(mirror), needsToken: true) }.contains(
                "is a public mirror"))
        #expect(try it.requests.isEmpty)
    }
}
