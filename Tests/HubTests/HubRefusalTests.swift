import Base
import TestSupport
import Testing

@testable import Hub

@Suite struct HubRefusalTests {
    /// What the hub answers, whether a token is sent, and what is said then.
    private static let refusals: [(reply: JSON, hasToken: Bool, sentence: String)] = [
        (reply(401, "RepoNotFound"), false, "of a private one, set HF_TOKEN to a token that may read it"),
        (reply(404, "RepoNotFound"), true, "or it is private and the token of HF_TOKEN may not see it"),
        (reply(404, "RevisionNotFound"), false, "has no such revision ('revision main' of test/"),
        (reply(404, "RevisionNotFound"), true, "that the token of HF_TOKEN may see; its page"),
        (reply(404, "EntryNotFound"), false, "is not there at 127.0.0.1"),
        (reply(404, "EntryNotFound"), true, "or the token of HF_TOKEN may not see it"),
        (reply(401, "GatedRepo"), false, "is gated: accept its terms at http://127.0.0.1"),
        (reply(403, "GatedRepo"), true, "the account of the token of HF_TOKEN has not been let in: ask for access at"),
        (reply(403, "", "Access to this resource is disabled."), false, "has been taken down at 127.0.0.1"),
        (reply(403, "", "Access to this resource is disabled."), true, "has been taken down at 127.0.0.1"),
        (reply(401, "", "Invalid credentials in Authorization header"), true, "does not know the token of HF_TOKEN"),
        (
            reply(
                403, "GatedRepo",
                "Please enable access to public gated repositories in your fine-grained token settings"), true,
            "lacks the right \"Read access to contents of all public gated repos you can access\""
        ),
        (reply(403, "", "no"), false, "without a token (403) (127.0.0.1"),
        (reply(403, "", "no"), true, "the token of HF_TOKEN at 'revision"),
    ]
    private static func reply(_ status: Int, _ code: String, _ message: String = "said\u{1b}[31m") -> JSON {
        [
            "status": .integer(status), "headers": code.isEmpty ? [:] : ["X-Error-Code": .string(code)],
            "json": ["error": .string(message)],
        ]
    }

    @Test(arguments: refusals.indices) func `a refusal says what to do, and is not repeated`(place: Int) throws {
        let (reply, hasToken, sentence) = Self.refusals[place]
        let it = try HubFixture(["replies": ["/revision/": [reply, reply, reply]]])
        let said = HubFixture.failure { try it.fetch(hasToken ? ["HF_TOKEN": HubFixture.token] : [:]) }
        #expect(said.contains(sentence), "\(said)")
        #expect(!said.contains("\u{1b}") && !said.contains(HubFixture.token))
        #expect(try it.requests.count == 1)
    }

    @Test func `a server that says the token back is not quoted with it`() throws {
        let reply: JSON = ["status": 403, "json": ["error": .string("bad \(HubFixture.token)")]]
        let it = try HubFixture(["replies": ["/resolve/": [reply, reply]]])
        let said = HubFixture.failure { try it.fetch(["HF_TOKEN": HubFixture.token], workers: 1) }
        #expect(said.contains("bad •••") && !said.contains(HubFixture.token))
    }

    // MARK: Mirrors and other endpoints

    @Test func `an endpoint may have a path, and a slash at its end`() throws {
        let it = try HubFixture(["page": 1])
        try it.fetch(["HF_ENDPOINT": it.server.endpoint + "/mirror/hf/"])
        #expect(
            try it.isWhole() && it.requests.contains { $0["path"]?.string?.hasPrefix("/mirror/hf/api/models/") == true }
        )
    }
    @Test func `what is no hub is said to be none`() throws {
        for reply in [["text": "<html>welcome</html>"], ["json": ["sha": "main"]], ["json": []]] as [JSON] {
            let it = try HubFixture(["replies": ["/revision/": [reply]]])
            #expect(HubFixture.failure { try it.fetch() }.contains("does not answer as a hub does"))
        }
    }
    @Test func `a mirror that sends elsewhere for the bytes is told from the host that fails`() throws {
        let it = try HubFixture(["chain": [[302, "http://127.0.0.1:9/gone"]]], files: ["w.bin": HubFixture.large(100)])
        let said = HubFixture.failure { try it.fetch() }
        #expect(said.contains("127.0.0.1 has the lists alone: the bytes come from 127.0.0.1, and that host failed"))
        #expect(said.contains("source = \"modelscope\""))
        let broken = try HubFixture(
            ["bytes": "there", "replies": ["_bytes": .array(Array(repeating: ["status": 418], count: 3))]],
            files: ["w.bin": HubFixture.large(100)])
        #expect(HubFixture.failure { try broken.fetch() }.contains("that host failed (answered 418)"))
    }
    @Test func `a token is kept from public mirrors and from what is not encrypted`() throws {
        func client(_ endpoint: String) throws -> HubClient {
            try HubClient(
                HubEnvironment(["HF_TOKEN": HubFixture.token, "HF_ENDPOINT": endpoint, "HF_HOME": "/nowhere"]))
        }
        for endpoint in ["https://hf-mirror.com", "https://www.hf-mirror.com/x", "http://hub.example.org"] {
            #expect(try client(endpoint).token == nil && client(endpoint).keepsToken)
        }
        for endpoint in [
            "https://huggingface.co", "https://hub.firma.example", "http://hub.local", "http://10.0.0.7:8080",
        ] {
            #expect(try client(endpoint).token != nil && !client(endpoint).keepsToken)
        }
        let there = try HTTPAddress("https://cas-bridge.xethub.hf.co/x"), hub = try client("https://huggingface.co")
        #expect(hub.request("GET", there).headers.allSatisfy { $0.name != "Authorization" })
        #expect(
            hub.request("GET", try HTTPAddress("http://huggingface.co/x")).headers.allSatisfy {
                $0.name != "Authorization"
            })
        #expect(
            hub.request("GET", try HTTPAddress("https://huggingface.co:444/x")).headers.allSatisfy {
                $0.name != "Authorization"
            })
    }
    @Test func `ModelScope has the same files, and no token goes there`() throws {
        let it = try HubFixture()
        let environment = try it.environment(["MODELSCOPE_DOMAIN": it.server.endpoint, "HF_TOKEN": HubFixture.token])
        let client = try HubClient.modelScope(environment), cache = HubCache(environment.cache)
        let listing = try client.listing(of: it.repository)
        #expect(listing.commit == "master" && listing.files.count == 2)
        let plan = try DownloadPlan(listing, listing.files, into: DownloadFolder(it.target), cache: cache)
        try Download(client, plan, cache: cache).run(Monitor())
        #expect(try it.isWhole())
        #expect(
            try it.requests.prefix { $0["path"]?.string?.contains("/api/models/") != true }.allSatisfy {
                $0["authorization"]?.string == nil
            })
        // Its bytes against the hub's sums: another file of the same size is not taken.
        let other = try HubFixture(["flip": true], files: ["w.bin": HubFixture.large(100)])
        let files = try other.client().listing(of: other.repository)
        let second = try DownloadPlan(files, files.files, into: DownloadFolder(other.target), cache: cache)
        #expect(
            HubFixture.failure { try Download(client, second, cache: cache).run(Monitor()) }.contains(
                "is not the published file"))
    }

    // MARK: Settings

    @Test func `the environment is read as Hugging Face's programs read it`() throws {
        #expect(try HubEnvironment([:]).endpoint.description == "https://huggingface.co")
        #expect(try HubEnvironment(["HF_ENDPOINT": "", "HF_HOME": "/h"]).cache == "/h/hub")
        #expect(try HubEnvironment(["XDG_CACHE_HOME": "/x"]).cache == "/x/huggingface/hub")
        #expect(try HubEnvironment(["HUGGINGFACE_HUB_CACHE": "/old"]).cache == "/old")
        #expect(try HubEnvironment(["HUGGINGFACE_HUB_CACHE": "/old", "HF_HUB_CACHE": "/new"]).cache == "/new")
        for (variables, name) in [
            (["HF_HUB_OFFLINE": "1"], "HF_HUB_OFFLINE"), (["TRANSFORMERS_OFFLINE": "yes"], "TRANSFORMERS_OFFLINE"),
            (["TRANSFORMERS_OFFLINE": "1", "HF_HUB_OFFLINE": "0"], nil),
            (["HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": "true"], "TRANSFORMERS_OFFLINE"),
            ([:], nil),
        ] as [([String: String], String?)] { #expect(try HubEnvironment(variables).offlineVariable == name) }
        let home = try Scratch.folder("hf")
        try AtomicFile.write("hf_file\n", to: Path.join(home, "token"))
        func origin(_ variables: [String: String], needed: Bool = false) throws -> String? {
            try HubEnvironment(variables.merging(["HF_HOME": home]) { $1 }).token(isNeeded: needed)?.origin
        }
        #expect(
            try origin([:]) == "'\(home)/token'"
                && origin(["HF_TOKEN": "a", "HUGGING_FACE_HUB_TOKEN": "b"]) == "HF_TOKEN")
        #expect(try origin(["HUGGING_FACE_HUB_TOKEN": "b"]) == "HUGGING_FACE_HUB_TOKEN")
        #expect(try origin(["HF_TOKEN_PATH": "/nowhere"]) == nil)
        #expect(try origin(["HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]) == nil)
        #expect(try origin(["HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"], needed: true) != nil)
        #expect(HubFixture.failure { try origin(["HF_TOKEN": "a\nb"]) }.contains("HF_TOKEN cannot be used"))
        let shown = try HubEnvironment(["HF_TOKEN": HubFixture.token, "HF_HOME": "/h"]).shown
        #expect(shown.map(\.name) == ["HF_HOME", "HF_TOKEN"] && shown.map(\.value) == ["/h", "set"])
    }
}
