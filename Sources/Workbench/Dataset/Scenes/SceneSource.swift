import Base
import Media

/// A video that is cut, and where its clips go.
struct SceneSource {
    let clip: Clip, file: VideoFile, place: ScenePlace

    init(_ clip: Clip, _ file: VideoFile, below: String) {
        (self.clip, self.file) = (clip, file)
        let name = Path.name(file.path)
        place = ScenePlace(name: name, label: below.isEmpty ? name : clip.mediaPath, below: below)
    }
}

/// Which folder below that of the scenes a video's clips are in: clips have their video's name, so that of videos of one
/// name in several folders each needs a folder of its own.
struct ScenePlace: Sendable {
    /// The video's name, by which records and clips go.
    let name: String
    /// What a person knows the video by: its path, where the name alone says too little.
    let label: String
    /// Relative to the folder of the scenes; empty for that itself.
    let below: String

    func folder(in target: String) -> String { below.isEmpty ? target : Path.join(target, below) }
    /// A clip's media path in the dataset of the scenes.
    func path(_ name: String) -> String { below.isEmpty ? name : Path.join(below, name) }
}

extension Dataset {
    /// The videos to cut and where their clips go. A copy of a video that is cut, byte by byte the same and of the same
    /// name, is passed over with a note.
    ///
    /// Throws `DatasetError.option` for two of one folder that differ in their extension alone.
    func sceneSources(
        _ videos: [(clip: Clip, file: VideoFile)], in target: String, _ monitor: Monitor
    ) throws -> [SceneSource] {
        let chosen = Set(videos.map(\.clip.mediaPath))
        // Of the whole dataset, so that a view's clips go where all would.
        let all = Dataset(store).entries.map(\.entry.mediaPath).filter { MediaKind($0) == .video }
        let groups = Dictionary(grouping: all, by: Path.stem)
        var sources: [SceneSource] = []
        for (clip, file) in videos {
            let path = clip.mediaPath, others = (groups[Path.stem(path)] ?? []).filter { $0 != path }
            if others.isEmpty {
                sources.append(SceneSource(clip, file, below: ""))
                continue
            }
            let twins = try others.filter { try isCopy(file.path, of: Path.join(folder, $0), monitor) }
            if let twin = twins.first(where: { other in sources.contains { $0.clip.mediaPath == other } }) {
                monitor.note("'\(path)' is the same file as '\(twin)', which is cut once for both")
                continue
            }
            let rivals = others.filter { !twins.contains($0) }
            if let rival = rivals.first(where: { Path.folder($0) == Path.folder(path) }) {
                let record = SplitRecord(of: Path.name(rival), in: target)
                if chosen.contains(rival) || record.scenes.keys.contains(where: record.wrote) {
                    throw DatasetError.option(
                        "output",
                        reason: "cannot hold the scenes of both '\(rival)' and '\(path)': rename one of them "
                            + "(ds:fix{ names = true })")
                }
            }
            let isAlone = rivals.allSatisfy { Path.folder($0) == Path.folder(path) }
            let below =
                isAlone || !path.contains("/") || isCutFlat(file, among: rivals, in: target) ? "" : Path.folder(path)
            sources.append(SceneSource(clip, file, below: below))
        }
        return sources
    }

    private func isCopy(_ path: String, of other: String, _ monitor: Monitor) throws -> Bool {
        guard let one = try? FileIdentity(path), let two = try? FileIdentity(other), one.content == two.content else {
            return false
        }
        return try FileIdentity.contentHash(path, monitor: monitor)
            == FileIdentity.contentHash(other, monitor: monitor)
    }
    /// The video was cut before another of its name came.
    private func isCutFlat(_ file: VideoFile, among rivals: [String], in target: String) -> Bool {
        guard !rivals.contains(where: { !$0.contains("/") }), let content = try? FileIdentity(file.path).content else {
            return false
        }
        let record = SplitRecord(of: Path.name(file.path), in: target)
        return record.scenes.contains { $0.value.hasPrefix(content + " ") && record.wrote($0.key) }
    }
}
