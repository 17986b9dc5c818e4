import Base

/// What turns scores into scenes. Nothing here needs decoding, so changing it on a scanned video costs nothing.
public struct SceneOptions: Sendable, Hashable {
    /// Whose arithmetic is followed where PySceneDetect's versions differ: 0.6 (upstream's pinned 0.6.5.2) or 0.7.
    public enum Version: String, Sendable { case v06 = "0.6", v07 = "0.7" }
    /// What happens to cuts closer than the shortest scene (content only).
    public enum FilterMode: String, CaseIterable, Sendable {
        /// Several fast cuts become one, when it has been quiet for long enough.
        case merge
        /// Cuts are dropped until long enough after the last one.
        case suppress
    }
    /// Which side of the threshold counts as faded out (threshold only).
    public enum FadeMethod: String, CaseIterable, Sendable { case floor, ceiling }

    /// The method.
    public var detector = SceneDetector.content
    /// `nil` for the detector's own default.
    public var threshold: Double?
    /// No cut sooner after the one before.
    public var minSceneLength = VideoTime.frames(15)
    /// PySceneDetect's version.
    public var version = Version.v07
    /// Weights of hue, saturation, brightness and edges (content, adaptive). Edges need a scan with them.
    public var weights: [Double] = [1, 1, 1, 0]
    /// Neighbours on each side that a score is compared with (adaptive).
    public var windowWidth = 2
    /// A cut's score is at least this (adaptive).
    public var minContentValue = 15.0
    /// Where between fade-out (-1) and fade-in (+1) the cut lies (threshold).
    public var fadeBias = 0.0
    /// Fades below or above the threshold (threshold).
    public var fadeMethod = FadeMethod.floor
    /// A video that ends faded out gets a last cut at that fade (threshold).
    public var addsFinalScene = false
    /// Merging or suppressing (content).
    public var filterMode = FilterMode.merge
    /// Scenes shorter than this are left out.
    public var filterShorterThan: VideoTime?
    /// Only so many scenes, counted after the filter.
    public var maxScenes: Int?

    /// The content detector with its defaults.
    public init() {}

    /// Brightness alone counts (content, adaptive): PySceneDetect's `luma_only`.
    public var lumaOnly: Bool {
        get { weights == [0, 0, 1, 0] }
        set {
            // Off means that the weights count, whatever they are.
            if newValue { weights = [0, 0, 1, 0] } else if lumaOnly { weights = [1, 1, 1, 0] }
        }
    }
    var effectiveThreshold: Double { threshold ?? detector.defaultThreshold(version) }

    /// Throws `MediaError.option` for a value out of its range.
    public func validate() throws {
        func check(_ name: String, _ good: Bool, _ value: Any, _ allowed: String) throws {
            guard good else { throw MediaError.option(name: name, value: "\(value)", allowed: allowed) }
        }
        if let threshold {
            let most: Double = [.histogram, .hash].contains(detector) ? 1 : 255
            try check(
                "threshold", (0...most).contains(threshold), threshold, "from 0 to \(Int(most)) for '\(detector)'")
        }
        try check("window_width", (1...1000).contains(windowWidth), windowWidth, "from 1 to 1000")
        try check("min_content_val", (0...255).contains(minContentValue), minContentValue, "from 0 to 255")
        try check("fade_bias", (-1...1).contains(fadeBias), fadeBias, "from -1 to 1")
        let usable = weights.count == 4 && weights.allSatisfy { $0.isFinite && $0 >= 0 } && weights.contains { $0 > 0 }
        try check("weights", usable, weights, "four numbers from 0 on, one of them above 0")
        if let maxScenes { try check("max_scenes", maxScenes > 0, maxScenes, "1 or more") }
    }
}
