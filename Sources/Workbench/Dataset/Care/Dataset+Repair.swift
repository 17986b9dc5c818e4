import Base
import Glibc

// MARK: Repair

extension Dataset {
    /// Repairs what can be repaired safely, or with no kinds lists what could be. Never deletes media.
    ///
    /// Each repair is sent to the monitor as a note before it is done. Renamings and removals are one step of undo.
    /// Throws as `Clip.setCaption`, and `FileError`; the repairs noted before that have been done.
    public func fix(_ kinds: Set<DatasetRepair.Kind>, monitor: Monitor = Monitor()) throws -> [DatasetRepair] {
        var repairs: [DatasetRepair] = []
        for kind in DatasetRepair.Kind.allCases {
            let isWanted = kinds.contains(kind)
            let planned =
                switch kind {
                case .orphans: try orphanRepairs(monitor)
                case .names: nameRepairs()
                case .duplicates: duplicateRepairs()
                }
            guard !planned.isEmpty else { continue }
            for (repair, _) in planned where isWanted { monitor.note("\(repair)") }
            if isWanted {
                for (repair, _) in planned where kind == .orphans { try setAside(repair.name) }
                let changes = planned.flatMap(\.1)
                try store.edit("fix \(kind.rawValue)") { Self.placed(changes, $0.order) }
            }
            repairs += planned.map { repair, _ in
                var repair = repair
                repair.isDone = isWanted
                return repair
            }
        }
        return repairs
    }

    /// Removals with their places, the last first, so that each place holds when its turn comes.
    private static func placed(_ changes: [Change], _ order: [Int]) -> [Change] {
        let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
        var removals: [(id: Int, place: Int)] = []
        for case .remove(let id, _) in changes { if let place = places[id] { removals.append((id, place)) } }
        let others = changes.filter { if case .remove = $0 { false } else { true } }
        return others + removals.sorted { $0.place > $1.place }.map { .remove($0.id, at: $0.place) }
    }

    private typealias Plan = (DatasetRepair, [Change])

    private func orphanRepairs(_ monitor: Monitor) throws -> [Plan] {
        var plans: [Plan] = []
        let entries = entries
        for (id, entry) in entries
        where Path.staysInside(entry.mediaPath) && !Files.exists(Path.join(folder, entry.mediaPath)) {
            let action =
                entry.caption == nil ? "take out of the list" : "set the caption aside in \(SetAside.folderName)"
            plans.append(
                (
                    DatasetRepair(kind: .orphans, name: entry.mediaPath, action: action, isDone: false),
                    [.remove(id, at: -1)]
                ))
        }
        if plans.count == entries.count, plans.count > 1 {
            // More likely the list lies in another place than its files than that all of them are gone.
            monitor.note(
                "none of the \(plans.count) files of the list is there ('\(entries[0].entry.mediaPath)' …), so nothing was taken "
                    + "out: its paths are read from '\(folder)'")
            plans = []
        }
        let files = try DatasetCheck(dataset: self, frames: 0, isDeep: false, monitor: Monitor()).orphans(clips)
        return plans
            + files.map {
                (
                    DatasetRepair(
                        kind: .orphans, name: $0.name, action: "move to \(SetAside.folderName)", isDone: false), []
                )
            }
    }
    /// Keeps what an orphan says: a text file is moved, a caption of the metadata is written to a text file.
    private func setAside(_ name: String) throws {
        let aside = SetAside(folder: folder),
            entry = store.read { state in state.id(ofPath: name).map { state.records[$0].entry } }
        if Sidecars.extensions.contains(Path.fileExtension(name)), Files.exists(Path.join(folder, name)) {
            try aside.move(text: name)
        } else if let caption = entry?.caption {
            _ = try aside.keep(caption, of: name)
        }
    }

    private func nameRepairs() -> [Plan] {
        var taken = Set(entries.map(\.entry.mediaPath))
        // Clips of one name but for the extension would share a text file and their latents.
        var texts = Set(taken.map(Sidecars.name)), owners: [String: String] = [:]
        return entries.compactMap { id, entry in
            let path = entry.mediaPath
            guard Path.staysInside(path), Files.exists(Path.join(folder, path)) else { return nil }
            let owner = owners[Sidecars.name(of: path)]
            owners[Sidecars.name(of: path)] = owner ?? path
            let isShared = owner.map { $0 != path } ?? false
            guard let proposal = SafeName.proposal(for: Path.name(path)) ?? (isShared ? Path.name(path) : nil) else {
                return nil
            }
            let parent = Path.folder(path)
            var new = parent == "." ? proposal : Path.join(parent, proposal), count = 1
            func isTaken(_ new: String) -> Bool {
                let text = Sidecars.name(of: new), isOwnText = text == Sidecars.name(of: path) && !isShared
                if !isOwnText, texts.contains(text) || Files.exists(Path.join(folder, text)) { return true }
                return taken.contains(new) || Files.exists(Path.join(folder, new))
            }
            let base = Path.withoutExtension(new)
            while isTaken(new) {
                count += 1
                new = "\(base)_\(count)\(Path.dottedExtension(proposal))"
            }
            taken.insert(new)
            texts.insert(Sidecars.name(of: new))
            return (
                DatasetRepair(kind: .names, name: path, action: "rename to '\(new)'", isDone: false),
                [.rename(id, from: path, to: new)]
            )
        }
    }

    private func duplicateRepairs() -> [Plan] {
        var last: [String: Int] = [:]
        for (id, entry) in entries { last[entry.mediaPath] = id }
        return entries.compactMap { id, entry in
            guard last[entry.mediaPath] != id else { return nil }
            let action = "listed twice, keep the last caption"
            return (
                DatasetRepair(kind: .duplicates, name: entry.mediaPath, action: action, isDone: false),
                [.remove(id, at: -1)]
            )
        }
    }
}

/// Something that `fix` does, or would do.
public struct DatasetRepair: Sendable, Equatable, CustomStringConvertible {
    /// The kinds of repair, each of which is asked for by its name.
    public enum Kind: String, Sendable, CaseIterable {
        /// Captions without a clip are set aside.
        case orphans
        /// Unsafe file names, and those that differ in their extension alone, are changed, on the disk and in the metadata
        /// together.
        case names
        /// Of clips that are listed twice the last is kept.
        case duplicates
    }
    /// What kind it is.
    public let kind: Kind
    /// The clip's or file's name.
    public let name: String
    /// What is done, as a clause: `"renamed to 'boat.mp4'"`.
    public let action: String
    /// It has been done; false when it was only listed.
    public var isDone: Bool

    /// `"boat|1.mp4: rename to 'boat_1.mp4'"`.
    public var description: String { "\(name): \(action)" }
}
