import Base

/// What a plan is to go by instead of the machine and the data that are here.
public struct PlanOptions: Sendable {
    /// Bytes of the device that it is for; nil takes those of the one here.
    public var memory: Int?
    /// Its speed in 10¹² operations a second; nil measures the one here, where `memory` does not say that another is meant.
    public var teraflops: Double?
    /// The size of the clips; nil takes the preprocessed ones, and where there are none those of validation.
    public var size: VideoSize?
    /// How many ranks train together, each on a device like that.
    public var ranks = 1
    /// Gigabytes a second between two of them, by the slowest link; nil: not known.
    public var link: Double?

    /// The machine and the data that are here.
    public init() {}

    /// Bytes of `"24GB"`: as cards are called, by 1024. Nil for any other text.
    public static func bytes(_ text: String) -> Int? {
        let trimmed = text.lowercased().filter { $0 != " " }
        let units = [("gib", 30), ("gb", 30), ("g", 30), ("mib", 20), ("mb", 20), ("m", 20)]
        guard let (unit, power) = units.first(where: { trimmed.hasSuffix($0.0) }),
            let number = Double(trimmed.dropLast(unit.count)), number > 0, number < 1e6
        else { return nil }
        return Int(number * Double(1 << power))
    }
    /// What of a device's memory a training can have: its driver keeps some, and blocks that are given back leave gaps.
    static func usable(of total: Int) -> Int { max(0, total - total / 20 - 600_000_000) }
}
