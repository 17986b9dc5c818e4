import Base

extension LuaType where Value == Bool {
    /// `true` or `false`.
    public static var bool: Self { LuaType(TypeInfo("boolean")) { value, _ in value.bool } }
}

extension LuaType where Value == Int {
    /// A whole number; `2.0` counts as one.
    public static func integer(min: Int? = nil, max: Int? = nil, unit: String? = nil) -> Self {
        var info = TypeInfo("whole number", annotation: "integer")
        info.range = rangeText(min, max)
        info.unit = unit
        return LuaType(info) { value, _ in
            guard let number = value.integer else { return nil }
            if let min, number < min { throw LuaTypeError("must be \(rangeText(min, max) ?? "")") }
            if let max, number > max { throw LuaTypeError("must be \(rangeText(min, max) ?? "")") }
            return number
        }
    }
    /// A whole number of any size.
    public static var integer: Self { integer() }
}

extension LuaType where Value == Double {
    /// A finite number.
    public static func number(min: Double? = nil, max: Double? = nil, above: Double? = nil, unit: String? = nil) -> Self
    {
        var info = TypeInfo("number")
        let shown: (Double?) -> String? = { $0.map { Int(exactly: $0).map { "\($0)" } ?? "\($0)" } }
        info.range = above.map { "above \(shown($0) ?? "")" + (shown(max).map { ", at most \($0)" } ?? "") }
        if above == nil { info.range = rangeText(shown(min), shown(max)) }
        info.unit = unit
        let range = info.range
        return LuaType(info) { value, _ in
            guard let number = value.number else { return nil }
            guard number.isFinite else { throw LuaTypeError("must be finite") }
            let inside = number >= (min ?? -.infinity) && number <= (max ?? .infinity) && number > (above ?? -.infinity)
            if !inside { throw LuaTypeError("must be \(range ?? "in range")") }
            return number
        }
    }
    /// A finite number.
    public static var number: Self { number() }
}

extension LuaType where Value == String {
    /// A text in UTF-8.
    public static var string: Self {
        LuaType(TypeInfo("string")) { value, _ in
            if case .bytes = value { throw LuaTypeError("must be text in UTF-8") }
            return value.string
        }
    }
    /// A path, or an object that has one; `~` is expanded. Completion offers files of the kind.
    public static func path(_ kind: TypeInfo.PathKind = .any) -> Self {
        var info = TypeInfo("path", annotation: "string")
        info.path = kind
        return LuaType(info) { value, _ in
            if case .bytes = value { throw LuaTypeError("must be a path in UTF-8") }
            guard let text = value.string else { return nil }
            if text.isEmpty { throw LuaTypeError("must name a file or folder") }
            if text.contains("\0") { throw LuaTypeError("must not contain a zero byte") }
            return Path.expandingTilde(text)
        }.orPath
    }
    /// The same, or an object that has a path.
    public var orPath: Self {
        LuaType(info) { value, lua in
            if let object = value.object as? any LuaPath { return object.luaPath }
            return try convert(value, lua)
        }
    }
    /// One of these strings.
    public static func choice(_ values: [String]) -> Self {
        var info = TypeInfo("string", annotation: values.map { "\"\($0)\"" }.joined(separator: "|"))
        info.values = values
        return LuaType(info) { value, _ in value.string.flatMap { values.contains($0) ? $0 : nil } }
    }
}

extension LuaType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of an enumeration's names.
    public static func choice(_: Value.Type = Value.self) -> Self {
        let names = Value.allCases.map(\.rawValue)
        return LuaType(LuaType<String>.choice(names).info) { value, _ in value.string.flatMap(Value.init(rawValue:)) }
    }
}

extension LuaType where Value == [UInt8] {
    /// Any string, as bytes.
    public static var bytes: Self {
        LuaType(TypeInfo("string")) { value, _ in
            switch value {
            case .string(let text): Array(text.utf8)
            case .bytes(let bytes): bytes
            default: nil
            }
        }
    }
}

private func rangeText<T>(_ min: T?, _ max: T?) -> String? {
    switch (min, max) {
    case (let min?, let max?): "\(min) to \(max)"
    case (let min?, nil): "at least \(min)"
    case (nil, let max?): "at most \(max)"
    case (nil, nil): nil
    }
}

extension LuaType where Value == VideoTime {
    /// Seconds, `"1.5s"`, `"00:01:02.500"` or frames `"36f"`.
    public static var duration: Self {
        LuaType(TypeInfo("duration", annotation: "number|string")) { value, _ in
            if let seconds = value.number {
                guard seconds.isFinite, seconds >= 0 else { throw LuaTypeError("must be a duration of at least 0") }
                return .seconds(seconds)
            }
            guard let text = value.string else { return nil }
            guard let duration = VideoTime(parsing: text) else {
                throw LuaTypeError("must be a duration such as 1.5, \"1.5s\", \"00:01:02.500\" or \"36f\"")
            }
            return duration
        }
    }
}
