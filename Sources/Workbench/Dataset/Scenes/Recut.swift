import Base
import Glibc
import Media
import Synchronization

/// A cut that took the place of an earlier one, with the earlier clips, so that it can be taken back and made again without
/// encoding anything. The clips of the cut that is not there lie in a hidden folder until the session forgets the step.
final class Recut: Sendable {
    /// One video.
    struct Part: Sendable {
        let place: ScenePlace
        /// Where the clips of the other cut are, and its record.
        let folder: String
        /// All scenes of the other cut by clip name, and those of them whose clips are in the folder.
        let scenes: [String: String], clips: [String: String]

        /// Keeps the clips of a cut that are about to go. `nil` where the file system has no links: then the cut stands.
        init?(_ clips: [String: String], of place: ScenePlace, in target: String, _ record: SplitRecord) {
            (self.place, self.clips, scenes) = (place, clips, record.scenes)
            folder = Recut.newFolder(in: place.folder(in: target))
            guard (try? Files.makeFolder(folder)) != nil, (try? record.copy(to: folder)) != nil else { return nil }
            for name in clips.keys {
                let path = Path.join(place.folder(in: target), name)
                if Files.exists(path), link(path, Path.join(folder, name)) != 0 {
                    Recut.remove(folder)
                    return nil
                }
            }
        }
        /// A cut whose clips are moved to `folder` by whoever asks.
        init(_ clips: [String: String], of place: ScenePlace, in folder: String, scenes: [String: String]) {
            (self.place, self.folder, self.clips, self.scenes) = (place, folder, clips, scenes)
        }
    }

    /// What a person is told.
    let title: String
    private let target: String
    private let open: OpenDatasets
    private let state: Mutex<(parts: [Part], isUndone: Bool)>

    /// - Parameter target: the folder of the scenes.
    init(_ parts: [Part], in target: String, _ open: OpenDatasets) {
        (self.target, self.open) = (target, open)
        let videos = parts.map(\.place.label)
        title = "split of \(videos.nameList)"
        state = Mutex((parts, false))
    }
    deinit { state.withLock { $0.parts.forEach { Self.remove($0.folder) } } }

    /// Puts the clips of the other cut in the place of those that are there, with what was said of them. Does nothing, and
    /// returns false, when that was done already: two datasets have the step.
    func swap(isUndo: Bool, _ monitor: Monitor) throws -> Bool {
        guard state.withLock({ $0.isUndone != isUndo }), let scenes = try Dataset.claim(target, open) else {
            return false
        }
        var captions = SceneCaptions(scenes, monitor)
        for (index, part) in state.withLock({ $0.parts }).enumerated() {
            let other = try captions.swap(part)
            Self.remove(part.folder)
            state.withLock { $0.parts[index] = other }
        }
        state.withLock { $0.isUndone = isUndo }
        try scenes.store.refresh()
        captions.report()
        return true
    }

    // MARK: Folders

    private static let prefix = "undo-"
    private static let count = Mutex(0)

    static func newFolder(in folder: String) -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return Path.join(folder, ".scenes/\(prefix)\(getpid())-\(number)")
    }
    static func remove(_ folder: String) {
        for name in (try? Files.list(folder)) ?? [] { unlink(Path.join(folder, name)) }
        rmdir(folder)
    }
    /// Removes what sessions that are no more have kept in the folder of a cut.
    static func removeRemains(in folder: String) {
        let hidden = Path.join(folder, ".scenes")
        for name in (try? Files.list(hidden)) ?? [] where name.hasPrefix(prefix) {
            guard let owner = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ pid_t($0) }) else {
                continue
            }
            if owner != getpid(), kill(owner, 0) != 0, errno == ESRCH { remove(Path.join(hidden, name)) }
        }
    }
}
