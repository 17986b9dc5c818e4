import Base
import LuaKit
import Media

/// Which options belong to which detector of scenes: PySceneDetect's parameters under its names.
enum DetectorParameters {
    /// The parameters of one detector only, or of two. What is not here goes with every detector.
    private static let owners: [(name: String, detectors: [SceneDetector])] = [
        ("adaptive_threshold", [.adaptive]), ("weights", [.content, .adaptive]), ("luma_only", [.content, .adaptive]),
        ("kernel_size", [.content, .adaptive]), ("window_width", [.adaptive]), ("min_content_val", [.adaptive]),
        ("filter_mode", [.content]), ("fade_bias", [.threshold]), ("method", [.threshold]),
        ("add_final_scene", [.threshold]), ("bins", [.histogram]), ("size", [.hash]), ("hash_size", [.hash]),
        ("lowpass", [.hash]), ("fast", [.content, .adaptive]),
    ]
    /// Two names of one thing.
    private static let twins = [("threshold", "adaptive_threshold"), ("size", "hash_size")]

    /// Throws `LuaArgumentError` for an option that another detector's would be, and for one that is given twice.
    static func check(_ given: [String], for detector: SceneDetector) throws {
        for (name, detectors) in owners where given.contains(name) && !detectors.contains(detector) {
            let names = detectors.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
            throw LuaArgumentError(
                argument: name,
                message: "'\(name)' is an option of the detector \(names), not of \"\(detector.rawValue)\"")
        }
        for (name, other) in twins where given.contains(name) && given.contains(other) {
            throw LuaArgumentError(
                argument: other, message: "'\(other)' is another name of '\(name)': give one of them")
        }
    }

    /// What each detector takes when no threshold is given, with what the older PySceneDetect had instead.
    static var defaultThresholds: String {
        func text(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }
        let all = SceneDetector.allCases.map { detector in
            let now = detector.defaultThreshold(.v07), before = detector.defaultThreshold(.v06)
            return "\(detector.rawValue) \(text(now))"
                + (now == before ? "" : " (PySceneDetect 0.6: \(text(before)))")
        }
        return all.joined(separator: ", ")
    }
}
