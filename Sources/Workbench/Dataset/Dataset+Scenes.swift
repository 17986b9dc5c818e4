import Foundations
import Glibc
import Media

// MARK: Scenes

extension Dataset {
    /// Where scores are kept between sessions, beside the sources.
    private var scoreCache: SceneScoreCache { SceneScoreCache(folder: Path.join(folder, ".scenes")) }

    /// The videos of the dataset or view that can be read; a note for each that cannot.
    /// Throws the first reason when none can.
    private func videos(_ monitor: Monitor) throws -> [(clip: Clip, file: VideoFile)] {
        var failures: [any Error] = []
        let videos = try clips.compactMap { clip -> (clip: Clip, file: VideoFile)? in
            if clip.isImage { return nil }
            do {
                let file = try clip.media()
                return file.isImage ? nil : (clip, file)
            } catch {
                try monitor.checkpoint()
                failures.append(error)
                return nil
            }
        }
        if videos.isEmpty, let first = failures.first { throw first }
        for failure in failures { monitor.note("\(failure); left out") }
        return videos
    }

    /// Scores every video of the dataset or view and makes cuts of the scores. Scores are kept, so another threshold is
    /// answered at once.
    ///
    /// Throws `MediaError` for an option out of its range, and `Cancelled` with the finished videos' scores kept.
    public func scan(_ options: SplitOptions = SplitOptions(), monitor: Monitor = Monitor()) throws -> DatasetScan {
        let videos = try videos(monitor)
        let scores = try videos.enumerated().map { index, video in
            try monitor.checkpoint()
            return (video.clip.name, try self.scores(of: video, index, of: videos.count, options, monitor))
        }
        return try DatasetScan(scores, options.scene)
    }

    private func scores(
        of video: (clip: Clip, file: VideoFile), _ index: Int, of count: Int, _ options: SplitOptions,
        _ monitor: Monitor
    ) throws -> SceneScores {
        // Which video the frames belong to, when there are several.
        let inner = Monitor(poll: { monitor.shouldStop }) { event in
            switch event {
            case .note(let text): monitor.note(text)
            case .progress(var progress):
                if count > 1 { progress.figures.insert(("video", "\(index + 1)/\(count)"), at: 0) }
                monitor.report(progress)
            }
        }
        let scores = try scoreCache.scan(video.file, options.scan(of: video.file), inner)
        // Half the scores would pass for a video with fewer cuts.
        if !scores.isComplete { try monitor.checkpoint() }
        if scores.damage > 0 { monitor.note("\(video.clip.name): \(scores.damage) parts of it could not be decoded") }
        return scores
    }

    /// Cuts every video of the dataset or view into scenes, each a clip of its own, and opens the dataset of the clips.
    ///
    /// Videos that were cut before with the same options are skipped with a note. Captions stay with their scenes when
    /// the cuts change; old clips that a new cut does not have are moved to `set_aside`. The clips' metadata is
    /// `captions.json` beside them. Throws `MediaError`, `FileError`, `DatasetError` or `Cancelled`;
    /// clips that are complete stay.
    public func split(_ options: SplitOptions = SplitOptions(), monitor: Monitor = Monitor()) throws -> Dataset {
        let target = options.folder.map { Path.absolute($0) } ?? Path.join(folder, "scenes")
        guard target != folder else {
            throw DatasetError.option("output", reason: "must be another folder than the dataset's own")
        }
        try options.scene.validate()
        try options.scan.validate()
        let videos = try videos(monitor)
        guard !videos.isEmpty else { throw DatasetError.empty(folder, folders: []) }
        try Self.refuseCollisions(videos.map(\.clip.name))
        var skipped: [String] = [], captions = SceneCaptions(folder: target)
        for (index, video) in videos.enumerated() {
            try monitor.checkpoint()
            let scores = try self.scores(of: video, index, of: videos.count, options, monitor)
            let plan = try ScenePlan(scores, options.scene)
            if plan.scenes.isEmpty {
                monitor.note("\(video.clip.name): no scene is left after 'filter_shorter_than'")
                continue
            }
            captions.note(before: video.file)
            let clips = try SceneSplitter.split(video.file, plan, into: target, options.output, monitor)
            if clips.allSatisfy({ !$0.isNew }) { skipped.append(video.clip.name) }
            captions.note(clips, of: video.file)
            try setAside(formerClipsOf: video.file, keeping: clips.map { Path.name($0.path) }, in: target, monitor)
            try writeExtras(video.file, plan, scores, clips, options, target, monitor)
        }
        if !skipped.isEmpty {
            let names = skipped.count == 1 ? "\(skipped[0]) was" : "\(skipped.count) of \(videos.count) videos were"
            monitor.note("\(names) split before with the same options (force=true splits again)")
        }
        let scenes = try Dataset.open(target, monitor: monitor)
        try captions.carryOver(to: scenes, monitor)
        try scenes.store.write()
        return scenes
    }

    /// Two sources of one name would write over each other's clips.
    private static func refuseCollisions(_ names: [String]) throws {
        var seen: [String: String] = [:]
        for name in names {
            if let other = seen.updateValue(name, forKey: Path.stem(name)) {
                throw DatasetError.option(
                    "output", reason: "cannot hold the scenes of both '\(other)' and '\(name)': rename one of them")
            }
        }
    }

    /// Clips of an earlier cut that this one does not have are moved out of the way, never deleted.
    private func setAside(
        formerClipsOf file: VideoFile, keeping names: [String], in folder: String, _ monitor: Monitor
    ) throws {
        let kept = Set(names), prefix = Path.stem(file.path) + "-Scene-"
        let former = try Files.list(folder).filter { name in
            name.hasPrefix(prefix) && name.hasSuffix(".mp4") && !kept.contains(name)
                && name.dropFirst(prefix.count).dropLast(4).allSatisfy(\.isNumber)
        }
        guard !former.isEmpty else { return }
        let aside = Path.join(folder, "set_aside")
        try Files.makeFolder(aside)
        for name in former {
            let source = Path.join(folder, name)
            guard rename(source, Path.join(aside, name)) == 0 else { throw FileError.last("move", source) }
        }
        monitor.note("\(former.count) clips of an earlier cut of \(Path.name(file.path)) are now in \(aside)")
    }

    private func writeExtras(
        _ file: VideoFile, _ plan: ScenePlan, _ scores: SceneScores, _ clips: [SceneSplitter.Clip],
        _ options: SplitOptions, _ folder: String, _ monitor: Monitor
    ) throws {
        let stem = Path.stem(file.path)
        if options.writesStatistics {
            let path = Path.join(folder, "stats")
            try Files.makeFolder(path)
            try AtomicFile.write(try SceneReport.csv(scores, options.scene), to: Path.join(path, stem + ".csv"))
        }
        if options.imagesPerScene > 0 {
            let path = Path.join(folder, "images")
            _ = try SceneReport.images(file, plan, count: options.imagesPerScene, into: path, width: nil, monitor)
        }
        if options.writesPreview || options.imagesPerScene > 0 {
            let names = clips.count == plan.scenes.count ? clips.map { Path.name($0.path) } : []
            try AtomicFile.write(
                try SceneReport.html(file, plan, clips: names, monitor), to: Path.join(folder, stem + ".html"))
        }
    }
}
