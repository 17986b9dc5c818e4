import Base
import Media

// MARK: Scenes

extension Dataset {
    /// Where scores are kept between sessions, beside the sources.
    var scoreCache: SceneScoreCache { SceneScoreCache(folder: Path.join(folder, ".scenes")) }

    typealias Video = (clip: Clip, file: VideoFile)

    /// The videos of the dataset or view that can be read; the others are named.
    /// Throws the reason when none can, or with `strict`.
    func videos(_ options: SplitOptions, _ monitor: Monitor) throws -> [Video] {
        try readable(strict: options.isStrict, monitor) { !$0.isImage }.filter { !$0.file.isImage }
    }
    /// What one video cannot do ends the work when the options are strict, and is noted otherwise.
    private func leaveOut(_ error: MediaError, _ options: SplitOptions, _ monitor: Monitor) throws {
        if options.isStrict { throw error }
        monitor.note("\(error); left out")
    }

    /// Scores every video of the dataset or view and makes cuts of the scores. Scores are kept, so another threshold is
    /// answered at once.
    ///
    /// Videos that cannot be read are left out and named. Throws `MediaError` for an option out of its range and where no
    /// video can be read, and `Cancelled` with the finished videos' scores kept.
    public func scan(_ options: SplitOptions = SplitOptions(), monitor: Monitor = Monitor()) throws -> DatasetScan {
        let videos = try videos(options, monitor), labels = labels
        let files = videos.map { (label: labels[$0.clip.mediaPath] ?? $0.clip.name, file: $0.file) }
        let progress = Self.progress("scanning", files, "videos", monitor)
        var scores: [(name: String, scores: SceneScores)] = [], failures: [MediaError] = []
        for (index, video) in files.enumerated() {
            try monitor.checkpoint()
            // Of one video the frames are worth counting.
            let inner = files.count == 1 ? monitor : progress.monitor(index, done: index, of: files.count)
            do {
                scores.append((video.label, try self.scores(of: video.file, video.label, options, inner)))
            } catch let error as MediaError where error.isOfItsFile {
                try leaveOut(error, options, monitor)
                failures.append(error)
            }
        }
        if scores.isEmpty, let first = failures.first { throw first }
        if files.count > 1 { progress.finish(done: scores.count, of: files.count) }
        return try DatasetScan(scores, options.scene)
    }
    private static func progress(
        _ stage: String, _ videos: [(label: String, file: VideoFile)], _ unit: String, _ monitor: Monitor
    ) -> FilesProgress {
        FilesProgress(stage, videos.map { ($0.label, $0.file.duration) }, unit, monitor)
    }

    private func scores(
        of file: VideoFile, _ label: String, _ options: SplitOptions, _ monitor: Monitor
    ) throws -> SceneScores {
        let scores = try scoreCache.scan(file, options.wholeScan, monitor)
        // Half the scores would pass for a video with fewer cuts.
        if !scores.isComplete { try monitor.checkpoint() }
        if scores.damage > 0 {
            monitor.note("\(label): \(counted(scores.damage, "part")) of it could not be decoded")
        }
        return scores
    }

    /// Cuts every video of the dataset or view into scenes, each a clip of its own, and opens the dataset of the clips.
    ///
    /// Videos that were cut before with the same options are skipped with a note. What is said of a clip (its caption,
    /// and that it was excluded or taken out) belongs to the scene: it goes along when the cuts change, is kept while
    /// the scene has no clip, and comes back when the same scene of the same video is cut again. `undo`
    /// takes a new cut back; earlier edits of clips that were cut otherwise cannot be undone any more. Old clips that a new
    /// cut does not have, and files of the clips' names that no split has written, are moved to `set_aside` with their captions.
    /// The clips' metadata is `captions.json` beside them.
    ///
    /// Throws `MediaError`, `FileError`, `Cancelled` or `DatasetError`, `.locked` before anything is touched when another
    /// shell edits the clips' dataset. Clips that are complete stay, and the next split goes on whatever ended this one.
    public func split(_ options: SplitOptions = SplitOptions(), monitor: Monitor = Monitor()) throws -> Dataset {
        try SessionRanks.requireAlone("cutting videos")
        let target = scenesFolder(options)
        guard target != folder else {
            throw DatasetError.option("output", reason: "must be another folder than the dataset's own")
        }
        try options.scene.validate()
        try options.scan.validate()
        try options.output.validate()
        let videos = try videos(options, monitor)
        guard !videos.isEmpty else { throw DatasetError.noVideos(folder, images: clips.count(where: \.isImage)) }
        let sources = try sceneSources(videos, in: target, monitor)
        var skipped: [String] = [], captions = try Self.claim(target, store.open).map { SceneCaptions($0, monitor) }
        var failures: [MediaError] = [], isCut = false, made = 0
        // However it ends: what has gone can be brought back.
        defer {
            if let captions, !captions.replaced.isEmpty {
                let recut = Recut(captions.replaced, in: captions.scenes.folder, store.open)
                for store in [captions.scenes.store, store] { store.add(recut) }
            }
        }
        let progress = Self.progress("splitting", sources.map { ($0.place.label, $0.file) }, "clips", monitor)
        for (index, source) in sources.enumerated() {
            let label = source.place.label
            do {
                try monitor.checkpoint()
                progress.begin(index, done: made)
                let inner = progress.monitor(index, 0...Self.scanShare, done: made)
                let scores = try self.scores(of: source.file, label, options, inner)
                let plan = try ScenePlan(scores, options.scene)
                if plan.scenes.isEmpty {
                    let option = options.scene.filterShorterThan == nil ? "the options" : "'filter_shorter_than'"
                    monitor.note("\(label): no scene is left by \(option)")
                    continue
                }
                if source.file.isHDR, !options.output.copy {
                    monitor.note("\(label): HDR is written as SDR of 8 bits, as training reads it")
                }
                if source.file.isStretched, options.output.copy {
                    monitor.note("\(label): its pixels are not square, and copied clips keep them so")
                }
                if captions == nil { captions = SceneCaptions(try Self.makeScenes(target, store.open), monitor) }
                try captions?.clear(for: source, plan, options.output)
                let clips: [SceneSplitter.Clip], place = source.place.folder(in: target)
                let cutting = progress.monitor(index, Self.scanShare...1, done: made, counts: true)
                do { clips = try SceneSplitter.split(source.file, plan, into: place, options.output, cutting) } catch {
                    // The clips that are complete have their captions; the next split would give them, too.
                    try? captions?.restore(for: source, plan, options.output)
                    throw error
                }
                made += clips.count
                Ledger.session.add("cut", clips.count(where: \.isNew), "clip", in: target)
                if clips.allSatisfy({ !$0.isNew }) { skipped.append(label) }
                try captions?.restore(for: source, plan, options.output, written: clips.map { Path.name($0.path) })
                try writeExtras(source.file, plan, scores, clips, options, place, monitor)
                isCut = true
            } catch let error as MediaError where error.isOfItsFile {
                // The others can be cut all the same.
                try leaveOut(error, options, monitor)
                failures.append(error)
            }
        }
        if !isCut, let first = failures.first { throw first }
        progress.finish(done: made)
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

    /// How much of the time for a video goes into looking for its cuts.
    private static let scanShare = 0.3

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
