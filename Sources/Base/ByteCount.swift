import Foundation

/// A number of bytes for people: `1.40 GB`, `320 kB`, in powers of 1000, as disks and downloads count.
public struct ByteCount: CustomStringConvertible, Hashable, Sendable {
    /// The bytes themselves.
    public let count: Int

    /// So many bytes.
    public init(_ count: Int) { self.count = count }

    /// Three digits and the unit.
    public var description: String {
        if count.magnitude < 1000 { return "\(count) bytes" }
        var value = Double(count), unit = "bytes"
        for larger in ["kB", "MB", "GB", "TB"] where abs(value) >= 1000 { (value, unit) = (value / 1000, larger) }
        let decimals = abs(value) >= 100 ? 0 : abs(value) >= 10 ? 1 : 2
        return String(format: "%.\(decimals)f", value) + " " + unit
    }
}
