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
        let (files, gone, unseen, foreign) = try leftovers(monitor)
        for file in files { try takeAway(file) }
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

    /// What lies there of this dataset that it does not have any more, by file.
    func strays(_ monitor: Monitor) throws -> [String] { try leftovers(monitor).files }

    /// Files to be put away and the names in them; names of clips outside the view, and of what is another's.
    private func leftovers(
        _ monitor: Monitor
    ) throws -> (files: [String], gone: Set<String>, unseen: Set<String>, foreign: Set<String>) {
        let inView = Set(clips.map(\.stem))
        let targets = Set(items.flatMap { [$0.latents, $0.condition, $0.referenceLatents] })
        var files: [String] = [], gone: Set<String> = [], unseen: Set<String> = [], foreign: Set<String> = []
        for part in Precomputed.parts {
            for name in try Precomputed.files(in: Path.join(folder, part)) {
                let file = "\(part)/\(name).pt"
                guard let entry = fingerprints[file], isOurs(entry) else {
                    if !targets.contains(file) { foreign.insert(name) }
                    continue
                }
                if try belongs(file, entry, targets, inView, monitor) {
                    if !inView.contains(entry.inputs["clip"] ?? name) { unseen.insert(name) }
                } else {
                    files.append(file)
                    gone.insert(name)
                }
            }
        }
        return (files, gone, unseen, foreign)
    }

    /// Removes what a killed run was writing: nobody else writes here now.
    func removeRemains() {
        let outputs = items.flatMap { [$0.latents, $0.condition, $0.referenceLatents] }
        for place in Set(outputs.map(Path.folder)).union([""]) {
            AtomicFile.removeRemains(in: Path.join(folder, place)) { _ in true }
        }
    }

    private func isOurs(_ entry: Fingerprints.Entry) -> Bool {
        entry.dataset.map { $0 == dataset } ?? isDefaultFolder
    }
    /// Whether the dataset has what the file was made of, and this pass has it, too. A caption that has changed is encoded anew in
    /// its place.
    private func belongs(
        _ file: String, _ entry: Fingerprints.Entry, _ targets: Set<String>, _ inView: Set<String>, _ monitor: Monitor
    ) throws -> Bool {
        let name = String(file.drop { $0 != "/" }.dropFirst().dropLast(3)), clip = entry.inputs["clip"] ?? name
        guard let path = media[clip] else { return false }
        let reference = references[clip]
        if file.hasPrefix("reference_"), reference == nil { return false }
        // Other pictures of the clip, or none of it, are trained on now. One that cannot be read is an error of its own.
        if inView.contains(clip), unreadable[path] == nil, !targets.contains(file) { return false }
        if file.hasPrefix("conditions/") { return true }
        let source = file.hasPrefix("reference_") ? reference ?? path : path
        // Media that is missing is an error of its own, not of what was made of it.
        guard let known = entry.content, let now = try content(source, for: file, monitor) else { return true }
        return now.content == known
    }
    private func takeAway(_ file: String) throws {
        let path = Path.join(folder, file), stale = Path.join(staleFolder, file)
        try Files.makeFolder(Path.folder(stale))
        guard rename(path, stale) == 0 else { throw FileError.last("move", path) }
    }
}
