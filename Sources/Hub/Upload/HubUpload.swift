import Base
import Foundation

/// Files on their way into a repository of a hub: large ones by Git LFS, small ones inside of the commit, and all in one commit.
public final class HubUpload {
    private let client: HubClient, items: [UploadItem], isPrivate: Bool, message: String, monitor: Monitor
    private let connection = HTTPConnection()
    private var repository: HubRepository
    private let branch = "main"
    private var sums: [String: String] = [:], sent = 0

    /// What came of it.
    public struct Outcome: Sendable {
        /// The repository's page, and its commit after this.
        public let address: String, commit: String
        /// Files that are new or others than they were, and those that were there as they are.
        public let changed: [String], unchanged: [String]
    }

    /// - Parameters:
    ///   - isPrivate: of a repository that is made; one that is there stays as it is.
    ///   - message: the first line of the commit.
    public init(
        _ client: HubClient, _ repository: HubRepository, _ items: [UploadItem], isPrivate: Bool, message: String,
        monitor: Monitor
    ) {
        (self.client, self.repository, self.items) = (client, repository, items)
        (self.isPrivate, self.message, self.monitor) = (isPrivate, message, monitor)
    }

    /// Throws `HubError`, `HTTPError`, `FileError` or `Cancelled`. Called again it sends what is not there yet.
    public func run() throws -> Outcome {
        try prepareRepository()
        try checkCard()
        var changed = try negotiate()
        if changed.isEmpty {
            return Outcome(address: address, commit: try head(), changed: [], unchanged: items.map(\.path))
        }
        let large = changed.filter(\.isLarge).map(\.item)
        for item in large { sums[item.path] = try item.sha256(monitor) }
        try send(large)
        let commit = try commit(&changed)
        let names = Set(changed.map(\.item.path))
        return Outcome(
            address: address, commit: commit, changed: changed.map(\.item.path),
            unchanged: items.map(\.path).filter { !names.contains($0) })
    }

    private var address: String { "\(client.endpoint)/\(repository)" }
    private func post(_ place: HTTPAddress, _ body: JSON, type: String = "application/json") -> HTTPRequest {
        var request = client.request("POST", place)
        request.headers.append(("Content-Type", type))
        request.body = Array(body.compactText.utf8)
        return request
    }
    private var api: HTTPAddress { client.endpoint.below(["api", "models"]).below(repository.parts) }

    // MARK: The repository

    private func prepareRepository() throws {
        let me = try client.json(
            client.request("GET", client.endpoint.below(["api", "whoami-v2"])), of: .other("whose the token is"),
            connection, monitor
        ).json
        let user = me["name"]?.string ?? ""
        if me["auth"]?["accessToken"]?["role"]?.string == "read" {
            throw HubError.setting(
                client.token?.origin ?? "HF_TOKEN",
                "it may only read; make a token with the role \"write\" at \(client.endpoint)/settings/tokens")
        }
        if repository.parts.count == 1 { repository = try HubRepository("\(user)/\(repository)") }
        let owner = String(repository.parts[0])
        let body: JSON = [
            "name": .string(repository.name), "organization": owner == user ? .null : .string(owner),
            "visibility": isPrivate ? "private" : "public",
        ]
        let request = post(client.endpoint.below(["api", "repos", "create"]), body)
        for attempt in 0...client.retries {
            let response = try client.response(request, connection, monitor)
            if response.status < 300 {
                return monitor.note("made the \(isPrivate ? "private" : "public") repository \(repository)")
            }
            let said = HubMessage.text(response, masking: client.token?.key).lowercased()
            if response.status == 409, said.contains("another") || said.contains("in progress"),
                attempt < client.retries
            {
                try client.sleep(attempt, monitor)
                continue
            }
            // It may be there, and be somebody's who lets us write.
            guard [401, 403, 409].contains(response.status) else {
                throw client.failure(response, request, .repository(repository))
            }
            let facts = try client.response(
                client.request("GET", api.below(["revision", branch])), connection, monitor)
            guard facts.status == 200 else { throw client.failure(response, request, .repository(repository)) }
            let json = try? JSON(parsing: String(decoding: facts.body, as: UTF8.self))
            if isPrivate, json?["private"]?.bool == false {
                monitor.note("\(repository) is there already and public: it stays public")
            }
            return
        }
    }
    /// The head of the card is read by the hub: what it does not take is said before anything is sent.
    private func checkCard() throws {
        guard let card = items.first(where: { $0.path == "README.md" }) else { return }
        let body: JSON = ["repoType": "model", "content": .string(String(decoding: try card.bytes(), as: UTF8.self))]
        let request = post(client.endpoint.below(["api", "validate-yaml"]), body)
        let response = try client.response(request, connection, monitor)
        let json = try? JSON(parsing: String(decoding: response.body, as: UTF8.self))
        func texts(_ name: String) -> [String] {
            json?[name]?.array?.compactMap { $0["message"]?.string ?? $0.string } ?? []
        }
        for warning in texts("warnings") { monitor.note("the card: \(warning)") }
        let errors = texts("errors")
        guard errors.isEmpty, response.status < 300 || response.status == 404 else {
            let reason =
                errors.isEmpty ? HubMessage.text(response, masking: client.token?.key) : errors.joined(separator: "; ")
            throw HubError.failed(
                "README.md", host: client.endpoint.authority, reason: "does not take its head: \(reason)")
        }
    }

    /// An item that is to be sent, and how.
    private struct Change {
        let item: UploadItem, isLarge: Bool
    }
    /// Asks what goes by LFS, and what is there already.
    private func negotiate() throws -> [Change] {
        var changes: [Change] = []
        for start in stride(from: 0, to: items.count, by: 256) {
            let some = Array(items[start..<min(start + 256, items.count)])
            let files = try some.map { item -> JSON in
                let sample = Data(try item.sample()).base64EncodedString()
                return ["path": .string(item.path), "sample": .string(sample), "size": .integer(item.size)]
            }
            let request = post(api.below(["preupload", branch]), ["files": .array(files)])
            let answer = try client.json(request, of: .repository(repository), connection, monitor).json
            let told = answer["files"]?.array ?? []
            for item in some {
                guard let file = told.first(where: { $0["path"]?.string == item.path }) else {
                    throw HubError.failed(
                        "'\(item.path)'", host: client.endpoint.authority,
                        reason: "was not asked for: it knows nothing of it")
                }
                if file["shouldIgnore"]?.bool == true { continue }
                // Git LFS has no empty files.
                let isLarge = file["uploadMode"]?.string == "lfs" && item.size > 0
                let there = file["oid"]?.string
                if let there {
                    let own = try isLarge ? item.sha256(monitor) : ContentHash.git(of: item.bytes()).description
                    if own == there { continue }
                }
                changes.append(Change(item: item, isLarge: isLarge))
            }
        }
        return changes
    }

    // MARK: Large files

    private func send(_ items: [UploadItem]) throws {
        guard !items.isEmpty else { return }
        var left = items, tries = 0
        while !left.isEmpty {
            let objects = try batch(left)
            var expired: [UploadItem] = []
            for item in left {
                guard let object = objects.first(where: { $0["oid"]?.string == sums[item.path] }) else {
                    throw HubError.failed(
                        "'\(item.path)'", host: client.endpoint.authority, reason: "gives no place to send it to")
                }
                if let error = object["error"] {
                    throw HubError.failed(
                        "'\(item.path)'", host: client.endpoint.authority,
                        reason: "does not take it: \(error["message"]?.string ?? "no reason given")")
                }
                // No actions: it is there.
                guard let upload = object["actions"]?["upload"] else { continue }
                do {
                    try LargeFileUpload(client, item, upload, sum: sums[item.path] ?? "", connection, monitor) {
                        self.report($0, item)
                    }.run()
                } catch is LargeFileUpload.Expired {
                    expired.append(item)
                    continue
                }
                if let verify = object["actions"]?["verify"]?["href"]?.string { try check(item, verify) }
            }
            left = expired
            tries += 1
            guard tries < 4 || left.isEmpty else {
                throw HubError.failed(
                    "'\(left[0].path)'", host: client.endpoint.authority,
                    reason: "gave addresses that had run out, \(tries) times")
            }
        }
    }
    private func batch(_ items: [UploadItem]) throws -> [JSON] {
        let objects = items.map { item -> JSON in ["oid": .string(sums[item.path] ?? ""), "size": .integer(item.size)] }
        let body: JSON = [
            "operation": "upload", "transfers": ["basic", "multipart"], "objects": .array(objects),
            "hash_algo": "sha256",
            "ref": ["name": .string(branch)],
        ]
        let place = try HTTPAddress("\(client.endpoint)/\(repository).git/info/lfs/objects/batch")
        var request = post(place, body, type: LargeFileUpload.type)
        request.headers.append(("Accept", LargeFileUpload.type))
        let answer = try client.json(request, of: .repository(repository), connection, monitor).json
        let transfer = answer["transfer"]?.string ?? "basic"
        guard transfer == "basic" || transfer == "multipart" else {
            throw HubError.failed(
                "the upload", host: client.endpoint.authority,
                reason:
                    "takes large files by '\(transfer)' alone, which is not spoken here; 'git lfs push' or 'hf upload' does"
            )
        }
        return answer["objects"]?.array ?? []
    }
    private func check(_ item: UploadItem, _ href: String) throws {
        var place = try HTTPAddress(href)
        // The hub's own address, behind a mirror or a gateway.
        if place.host == "huggingface.co" { place = try HTTPAddress("\(client.endpoint)\(place.path)\(place.query)") }
        let body: JSON = ["oid": .string(sums[item.path] ?? ""), "size": .integer(item.size)]
        _ = try client.answer(post(place, body), of: .other("'\(item.path)' after it was sent"), connection, monitor)
    }
    private func report(_ bytes: Int, _ item: UploadItem) {
        sent += bytes
        let total = items.reduce(0) { $0 + $1.size }
        monitor.report(
            Progress(
                "uploading", sent / 1_000_000, of: total / 1_000_000, "MB", [("file", item.path)],
                share: Double(sent) / Double(max(total, 1))))
    }

    // MARK: The commit

    private func head() throws -> String {
        let answer = try client.json(
            client.request("GET", api.below(["revision", branch])), of: .repository(repository), connection, monitor)
        return answer.json["sha"]?.string ?? ""
    }
    private func commit(_ changes: inout [Change]) throws -> String {
        var parent = try head(), isSentAgain = false, repeats = 0
        while true {
            var request = client.request("POST", api.below(["commit", branch]))
            request.headers.append(("Content-Type", "application/x-ndjson"))
            request.body = try lines(changes, parent)
            (request.timeout, request.isOnce) = (300, true)
            let response: HTTPResponse
            do { response = try connection.perform(request, isStopped: { self.monitor.shouldStop }) } catch let error
                as HTTPError
                where error.mayPass
            {
                // It may have gone through, and only the word of it be lost: a second commit would say the same again.
                if let there = try landed(changes) { return there }
                guard repeats < client.retries else { throw error }
                try client.sleep(repeats, monitor)
                repeats += 1
                continue
            }
            let said = HubMessage.text(response, masking: client.token?.key)
            switch response.status {
            case 200..<300:
                let json = try? JSON(parsing: String(decoding: response.body, as: UTF8.self))
                return json?["commitOid"]?.string ?? parent
            case 412 where repeats < client.retries:
                // Somebody else has committed meanwhile: ours goes on top of it.
                parent = try head()
                repeats += 1
            case 409 where repeats < client.retries:
                try client.sleep(repeats, monitor)
                repeats += 1
            case 400, 422:
                guard !isSentAgain, said.lowercased().contains("not exist") || said.lowercased().contains("pointer")
                else {
                    throw client.failure(response, request, .repository(repository))
                }
                // It said that it had what it has not: asked for a place again, once.
                isSentAgain = true
                try send(changes.filter(\.isLarge).map(\.item))
            default:
                if response.status >= 500, let there = try landed(changes) { return there }
                if try client.waits(response, request.address, &repeats, monitor) { continue }
                throw client.failure(response, request, .repository(repository))
            }
        }
    }
    private func lines(_ changes: [Change], _ parent: String) throws -> [UInt8] {
        let head: JSON = [
            "key": "header",
            "value": [
                "summary": .string(message), "description": "",
                "parentCommit": parent.isEmpty ? .null : .string(parent),
            ],
        ]
        let files = try changes.map { change -> JSON in
            let path = JSON.string(change.item.path)
            guard !change.isLarge else {
                let value: JSON = [
                    "path": path, "algo": "sha256", "oid": .string(sums[change.item.path] ?? ""),
                    "size": .integer(change.item.size),
                ]
                return ["key": "lfsFile", "value": value]
            }
            let content = Data(try change.item.bytes()).base64EncodedString()
            return ["key": "file", "value": ["path": path, "content": .string(content), "encoding": "base64"]]
        }
        return Array(([head] + files).map(\.compactText).joined(separator: "\n").utf8)
    }
    /// The branch's commit, where it has everything that was to go into it.
    private func landed(_ changes: [Change]) throws -> String? {
        let listing = try client.listing(of: repository, revision: branch, monitor: monitor)
        for change in changes {
            let own =
                try change.isLarge
                ? ContentHash.sha256(sums[change.item.path] ?? "") : ContentHash.git(of: change.item.bytes())
            guard listing.files.contains(where: { $0.path == change.item.path && $0.hash == own }) else { return nil }
        }
        return listing.commit
    }
}
