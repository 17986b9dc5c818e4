import CMedia

/// A fraction of two integers: frame rates and time bases are exact.
public struct Rational: Sendable, Hashable, CustomStringConvertible {
    /// The upper and the lower number; the lower one is above 0.
    public let numerator: Int, denominator: Int

    /// `numerator/denominator` in lowest terms; 0 when the denominator is not above 0.
    public init(_ numerator: Int, _ denominator: Int = 1) {
        guard denominator > 0 else {
            (self.numerator, self.denominator) = (0, 1)
            return
        }
        var a = numerator.magnitude, b = denominator.magnitude
        while b != 0 { (a, b) = (b, a % b) }
        let divisor = Int(exactly: max(a, 1)) ?? 1
        (self.numerator, self.denominator) = (numerator / divisor, denominator / divisor)
    }

    /// The simplest fraction near `value`, exact for the usual frame rates (24000/1001 and so on).
    public init(approximating value: Double) {
        guard value.isFinite, value > 0, value < 1e6 else {
            self.init(0)
            return
        }
        for denominator in [1, 1001] {
            let numerator = (value * Double(denominator)).rounded()
            let near = denominator == 1001 ? (numerator / 1000).rounded() * 1000 : numerator
            if abs(near / Double(denominator) - value) < 1e-5 * value {
                self.init(Int(near), denominator)
                return
            }
        }
        let fraction = av_d2q(value, 1_000_000)
        self.init(Int(fraction.num), Int(fraction.den))
    }

    init(_ fraction: AVRational) { self.init(Int(fraction.num), Int(fraction.den)) }

    /// The value as a floating point number.
    public var value: Double { Double(numerator) / Double(denominator) }
    /// `"25"` or `"30000/1001"`.
    public var description: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }

    var av: AVRational {
        AVRational(num: Int32(clamping: numerator), den: Int32(clamping: denominator))
    }
}
