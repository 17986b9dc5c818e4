import Foundation

/// The learning rate as a function of the updates done, in closed form (torch's `lr_scheduler` classes with upstream's
/// defaults, docs/reference-behaviour.md#schedules).
public enum LearningRateSchedule: Sendable, Equatable {
    case constant
    /// From rate·start to rate·end over `over` updates, then flat.
    case linear(start: Double = 1, end: Double = 0.1, over: Int)
    /// Half a cosine from the rate down to `minimum` over `over` updates.
    case cosine(minimum: Double = 0, over: Int)
    /// Cosines that start again; the n-th lasts `first`·`growth`ⁿ updates.
    case cosineWithRestarts(first: Int, growth: Int = 1, minimum: Double = 5e-5)
    case polynomial(power: Double = 1, over: Int)

    /// The rate of update number `step`, counted from 0.
    public func rate(_ base: Double, step: Int) -> Double {
        switch self {
        case .constant: return base
        case .linear(let start, let end, let over):
            return base * (start + (end - start) * Double(min(step, over)) / Double(max(over, 1)))
        case .cosine(let minimum, let over): return Self.cosine(base, minimum, Double(step) / Double(max(over, 1)))
        case .cosineWithRestarts(let first, let growth, let minimum):
            var length = max(first, 1), rest = step
            while rest >= length {
                rest -= length
                length *= max(growth, 1)
            }
            return Self.cosine(base, minimum, Double(rest) / Double(length))
        case .polynomial(let power, let over):
            return base * pow(1 - Double(min(step, over)) / Double(max(over, 1)), power)
        }
    }
    private static func cosine(_ base: Double, _ minimum: Double, _ progress: Double) -> Double {
        minimum + (base - minimum) * (1 + cos(.pi * progress)) / 2
    }
}
