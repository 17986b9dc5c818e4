/// A length of time as a user writes it: `1.5`, `"1.5s"`, `"00:01:02.500"`, or frames `"36f"`.
public enum LuaDuration: Sendable, Equatable {
    case seconds(Double)
    case frames(Int)

    /// Parses the text form, `nil` for anything else or a negative length.
    public init?(parsing text: String) {
        let text = text.filter { $0 != " " }.lowercased()
        if text.hasSuffix("f") {
            guard let frames = Int(text.dropLast()), frames >= 0 else { return nil }
            self = .frames(frames)
            return
        }
        let body = text.hasSuffix("ms") ? text.dropLast(2) : text.hasSuffix("s") ? text.dropLast() : text[...]
        let parts = body.split(separator: ":", omittingEmptySubsequences: false)
        guard !parts.isEmpty, parts.count <= 3, body.allSatisfy({ $0.isNumber || $0 == "." || $0 == ":" }) else {
            return nil
        }
        guard parts.count == 1 || !text.hasSuffix("s") else { return nil }
        var seconds = 0.0
        for (place, part) in parts.enumerated() {
            guard let number = Double(part), place == 0 || number < 60 else { return nil }
            guard place == parts.count - 1 || Int(part) != nil else { return nil }
            seconds = seconds * 60 + number
        }
        self = .seconds(text.hasSuffix("ms") ? seconds / 1000 : seconds)
    }
    /// The length in seconds at a frame rate.
    public func seconds(fps: Double) -> Double {
        switch self {
        case .seconds(let seconds): seconds
        case .frames(let frames): Double(frames) / fps
        }
    }
}

extension LuaType where Value == LuaDuration {
    /// Seconds, `"1.5s"`, `"00:01:02.500"` or frames `"36f"`.
    public static var duration: Self {
        LuaType(TypeInfo("duration", annotation: "number|string")) { value, _ in
            if let seconds = value.number {
                guard seconds.isFinite, seconds >= 0 else { throw LuaTypeError("must be a duration of at least 0") }
                return .seconds(seconds)
            }
            guard let text = value.string else { return nil }
            guard let duration = LuaDuration(parsing: text) else {
                throw LuaTypeError("must be a duration such as 1.5, \"1.5s\", \"00:01:02.500\" or \"36f\"")
            }
            return duration
        }
    }
}
