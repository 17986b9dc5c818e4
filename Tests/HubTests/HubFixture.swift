import Base
import Hub
import TestSupport
import Testing

@testable import Hub

/// A repository on the test server, and a folder to fetch it into.
struct HubFixture {
    let server: HubServer, name: String, folder: String
    static let token = "hf_planted0123456789abcdef"
    static let small: JSON = ["text": "{\"a\": 1}\n"]
    static func large(_ size: Int = 300_000, seed: Int = 1) -> JSON {
        ["size": .integer(size), "seed": .integer(seed), "lfs": true]
    }

    /// One small file and a large one, unless said otherwise.
    init(_ behaviour: JSON = [:], files: JSON = ["config.json": small, "vae/w.safetensors": large()]) throws {
        server = try HubServer.shared.get()
        var members = behaviour.object ?? JSONObject()
        members["files"] = files
        name = try server.repository("model", .object(members))
        folder = try Scratch.folder("hub")
    }
    var repository: HubRepository { get throws { try HubRepository(name) } }
    var requests: [JSON] { get throws { try server.requests(of: name) } }
    /// The requests for files, of either host.
    var fetches: [JSON] {
        get throws {
            try requests.filter { request in
                ["/resolve/", "/_hop/", "/_bytes/"].contains { request["path"]?.string?.contains($0) == true }
            }
        }
    }
    var sent: Int { get throws { try requests.reduce(0) { $0 + ($1["sent"]?.integer ?? 0) } } }

    /// Variables of an environment of its own, with the server as its hub.
    func environment(_ more: [String: String] = [:]) throws -> HubEnvironment {
        var variables = ["HF_ENDPOINT": server.endpoint, "HF_HOME": Path.join(folder, "hf-home")]
        variables.merge(more) { $1 }
        return try HubEnvironment(variables)
    }
    func client(_ more: [String: String] = [:]) throws -> HubClient {
        try HubClient(environment(more), waiting: Waiting(first: 0.001, most: 0.01))
    }
    var target: String { Path.join(folder, "models/it") }
    func path(_ file: String) -> String { Path.join(target, file) }

    /// Fetches everything; the notes.
    @discardableResult
    func fetch(_ more: [String: String] = [:], workers: Int = 4) throws -> [String] {
        let client = try client(more), cache = HubCache(client.environment.cache)
        let listing = try client.listing(of: repository)
        let plan = try DownloadPlan(listing, listing.files, into: DownloadFolder(target), cache: cache)
        let notes = Notes()
        try Download(client, plan, cache: cache, workers: workers).run(notes.monitor)
        return notes.texts
    }
    /// Whether every file is whole, by the sums that the server tells.
    func isWhole() throws -> Bool {
        let listing = try client().listing(of: repository)
        return try !listing.files.isEmpty
            && listing.files.allSatisfy { file in try file.hash.map { try $0.actual(path(file.path)) == $0 } ?? false }
    }
    static func failure(_ body: () throws -> some Any) -> String {
        do { return "no error: \(try body())" } catch { return "\(error)" }
    }
}
