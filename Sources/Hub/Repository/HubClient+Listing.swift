import Base

extension HubClient {
    /// What a repository holds at a branch, tag or commit, pinned to the commit that this is now.
    ///
    /// Throws `HubError`, `HTTPError` or `Cancelled`.
    public func listing(
        of repository: HubRepository, revision: String = "main", monitor: Monitor = Monitor()
    ) throws -> HubListing {
        if dialect == .modelScope { return try modelScopeListing(of: repository, revision, monitor) }
        let connection = HTTPConnection(), api = endpoint.below(["api", "models"]).below(repository.parts)
        let subject = HubRefusal.Subject.part("revision \(revision)", repository)
        let facts = try json(request("GET", api.below(["revision", revision])), of: subject, connection, monitor).json
        guard let commit = facts["sha"]?.string, commit.count == 40, commit.allSatisfy(\.isHexDigit) else {
            throw HubError.notAHub(endpoint, reason: "it tells no commit of \(repository)")
        }
        var address = api.below(["tree", commit]).asking(["recursive": "true", "expand": "false"])
        var files: [HubFile] = [], pages = 0
        while true {
            var request = request("GET", address)
            request.largestAnswer = 64 << 20
            let (page, response) = try json(request, of: subject, connection, monitor)
            guard let entries = page.array else {
                throw HubError.notAHub(endpoint, reason: "its list of files is none")
            }
            for entry in entries where entry["type"]?.string != "directory" { files.append(try Self.file(entry)) }
            pages += 1
            guard pages < 1000, let next = nextPage(response.headers["link"]) else { break }
            address = next
        }
        return HubListing(repository, commit: commit, files: files)
    }

    private static func file(_ entry: JSON) throws -> HubFile {
        guard let path = entry["path"]?.string else { throw HubError.fileName("") }
        let large = entry["lfs"]
        let hash = large?["oid"]?.string ?? entry["oid"]?.string
        return try HubFile(
            path, size: large?["size"]?.integer ?? entry["size"]?.integer ?? 0, hash: hash.flatMap { ContentHash($0) })
    }
    /// A mirror passes on the hub's own address of the next page: it is asked for at the endpoint all the same.
    private func nextPage(_ header: String?) -> HTTPAddress? {
        for link in header?.split(separator: ",") ?? [] where link.contains("rel=\"next\"") {
            guard let start = link.firstIndex(of: "<"), let end = link.firstIndex(of: ">"), start < end else {
                continue
            }
            let text = String(link[link.index(after: start)..<end])
            guard let place = text.firstRange(of: "/api/models/") else { continue }
            return try? HTTPAddress("\(endpoint)\(text[place.lowerBound...])")
        }
        return nil
    }
}
