import Base
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
        let videos = try videos(monitor), labels = labels
        let scores = try videos.enumerated().map { index, video in
            try monitor.checkpoint()
            return (
                labels[video.clip.mediaPath] ?? "",
                try self.scores(of: video, index, of: videos.count, options, monitor)
            )
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
        if scores.damage > 0 {
            monitor.note("\(video.clip.name): \(counted(scores.damage, "part")) of it could not be decoded")
        }
        return scores
    }

    /// Cuts every video of the dataset or view into scenes, each a clip of its own, and opens the dataset of the clips.
    ///
    /// Videos that were cut before with the same options are skipped with a note. What is said of a clip (its caption,
    /// and that it was excluded or taken out) belongs to the scene: it goes along when the cuts change, is kept while
    /// the scene has no clip, and comes back when the same scene of the same video is cut again. `undo`
    /// takes a new cut back; earlier edits of clips that were cut otherwise cannot be undone any more. Old clips that a new cut does
    /// not have, and files of the clips' names that no split has written, are moved to `set_aside` with their captions.
    /// The clips' metadata is `captions.json` beside them.
    ///
    /// Throws `MediaError`, `FileError`, `Cancelled` or `DatasetError`, `.locked` before anything is touched when another
    /// shell edits the clips' dataset. Clips that are complete stay, and the next split goes on whatever ended this one.
    public func split(_ options: SplitOptions = SplitOptions(), monitor: Monitor = Monitor()) throws -> Dataset {
        let target = options.folder.map { Path.absolute($0) } ?? Path.join(folder, "scenes")
        guard target != folder else {
            throw DatasetError.option("output", reason: "must be another folder than the dataset's own")
        }
        try options.scene.validate()
        try options.scan.validate()
        try options.output.validate()
        let videos = try videos(monitor)
        guard !videos.isEmpty else { throw DatasetError.noVideos(folder, images: clips.count(where: \.isImage)) }
        let sources = try sceneSources(videos, in: target, monitor)
        var skipped: [String] = [], captions = try Self.claim(target, store.open).map { SceneCaptions($0, monitor) }
        var failures: [MediaError] = [], isCut = false
        // However it ends: what has gone can be brought back.
        defer {
            if let captions, !captions.replaced.isEmpty {
                let recut = Recut(captions.replaced, in: captions.scenes.folder, store.open)
                for store in [captions.scenes.store, store] { store.add(recut) }
            }
        }
        for (index, source) in sources.enumerated() {
            do {
                try monitor.checkpoint()
                let scores = try self.scores(
                    of: (source.clip, source.file), index, of: sources.count, options, monitor)
                let plan = try ScenePlan(scores, options.scene)
                if plan.scenes.isEmpty {
                    let option = options.scene.filterShorterThan == nil ? "the options" : "'filter_shorter_than'"
                    monitor.note("\(source.place.label): no scene is left by \(option)")
                    continue
                }
                if captions == nil { captions = SceneCaptions(try Self.makeScenes(target, store.open), monitor) }
                try captions?.clear(for: source, plan, options.output)
                let clips: [SceneSplitter.Clip], place = source.place.folder(in: target)
                do { clips = try SceneSplitter.split(source.file, plan, into: place, options.output, monitor) } catch {
                    // The clips that are complete have their captions; the next split would give them, too.
                    try? captions?.restore(for: source, plan, options.output)
                    throw error
                }
                if clips.allSatisfy({ !$0.isNew }) { skipped.append(source.place.label) }
                try captions?.restore(for: source, plan, options.output, written: clips.map { Path.name($0.path) })
                try writeExtras(source.file, plan, scores, clips, options, place, monitor)
                isCut = true
            } catch let error as MediaError where error.isOfItsFile {
                // The others can be cut all the same.
                monitor.note("\(error); left out")
                failures.append(error)
            }
        }
        if !isCut, let first = failures.first { throw first }
        if !skipped.isEmpty {
            let names = skipped.count == 1 ? "\(skipped[0]) was" : "\(skipped.count) of \(sources.count) videos were"
            monitor.note("\(names) split before with the same options (force=true splits again)")
        }
        captions?.report()
        if let captions, !captions.replaced.isEmpty { monitor.note("undo() takes this cut back") }
        // The dataset that has been edited, and not what the folder would be taken for now.
        let result: Dataset
        if let scenes = captions?.scenes {
            try scenes.store.refresh()
            scenes.passNotes(to: monitor)
            result = scenes
        } else if Files.isFolder(target) {
            result = try Dataset.open(target, among: store.open, monitor: monitor)
        } else {
            throw DatasetError.option(
                options.scene.filterShorterThan == nil ? "start" : "filter_shorter_than",
                reason: "leaves no scene of any video")
        }
        try result.store.write()
        return result
    }

    /// The dataset of the clips, ours to edit: nobody may say anything of a clip while it becomes another. `nil` where
    /// there is none yet.
    static func claim(_ folder: String, _ open: OpenDatasets) throws -> Dataset? {
        guard Files.isFolder(folder) else { return nil }
        let scenes: Dataset
        do { scenes = Dataset(try open.store(DatasetLocation(opening: folder, open.projects))) } catch {
            if case DatasetError.empty = error { return nil }
            throw error
        }
        try scenes.store.claim()
        for name in ["", ".scenes", SetAside.folderName] { AtomicFile.removeRemains(in: Path.join(folder, name)) }
        Recut.removeRemains(in: folder)
        return scenes
    }
    /// Makes a dataset without clips, so that two shells cannot fill one folder at once, unless one is there by now.
    private static func makeScenes(_ folder: String, _ open: OpenDatasets) throws -> Dataset {
        if let scenes = try claim(folder, open) { return scenes }
        let path = Path.join(folder, "captions.json")
        try Files.makeFolder(folder)
        switch DatasetLock.take(DatasetFiles(metadata: path).lock) {
        case .held(let holder): throw DatasetError.locked(path, holder: holder)
        case .refused(let reason): throw DatasetError.readOnly(path, reason: reason)
        case .taken(let lock):
            try withExtendedLifetime(lock) { if !Files.exists(path) { try AtomicFile.write("[]\n", to: path) } }
        }
        guard let scenes = try claim(folder, open) else { throw FileError.missing(path) }
        return scenes
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
