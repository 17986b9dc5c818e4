import Base
import Foundation

/// The folder that a repository is fetched into, with the notes beside the files that `hf download --local-dir` writes and
/// reads, so that each skips what the other has fetched.
public struct DownloadFolder: Sendable {
    /// Absolute.
    public let path: String

    /// The folder need not be there yet.
    public init(_ path: String) { self.path = Path.absolute(path) }

    /// Where the parts of one file are.
    struct Place {
        /// The file itself, whole or not there.
        let target: String
        /// Commit, sum and time, three lines.
        let metadata: String
        /// The bytes so far, and what they are of.
        let part: String, sidecar: String
        /// Held by whoever fetches the file.
        let lock: String
    }

    /// The places of a file. Throws `HubError.leavesFolder` where a link on the way leads out of the folder.
    func place(of file: HubFile) throws -> Place {
        let notes = Path.join(path, ".cache/huggingface/download/\(file.path)"), target = Path.join(path, file.path)
        for place in [target, notes] { try requireInside(Path.folder(place)) }
        return Place(
            target: target, metadata: notes + ".metadata", part: notes + ".ltxsh-part",
            sidecar: notes + ".ltxsh-part.json",
            lock: notes + ".lock")
    }
    private func requireInside(_ folder: String) throws {
        guard let root = Path.real(path) else { return }
        var ancestor = folder
        while Path.real(ancestor) == nil, ancestor.count > path.count { ancestor = Path.folder(ancestor) }
        guard let real = Path.real(ancestor), real == root || real.hasPrefix(root == "/" ? root : root + "/") else {
            throw HubError.leavesFolder(ancestor, folder: path)
        }
    }

    /// Makes the folders of a file, and those of the notes with the marks that keep them out of git and of backups.
    func prepare(_ place: Place) throws {
        for folder in [Path.folder(place.target), Path.folder(place.metadata)] { try Files.makeFolder(folder) }
        let home = Path.join(path, ".cache/huggingface"), ignore = Path.join(home, ".gitignore")
        let tag = Path.join(home, "CACHEDIR.TAG")
        if !Files.exists(ignore) { try AtomicFile.write("*", to: ignore) }
        if !Files.exists(tag) {
            try AtomicFile.write(
                """
                Signature: 8a477f597d28d172789f06886806bc55
                # This file is a cache directory tag created by huggingface_hub.
                # For information about cache directory tags, see:
                #\thttps://bford.info/cachedir/

                """, to: tag)
        }
    }

    /// What a file was when it was fetched, as far as nobody has touched it since; nil where nothing is known.
    func recorded(_ place: Place) -> (commit: String, hash: ContentHash)? {
        guard let lines = (try? Files.text(place.metadata))?.split(separator: "\n").map(String.init), lines.count >= 3,
            let hash = ContentHash(lines[1]), let time = Double(lines[2])
        else { return nil }
        var status = stat()
        guard stat(place.target, &status) == 0 else { return nil }
        let changed = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9
        return changed - 1 <= time ? (lines[0], hash) : nil
    }
    /// Writes that down for a file that is whole now.
    func record(_ place: Place, commit: String, _ hash: ContentHash) throws {
        let time = Date().timeIntervalSince1970
        try AtomicFile.write("\(commit)\n\(hash)\n\(time)\n", to: place.metadata)
    }

    /// What a file of the folder held when it was fetched; nil where nothing is known, or where it was touched since.
    public func recordedHash(of name: String) -> ContentHash? {
        guard let file = try? HubFile(name, size: 0, hash: nil), let place = try? place(of: file) else { return nil }
        return recorded(place)?.hash
    }

    /// Bytes that may be written to the disk that the folder is on.
    public var freeSpace: Int? { Files.freeSpace(at: path) }
}
