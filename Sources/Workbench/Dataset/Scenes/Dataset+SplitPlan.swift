import Base
import Media

/// What a split would find done, before it does anything.
public struct SplitPlan: Sendable, Equatable {
    /// Videos that can be read, and those of them that were cut as the options ask.
    public internal(set) var videos = 0, done = 0
    /// Videos that were cut, but otherwise, or that are other files now.
    public internal(set) var changed = 0
    /// Seconds and bytes of the videos that are to be cut.
    public internal(set) var seconds = 0.0, bytes = 0

    /// Nothing would be cut.
    public var isDone: Bool { done == videos }
}

extension Dataset {
    /// Where a split puts the clips.
    func scenesFolder(_ options: SplitOptions) -> String {
        options.folder.map { Path.absolute($0) } ?? Path.join(folder, "scenes")
    }

    /// What a split with these options would find done. No video is decoded and no file is written: one whose scores are not kept
    /// was not cut so. Throws as `split` for what can be told before anything is cut.
    public func splitPlan(_ options: SplitOptions = SplitOptions(), monitor: Monitor = Monitor()) throws -> SplitPlan {
        let target = scenesFolder(options), videos = try videos(options, monitor)
        guard !videos.isEmpty else { throw DatasetError.noVideos(folder, images: clips.count(where: \.isImage)) }
        var plan = SplitPlan()
        for source in try sceneSources(videos, in: target, monitor) {
            try monitor.checkpoint()
            plan.videos += 1
            let record = SplitRecord(of: source.place.name, in: source.place.folder(in: target))
            if try isCut(source, record, options) {
                plan.done += 1
                continue
            }
            if !record.scenes.isEmpty { plan.changed += 1 }
            plan.seconds += source.file.duration
            plan.bytes += Files.size(source.file.path) ?? 0
        }
        return plan
    }
    private func isCut(_ source: SceneSource, _ record: SplitRecord, _ options: SplitOptions) throws -> Bool {
        var exact = options.wholeScan
        exact.fast = false
        guard let scores = scoreCache.scores(source.file, exact) ?? scoreCache.scores(source.file, options.wholeScan)
        else { return false }
        let scenes = try ScenePlan(scores, options.scene)
        return try record.kept(by: source.file, scenes, options.output).count == scenes.scenes.count
    }
}
