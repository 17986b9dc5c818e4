import Foundation

/// The learning rate as a function of the updates done: torch's `lr_scheduler` classes in closed form.
public enum LearningRateSchedule: Sendable, Equatable {
    case constant
    /// From rate·start to rate·end over `over` updates, then flat (`LinearLR`).
    case linear(start: Double, end: Double, over: Int)
    /// Half a cosine from the rate down to `minimum` over `over` updates, then up again (`CosineAnnealingLR`).
    case cosine(minimum: Double, over: Int)
    /// Cosines that start again; the n-th lasts `first`·`growth`ⁿ updates (`CosineAnnealingWarmRestarts`).
    case cosineWithRestarts(first: Int, growth: Int, minimum: Double)
    /// rate·(1 − step/over)^power, then 0 (`PolynomialLR`).
    case polynomial(power: Double, over: Int)
    /// From a share of the rate that grows evenly, 1/`over` first, then another schedule from its beginning (`SequentialLR` of
    /// `LinearLR` and the other one).
    indirect case warmedUp(over: Int, then: LearningRateSchedule)

    /// The rate of update number `step`, counted from 0.
    public func rate(_ base: Double, step: Int) -> Double {
        switch self {
        case .constant: return base
        case .linear(let start, let end, let over):
            return base * (start + (end - start) * Self.share(min(step, over), of: over))
        case .cosine(let minimum, let over): return Self.cosine(base, minimum, Self.share(step, of: over))
        case .cosineWithRestarts(let first, let growth, let minimum):
            let (done, length) = Self.cycle(step, first: max(first, 1), growth: max(growth, 1))
            return Self.cosine(base, minimum, Self.share(done, of: length))
        case .polynomial(let power, let over): return base * pow(1 - Self.share(min(step, over), of: over), power)
        case .warmedUp(let over, let next):
            guard step < over else { return next.rate(base, step: step - over) }
            let first = 1 / Double(over)
            return base * (first + (1 - first) * Self.share(step, of: over))
        }
    }

    /// Updates done in the cycle that `step` is in, and its length.
    private static func cycle(_ step: Int, first: Int, growth: Int) -> (done: Int, length: Int) {
        if growth == 1 { return (step % first, first) }
        var done = step, length = first
        while done >= length {
            done -= length
            let (longer, isTooLong) = length.multipliedReportingOverflow(by: growth)
            length = isTooLong ? .max : longer
        }
        return (done, length)
    }
    private static func share(_ step: Int, of length: Int) -> Double { Double(step) / Double(max(length, 1)) }
    private static func cosine(_ base: Double, _ minimum: Double, _ progress: Double) -> Double {
        minimum + (base - minimum) * (1 + cos(.pi * progress)) / 2
    }
}
