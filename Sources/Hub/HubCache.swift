import Base
import Glibc

/// The cache of Hugging Face's programs: read in its old and new layouts, never written to.
///
/// `models--OWNER--NAME/snapshots/COMMIT/PATH` is a file, a link to `blobs/…` beside it, or one to there that is a link to
/// the shared `blobs/…` of the whole cache.
public struct HubCache: Sendable {
    /// Its folder.
    public let path: String
    private let root: String

    /// The folder need not be there. It may be a link itself.
    public init(_ path: String) {
        (self.path, root) = (path, Path.real(path) ?? path)
    }

    /// Every repository that has a snapshot, sorted.
    public var repositories: [HubRepository] {
        ((try? Files.list(path)) ?? []).compactMap { name -> HubRepository? in
            guard name.hasPrefix("models--") else { return nil }
            let repository = try? HubRepository(String(name.dropFirst(8)).replacing("--", with: "/"))
            return repository.flatMap { snapshots(of: $0).isEmpty ? nil : $0 }
        }
    }

    /// The folder of a repository at a revision: that of the branch as it was when it was fetched, or else the newest that has all
    /// that is wanted.
    ///
    /// - Parameter wanted: files that must be there.
    public func snapshot(of repository: HubRepository, revision: String = "main", having wanted: [String] = [])
        -> String?
    {
        let all = snapshots(of: repository)
        let named = Path.isPlain(revision) ? try? Files.text(folder(of: repository, "refs/\(revision)")) : nil
        let commit = named.map { String($0.prefix { $0.isHexDigit }) } ?? revision
        let ordered =
            all.filter { Path.name($0) == commit } + (revision == "main" ? all.filter { Path.name($0) != commit } : [])
        return ordered.first { snapshot in wanted.allSatisfy { file($0, in: snapshot) != nil } }
    }
    /// The newest first.
    private func snapshots(of repository: HubRepository) -> [String] {
        let home = folder(of: repository, "snapshots")
        let names = ((try? Files.list(home)) ?? []).map { Path.join(home, $0) }.filter(Files.isFolder)
        return names.map { (path: $0, time: Self.time($0)) }.sorted { $0.time > $1.time }.map(\.path)
    }
    private func folder(of repository: HubRepository, _ inside: String) -> String {
        Path.join(Path.join(path, repository.cacheName), inside)
    }

    /// The bytes of a file of a snapshot; nil for what is not there, for a link whose target is gone, and for one that leads out
    /// of the cache.
    public func file(_ name: String, in snapshot: String) -> String? {
        guard Path.isPlain(name), let real = Path.real(Path.join(snapshot, name)), real.hasPrefix(root + "/") else {
            return nil
        }
        return real
    }
    /// A whole file by what it holds; nil where there is none of that size.
    func blob(_ file: HubFile, of repository: HubRepository) -> String? {
        let named = file.hash.flatMap { Path.real(folder(of: repository, "blobs/\($0)")) }
        let candidates = [named] + snapshots(of: repository).map { self.file(file.path, in: $0) }
        return candidates.lazy.compactMap { $0 }.first { $0.hasPrefix(root + "/") && Files.size($0) == file.size }
    }
    /// What older programs left of a download that was cut off: its first bytes.
    func incomplete(_ file: HubFile, of repository: HubRepository) -> String? {
        guard let hash = file.hash else { return nil }
        let path = folder(of: repository, "blobs/\(hash).incomplete")
        guard let size = Files.size(path), size > 0, size < file.size, Path.real(path)?.hasPrefix(root + "/") == true
        else {
            return nil
        }
        return path
    }
    /// Files of a snapshot that are links to nothing: a download that was cut off, or a cache that was tidied up.
    public func dangling(in snapshot: String) -> [String] {
        var found: [String] = [], folders = [""]
        while let folder = folders.popLast() {
            for name in (try? Files.list(Path.join(snapshot, folder))) ?? [] {
                let inside = Path.join(folder, name), full = Path.join(snapshot, inside)
                if Files.isFolder(full) { folders.append(inside) } else if !Files.exists(full) { found.append(inside) }
            }
        }
        return found.sorted()
    }

    private static func time(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int(status.st_mtim.tv_nsec) : 0
    }
}
