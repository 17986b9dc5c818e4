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

    /// Counts and ranges, from the metadata and the files' headers. Throws `Cancelled`.
    public func statistics(monitor: Monitor = Monitor()) throws -> DatasetStatistics {
        var result = DatasetStatistics()
        var files: [VideoFile] = [], words: [Double] = []
        let clips = clips
        for (index, clip) in clips.enumerated() {
            try monitor.checkpoint()
            monitor.report(Progress("reading", index, of: clips.count, "clips"))
            result.clips += 1
            if clip.isExcluded { result.excluded += 1 }
            if clip.isCaptioned, let caption = clip.caption {
                result.captioned += 1
                words.append(Double(caption.split(whereSeparator: \.isWhitespace).count))
            }
            guard let bytes = clip.bytes else {
                result.missing += 1
                continue
            }
            result.bytes += bytes
            if let file = clip.knownMedia { files.append(file) } else { result.unreadable += 1 }
        }
        monitor.report(Progress("reading", clips.count, of: clips.count, "clips"))
        let videos = files.filter { !$0.isImage }
        result.duration = videos.reduce(0) { $0 + $1.duration }
        result.durations = .init(videos.map(\.duration))
        result.frames = .init(videos.map { Double($0.frames.value) })
        result.words = .init(words)
        result.sizes = Self.counts(files.map { "\($0.width)x\($0.height)" })
        result.rates = Self.counts(videos.map { "\(($0.fps * 100).rounded() / 100)" })
        result.buckets = BucketList.fitting(files)
        return result
    }
    private static func counts(_ values: [String]) -> [DatasetStatistics.Count] {
        Dictionary(grouping: values) { $0 }.map { .init(value: $0.key, clips: $0.value.count) }
            .sorted { ($1.clips, $0.value) < ($0.clips, $1.value) }
    }
}
