import Base

/// What preprocessing would do, before it does anything.
public struct PreprocessingPlan: Sendable, Equatable {
    /// Clips of the dataset that it can use, and clips of training that they give.
    public let clips: Int, items: Int
    /// Captions and videos (references among them) that are to be encoded.
    public let captions: Int, videos: Int
    /// Of both, those of which something else is there: another caption, trigger, file, size or model.
    public let stale: Int
    /// What lies there of this dataset that it would put away: clips that are gone or excluded.
    public let gone: Int
    /// Tokens of the latents that are to be encoded, and bytes of everything that is to be written.
    public let tokens: Int, bytes: Int

    /// Nothing would be made.
    public var isDone: Bool { captions + videos + gone == 0 }
}

extension PreprocessingJob {
    /// Looks at everything that `run` looks at first.
    func preview(_ model: ModelFolder, _ monitor: Monitor) throws -> PreprocessingPlan {
        try lookIntoFiles(monitor)
        try plan(monitor)
        let captions = items.filter { needs($0.condition, mark($0)) }
        let outputs = try readings(monitor).flatMap(\.outputs), videos = outputs.filter { needs($0.file, $0.mark) }
        let stale = (captions.map(\.condition) + videos.map(\.file)).count { fingerprints[$0]?.isDone == true }
        let tokens = videos.reduce(0) { $0 + $1.size.grid.tokens }
        let sizes = try model.transformerConfiguration()
        // bfloat16, and the embedding's mask beside it.
        let bytes =
            tokens * sizes.inChannels * 2
            + captions.count * CaptionEncoder.length * (sizes.captionChannels * 2 + 1)
        return PreprocessingPlan(
            clips: Set(items.map(\.source.stem)).count, items: items.count, captions: captions.count,
            videos: videos.count, stale: stale, gone: try strays(monitor).count, tokens: tokens, bytes: bytes)
    }
}
