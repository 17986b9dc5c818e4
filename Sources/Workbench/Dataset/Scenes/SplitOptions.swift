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
    /// A video that cannot be read ends the work instead of being left out.
    public var isStrict = false
    /// Pictures of each scene in `<folder>/images`, with a page.
    public var imagesPerScene = 0
    /// Score tables in `<folder>/stats`, one a video.
    public var writesStatistics = false
    /// A page with a picture of each scene, `<folder>/<video>.html`.
    public var writesPreview = false

    /// Upstream's defaults: content detector, scenes of at least 15 frames.
    public init() {}

    /// What to scan.
    var wholeScan: ScanOptions {
        var scan = scan
        scan.edges = scan.edges || scene.weights.last.map { $0 > 0 } ?? false
        return scan
    }
}
