import LuaKit
import Media

extension DetectorParameters {
    /// Throws `LuaArgumentError` for an option that another detector's would be, and for one that is given twice.
    static func check(_ given: [String], for detector: SceneDetector) throws {
        if let (name, detectors) = foreign(given, to: detector) {
            let names = detectors.map { "\"\($0.rawValue)\"" }.joined(separator: " or ")
            throw LuaArgumentError(
                argument: name,
                message: "'\(name)' is an option of the detector \(names), not of \"\(detector.rawValue)\"")
        }
        if let (name, other) = doubled(given) {
            throw LuaArgumentError(
                argument: other, message: "'\(other)' is another name of '\(name)': give one of them")
        }
    }
}
