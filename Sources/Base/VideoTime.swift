/// A length of time in a video as people write it: seconds, or a number of pictures.
public enum VideoTime: Sendable, Hashable, CustomStringConvertible {
    case seconds(Double)
    case frames(Int)

    /// `"1.5"`, `"1.5s"`, `"250ms"`, `"MM:SS"` and `"HH:MM:SS.nnn"` are seconds, `"36f"` is pictures. `nil` for anything
    /// else.
    public init?(parsing text: String) {
        let text = text.filter { $0 != " " }.lowercased()
        func number(_ part: Substring) -> Double? {
            guard part.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let value = Double(part) else {
                return nil
            }
            return value < 1e8 ? value : nil
        }
        if text.hasSuffix("f") {
            guard let frames = Int(text.dropLast()), frames >= 0, frames < 1 << 40 else { return nil }
            self = .frames(frames)
        } else if text.hasSuffix("s") {
            let isThousandths = text.hasSuffix("ms")
            guard let value = number(text.dropLast(isThousandths ? 2 : 1)) else { return nil }
            self = .seconds(isThousandths ? value / 1000 : value)
        } else {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 3 else { return nil }
            var seconds = 0.0
            for (place, part) in parts.enumerated() {
                guard let value = number(part), place == 0 || value < 60 else { return nil }
                guard place == parts.count - 1 || value == value.rounded() else { return nil }
                seconds = seconds * 60 + value
            }
            self = .seconds(seconds)
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
