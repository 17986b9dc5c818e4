import Base
import Media

// MARK: Checking

extension Dataset {
    /// Everything that would go wrong later, clip by clip.
    ///
    /// - Parameters:
    ///   - frames: what the training asks for; shorter clips are found.
    ///   - isDeep: decode every video to its end; without it only headers are read.
    ///
    /// Throws `Cancelled`; what is wrong with the clips is in the result.
    public func check(frames: Int = 9, isDeep: Bool = true, monitor: Monitor = Monitor()) throws -> [DatasetFinding] {
        try DatasetCheck(dataset: self, frames: frames, isDeep: isDeep, monitor: monitor).run()
    }

    /// Counts and ranges, from the metadata, the files' headers and their first pictures. Clips that cannot be read are
    /// named. Throws `Cancelled`, and with `strict` the reason of a clip that cannot be read.
    ///
    /// - Parameter options: what preprocessing would be asked to do: how many clips of each size it would make.
    public func statistics(
        for options: Preprocessor.Options? = nil, strict: Bool = false, monitor: Monitor = Monitor()
    ) throws -> DatasetStatistics {
        var result = DatasetStatistics(), leftOut = LeftOut()
        var files: [VideoFile] = [], words: [Double] = []
        let clips = clips
        for (index, clip) in clips.enumerated() {
            try monitor.checkpoint()
            monitor.report(Progress("reading", index, of: clips.count, "clips", [("clip", clip.name)]))
            result.clips += 1
            if clip.isExcluded { result.excluded += 1 }
            if clip.isCaptioned, let caption = clip.caption {
                result.captioned += 1
                words.append(Double(caption.split(whereSeparator: \.isWhitespace).count))
            }
            do {
                let file = try clip.readableMedia()
                files.append(file)
                if let options, !clip.isExcluded { try result.add(clip, file, options.rules, monitor) }
            } catch let error as any UserError
                where LeftOut.isOfOneFile(error, clip.path)
            {
                if clip.bytes == nil { result.missing += 1 } else { result.unreadable += 1 }
                leftOut.add(error)
            }
            result.bytes += clip.bytes ?? 0
        }
        // Counts are an answer also where no clip can be read.
        try leftOut.settle(strict: strict, rest: max(1, files.count), monitor)
        monitor.report(Progress("reading", clips.count, of: clips.count, "clips"))
        let videos = files.filter { !$0.isImage }
        try options?.rules.require(forVideosOf: videos.map(\.frames.value))
        result.duration = videos.reduce(0) { $0 + $1.duration }
        result.durations = .init(videos.filter(\.isDurationKnown).map(\.duration))
        result.frames = .init(videos.map { Double($0.frames.value) }.filter { $0 > 0 })
        result.words = .init(words)
        result.sizes = Self.counts(files.map { "\($0.width)x\($0.height)" })
        result.rates = Self.counts(videos.map { "\(($0.fps * 100).rounded() / 100)" })
        result.buckets = BucketList.fitting(files)
        result.plan = Self.counts(result.planned)
        return result
    }
    private static func counts(_ values: [String]) -> [DatasetStatistics.Count] {
        Dictionary(grouping: values) { $0 }.map { .init(value: $0.key, clips: $0.value.count) }
            .sorted { ($1.clips, $0.value) < ($0.clips, $1.value) }
    }
}

extension DatasetStatistics {
    fileprivate mutating func add(
        _ clip: Clip, _ file: VideoFile, _ rules: ClipPlan.Rules, _ monitor: Monitor
    ) throws {
        let region = rules.cropsBars ? try clip.measures(monitor: monitor).picture : nil
        guard let plan = try ClipPlan(file, rules, region: region, monitor) else {
            tooShort += 1
            return
        }
        planned += plan.stretches.map { _ in "\(plan.size)" }
    }
}
