/// The range of a numeric key.
public struct ConfigurationBounds: Sendable, Equatable, CustomStringConvertible {
    /// The lowest value.
    public let minimum: Double
    /// The highest value; infinite when there is none.
    public let maximum: Double
    /// The minimum itself is outside.
    public let isOpenBelow: Bool

    private init(_ minimum: Double, _ maximum: Double = .infinity, isOpenBelow: Bool = false) {
        (self.minimum, self.maximum, self.isOpenBelow) = (minimum, maximum, isOpenBelow)
    }
    /// At least `minimum`.
    public static func atLeast(_ minimum: Double) -> Self { Self(minimum) }
    /// Above `minimum`.
    public static func above(_ minimum: Double) -> Self { Self(minimum, isOpenBelow: true) }
    /// Above `minimum` and up to `maximum`, which is included.
    public static func above(_ minimum: Double, upTo maximum: Double) -> Self {
        Self(minimum, maximum, isOpenBelow: true)
    }
    /// From `minimum` to `maximum`, both included.
    public static func within(_ minimum: Double, _ maximum: Double) -> Self { Self(minimum, maximum) }

    /// True when the value lies in the range.
    public func contains(_ value: Double) -> Bool {
        (isOpenBelow ? value > minimum : value >= minimum) && value <= maximum
    }

    /// The range in words: `"at least 2"`.
    public var description: String {
        if isOpenBelow, maximum < .infinity { return "above \(Self.text(minimum)) and at most \(Self.text(maximum))" }
        if maximum < .infinity { return "from \(Self.text(minimum)) to \(Self.text(maximum))" }
        return (isOpenBelow ? "above " : "at least ") + Self.text(minimum)
    }
    private static func text(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}
