import Base

/// Cuts and scenes out of scores: PySceneDetect's detectors as functions of stored numbers.
///
/// Cuts fall on timestamps, so that a variable frame rate cuts exactly where the picture changes. Lengths in pictures are
/// times to PySceneDetect 0.7: so many pictures as are shown in it on average. 0.6 counts the pictures themselves.
public struct ScenePlan: Sendable, Equatable {
    /// The number of the first picture of each new scene.
    public let cuts: [Int]
    /// The same in seconds.
    public let times: [Double]
    /// All scenes, after the filters. A video without cuts is one scene.
    public let scenes: [Scene]

    /// Throws `MediaError.option`, or `.unsupported` when the scores lack what the options need.
    public init(_ scores: SceneScores, _ options: SceneOptions = SceneOptions()) throws {
        try options.validate()
        let isRateless = scores.options.fast && ![.content, .adaptive].contains(options.detector)
        guard !isRateless else {
            throw MediaError.unsupported(
                path: nil, what: "a fast scan has no scores for '\(options.detector)'; scan without 'fast'")
        }
        let cuts = try Detection(scores, options).cuts()
        let inside = Array(Set(cuts)).sorted { $0.frame < $1.frame }
        self.cuts = inside.map(\.frame)
        times = inside.map { scores.seconds($0.timestamp) }
        guard let firstFrame = scores.frames.first, let firstTimestamp = scores.timestamps.first else {
            scenes = []
            return
        }
        let bounds =
            [Cut(frame: firstFrame, timestamp: firstTimestamp)] + inside
            + [Cut(frame: scores.endFrame, timestamp: scores.endTimestamp)]
        var scenes = zip(bounds, bounds.dropFirst()).map { from, to in
            Scene(
                startFrame: from.frame, endFrame: to.frame, startTimestamp: from.timestamp, endTimestamp: to.timestamp,
                start: scores.seconds(from.timestamp), end: scores.seconds(to.timestamp))
        }.filter { $0.frames > 0 && $0.endTimestamp > $0.startTimestamp }
        if let shortest = options.filterShorterThan {
            // Upstream turns times into pictures first.
            let least =
                if case .frames(let count) = shortest { count } else { scores.pictures(in: shortest.seconds(fps: 1)) }
            scenes.removeAll { scene in
                switch options.version {
                case .v06: scene.frames < least
                case .v07: scores.pictures(in: scene.end) - scores.pictures(in: scene.start) < least
                }
            }
        }
        if let most = options.maxScenes { scenes = Array(scenes.prefix(most)) }
        self.scenes = scenes
    }
}

/// Where a scene starts.
struct Cut: Hashable {
    let frame: Int
    let timestamp: Int64
}

/// One scene: pictures from `start` up to, and without, `end`.
public struct Scene: Sendable, Hashable {
    /// Picture numbers in decode order, counted from 0 at the start of the file.
    public let startFrame: Int, endFrame: Int
    /// The same in ticks of the video stream, exact.
    public let startTimestamp: Int64, endTimestamp: Int64
    /// The same in seconds from the first picture.
    public let start: Double, end: Double

    /// Pictures in the scene.
    public var frames: Int { endFrame - startFrame }
    /// Seconds.
    public var duration: Double { end - start }
}
