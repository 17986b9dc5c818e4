import Base

/// A length of time in a video: a number of pictures, or seconds.
public enum SceneLength: Sendable, Hashable, CustomStringConvertible {
    case frames(Int)
    case seconds(Double)

    /// `"36f"` or `"36"` pictures; `"1.5s"`, `"MM:SS"`, `"HH:MM:SS.nnn"` seconds. `nil` for anything else.
    public init?(_ text: String) {
        func number(_ part: Substring) -> Double? {
            guard !part.isEmpty, part.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }) else { return nil }
            return Double(part).flatMap { $0 < 1e8 ? $0 : nil }
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2 || parts.count == 3 {
            var seconds = 0.0
            for (place, part) in parts.enumerated() {
                guard let value = number(part), place == 0 || value < 60 else { return nil }
                guard place == parts.count - 1 || value == value.rounded() else { return nil }
                seconds = seconds * 60 + value
            }
            self = .seconds(seconds)
        } else if text.hasSuffix("s"), let seconds = number(text.dropLast()) {
            self = .seconds(seconds)
        } else if let frames = Int(text.hasSuffix("f") ? text.dropLast() : text[...]), frames >= 0, frames < 1 << 40 {
            self = .frames(frames)
        } else {
            return nil
        }
    }

    /// In seconds at a rate.
    public func seconds(fps: Double) -> Double {
        switch self {
        case .frames(let count): fps > 0 ? Double(count) / fps : 0
        case .seconds(let seconds): seconds
        }
    }
    /// `"36f"` or `"1.5s"`.
    public var description: String {
        switch self {
        case .frames(let count): "\(count)f"
        case .seconds(let seconds): "\(seconds)s"
        }
    }
}
