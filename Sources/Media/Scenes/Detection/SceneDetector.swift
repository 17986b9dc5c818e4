/// How scene cuts are found. The names and defaults are PySceneDetect's.
public enum SceneDetector: String, CaseIterable, Sendable {
    /// Change of hue, saturation and brightness from one picture to the next.
    case content
    /// The same against its own surroundings, which forgives fast camera motion.
    case adaptive
    /// Fades to and from black.
    case threshold
    /// Correlation of brightness histograms.
    case histogram
    /// Distance of perceptual hashes.
    case hash

    /// The threshold when none is given: content 27, adaptive 3, threshold 12, histogram 0.20 (0.05 in 0.6), hash 0.35
    /// (0.395 in 0.6).
    public func defaultThreshold(_ version: SceneOptions.Version) -> Double {
        switch self {
        case .content: 27
        case .adaptive: 3
        case .threshold: 12
        case .histogram: version == .v06 ? 0.05 : 0.20
        case .hash: version == .v06 ? 0.395 : 0.35
        }
    }
}
