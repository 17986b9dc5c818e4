/// Which options belong to which detector of scenes: PySceneDetect's parameters under its names.
public enum DetectorParameters {
    /// The parameters of one detector only, or of two. What is not here goes with every detector.
    private static let owners: [(name: String, detectors: [SceneDetector])] = [
        ("adaptive_threshold", [.adaptive]), ("weights", [.content, .adaptive]), ("luma_only", [.content, .adaptive]),
        ("kernel_size", [.content, .adaptive]), ("window_width", [.adaptive]), ("min_content_val", [.adaptive]),
        ("filter_mode", [.content]), ("fade_bias", [.threshold]), ("method", [.threshold]),
        ("add_final_scene", [.threshold]), ("bins", [.histogram]), ("size", [.hash]), ("hash_size", [.hash]),
        ("lowpass", [.hash]), ("fast", [.content, .adaptive]),
    ]
    /// Two names of one thing.
    private static let twins: [(name: String, other: String)] = [
        ("threshold", "adaptive_threshold"), ("size", "hash_size"), ("end", "stop"),
    ]

    /// The first of the given parameters that belongs to other detectors, and to which.
    public static func foreign(
        _ given: [String], to detector: SceneDetector
    ) -> (name: String, detectors: [SceneDetector])? {
        owners.first { given.contains($0.name) && !$0.detectors.contains(detector) }
    }
    /// Two of the given parameters that are names of one thing.
    public static func doubled(_ given: [String]) -> (name: String, other: String)? {
        twins.first { given.contains($0.name) && given.contains($0.other) }
    }

    /// What each detector takes when no threshold is given, with what the older PySceneDetect had instead.
    public static var defaultThresholds: String {
        func text(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }
        let all = SceneDetector.allCases.map { detector in
            let now = detector.defaultThreshold(.v07), before = detector.defaultThreshold(.v06)
            return "\(detector.rawValue) \(text(now))"
                + (now == before ? "" : " (PySceneDetect 0.6: \(text(before)))")
        }
        return all.joined(separator: ", ")
    }
}
