import Base
import Glibc

// MARK: What earlier runs have left

extension PreprocessingJob {
    var staleFolder: String { Path.join(folder, Precomputed.staleName) }

    /// Moves what was made for this dataset of clips and references that it no longer has, excludes or has changed to
    /// `stale`, out of training's sight, and says what else lies there that this run has not to do with.
    ///
    /// Moved rather than removed: a clip that comes back as it was needs no work.
    func takeAway(_ monitor: Monitor) throws {
        var gone: Set<String> = [], unseen: Set<String> = [], foreign: Set<String> = []
        for part in Precomputed.parts {
            for name in try Precomputed.files(in: Path.join(folder, part)) {
                let file = "\(part)/\(name).pt"
                guard let entry = fingerprints[file], isOurs(entry) else {
                    if !targets.contains(file) { foreign.insert(name) }
                    continue
                }
                if try belongs(file, entry, monitor) {
                    if !targets.contains(file) { unseen.insert(name) }
                } else {
                    try takeAway(file)
                    gone.insert(name)
                }
            }
        }
        if !gone.isEmpty {
            monitor.note(
                "what was made of \(counted(gone.count, "clip")) that the dataset no longer has, excludes or has changed is in "
                    + "'\(staleFolder)' now, where training does not look: \(gone.sorted().nameList)")
        }
        if !unseen.isEmpty {
            monitor.note(
                "\(counted(unseen.count, "clip")) of the dataset outside this view stay in '\(folder)', and training reads the whole "
                    + "folder: \(unseen.sorted().nameList)")
        }
        if !foreign.isEmpty {
            monitor.note(
                "what is in '\(folder)' of another dataset or program stays, and training reads the whole folder: "
                    + foreign.sorted().nameList)
        }
    }

    private func isOurs(_ entry: Fingerprints.Entry) -> Bool {
        entry.dataset.map { $0 == dataset } ?? isDefaultFolder
    }
    /// Whether the dataset has what the file was made of. A caption that has changed is encoded anew in its place.
    private func belongs(_ file: String, _ entry: Fingerprints.Entry, _ monitor: Monitor) throws -> Bool {
        guard let source = expected[file] else { return false }
        // Media that is missing or cannot be read is an error of its own, not of what was made of it.
        guard let source, let known = entry.content, let now = try content(source, for: file, monitor) else {
            return true
        }
        return now.content == known
    }
    private func takeAway(_ file: String) throws {
        let path = Path.join(folder, file), stale = Path.join(staleFolder, file)
        try Files.makeFolder(Path.folder(stale))
        guard rename(path, stale) == 0 else { throw FileError.last("move", path) }
    }
}
