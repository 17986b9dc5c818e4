import Base
import Media

/// How a dataset's videos are cut into scenes.
public struct SplitOptions: Sendable, Hashable {
    /// What decides the cuts.
    public var scene = SceneOptions()
    /// What decides the scores.
    public var scan = ScanOptions()
    /// How clips are written.
    public var output = SceneSplitter.Options()
    /// Where the clips go; `nil` for `scenes` in the dataset's folder.
    public var folder: String?
    /// Only so much of each video, from `scan.start`.
    public var duration: VideoTime?
    /// Where each video starts and ends for us, as it was given; applied by its frame rate.
    public var start: VideoTime?, end: VideoTime?
    /// Pictures of each scene in `<folder>/images`, with a page.
    public var imagesPerScene = 0
    /// Score tables in `<folder>/stats`, one a video.
    public var writesStatistics = false
    /// A page with a picture of each scene, `<folder>/<video>.html`.
    public var writesPreview = false

    /// Upstream's defaults: content detector, scenes of at least 15 frames.
    public init() {}

    /// What to scan of one video.
    func scan(of file: VideoFile) -> ScanOptions {
        var scan = scan
        if let start { scan.start = start.seconds(fps: file.fps) }
        if let end { scan.end = end.seconds(fps: file.fps) }
        if let duration {
            let limit = scan.start + duration.seconds(fps: file.fps)
            scan.end = min(scan.end ?? limit, limit)
        }
        scan.edges = scan.edges || scene.weights.last.map { $0 > 0 } ?? false
        return scan
    }
}
