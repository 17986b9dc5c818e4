import Foundations
import Media

/// Keeps captions with their scenes when a video is cut again: clips are named by number, so another cut gives the same
/// names to other scenes.
struct SceneCaptions {
    private let folder: String
    /// Captions by clip name, as they were.
    private var captions: [String: String] = [:]
    /// First and last timestamp of each clip's scene before, by clip name.
    private var before: [String: String] = [:]
    /// What clips whose scene has changed are to say now.
    private var changed: [String: String?] = [:]
    private var gone: Set<String> = []

    init(folder: String) {
        self.folder = folder
        guard Files.isFolder(folder), let old = try? Dataset.open(folder) else { return }
        for clip in old.clips { captions[clip.name] = clip.caption }
    }

    /// Remembers how a video was cut, from the splitter's record beside the clips.
    mutating func note(before file: VideoFile) {
        let record = Path.join(Path.join(folder, ".scenes"), Path.name(file.path) + ".json")
        guard let text = (try? Files.json(record))?["fingerprint"]?.string, let scenes = text.split(separator: " ").last
        else { return }
        let all = scenes.split(separator: ",")
        for (place, bounds) in all.enumerated() {
            before[SceneSplitter.name(of: file, scene: place + 1, of: all.count)] = String(bounds)
        }
    }
    /// Compares with how it is cut now.
    mutating func note(_ clips: [SceneSplitter.Clip], of file: VideoFile) {
        let prefix = Path.stem(file.path) + "-Scene-"
        let old = before.filter { $0.key.hasPrefix(prefix) }
        var byBounds: [String: String] = [:]
        for (name, bounds) in old { byBounds[bounds] = captions[name] }
        for clip in clips {
            let name = Path.name(clip.path), bounds = "\(clip.scene.startTimestamp)-\(clip.scene.endTimestamp)"
            if let former = old[name], former != bounds { changed[name] = .some(byBounds[bounds]) }
            if old[name] == nil, let caption = byBounds[bounds] { changed[name] = .some(caption) }
        }
        gone.formUnion(Set(old.keys).subtracting(clips.map { Path.name($0.path) }))
    }

    /// Puts the captions where their scenes are now, as one step of undo. Throws as `Clip.setCaption`.
    func carryOver(to scenes: Dataset, _ monitor: Monitor) throws {
        guard !changed.isEmpty || !gone.isEmpty else { return }
        var moved = 0, lost = 0
        try scenes.store.edit("split") { state in
            var changes: [Change] = []
            for id in state.order {
                let entry = state.records[id].entry
                guard let caption = changed[entry.mediaPath], caption != entry.caption else { continue }
                if caption == nil { lost += 1 } else { moved += 1 }
                changes.append(.caption(id, from: entry.caption, to: caption))
            }
            for (place, id) in state.order.enumerated().reversed()
            where gone.contains(state.records[id].entry.mediaPath) {
                changes.append(.remove(id, at: place))
            }
            return changes
        }
        if moved > 0 { monitor.note("\(moved) captions went along with their scenes") }
        if lost > 0 {
            monitor.note("\(lost) captions were of scenes that are cut otherwise now; undo() brings them back")
        }
    }
}
