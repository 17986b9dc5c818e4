import Base

extension HubClient {
    /// The same at ModelScope, whose branch is `master` and whose sums are SHA-256 for small files, too.
    func modelScopeListing(
        of repository: HubRepository, _ revision: String, _ monitor: Monitor
    ) throws -> HubListing {
        let branch = revision == "main" ? "master" : revision
        let address = endpoint.below(["api", "v1", "models"]).below(repository.parts).below(["repo", "files"])
            .asking(["Revision": branch, "Recursive": "true"])
        let answer = try json(
            request("GET", address), of: .part("revision \(branch)", repository), HTTPConnection(), monitor
        ).json
        guard let entries = answer["Data"]?["Files"]?.array else {
            let said = answer["Message"]?.string.map { ": \($0.prefix(200))" } ?? ""
            throw HubError.failed("the list of \(repository)", host: endpoint.authority, reason: "is none\(said)")
        }
        let files = try entries.filter { $0["Type"]?.string != "tree" }.map { entry in
            try HubFile(
                entry["Path"]?.string ?? "", size: entry["Size"]?.integer ?? 0,
                hash: entry["Sha256"]?.string.flatMap { ContentHash($0) })
        }
        return HubListing(repository, commit: branch, files: files)
    }

    /// Where the bytes of a file are asked for.
    func address(of file: HubFile, in listing: HubListing) -> HTTPAddress {
        let parts = file.path.split(separator: "/")
        switch dialect {
        case .huggingFace:
            return endpoint.below(listing.repository.parts).below(["resolve", listing.commit]).below(parts)
        case .modelScope:
            // A commit of the hub is none there.
            let branch = listing.commit.count == 40 ? "master" : listing.commit
            return endpoint.below(["models"]).below(listing.repository.parts).below(["resolve", branch]).below(parts)
        }
    }
}
