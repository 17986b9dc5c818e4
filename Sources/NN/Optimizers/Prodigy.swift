import Foundation
import Torch

/// Prodigy (Mishchenko and Defazio 2023): Adam that finds its rate, from how far the parameters have come. The rate that it is
/// given multiplies the one that it finds; 1 is usual.
public final class Prodigy: Optimizer {
    /// See `Optimizer`.
    public let parameters: [Parameter]
    /// May be changed between two updates.
    public var weightDecay: Double
    private let options: Options
    private let first: [Tensor], second: [Tensor], sums: [Tensor], start: [Tensor]
    /// The rate that it has found, the numerator of its estimate, and the updates done; scalars in fp64.
    private let estimate: Tensor, numerator: Tensor, step: Tensor

    /// What has a default.
    public struct Options: Sendable {
        /// How much of the first and of the second moment an update keeps.
        public var betas = (0.9, 0.999)
        /// What keeps the division by the second moment from 0, times the rate that was found.
        public var epsilon = 1e-8
        /// What the estimate starts at, and what it is multiplied by.
        public var firstEstimate = 1e-6, factor = 1.0
        /// Whether the first updates are corrected as Adam's are.
        public var correctsBias = false
        /// Whether the given rate stays out of the estimate's denominator, for warm-ups.
        public var safeguardsWarmup = false

        /// The defaults.
        public init() {}
    }

    /// States are zero, in the dtype of the parameters and where they are.
    public init(_ parameters: [Parameter], weightDecay: Double = 0, options: Options = Options()) throws {
        self.parameters = parameters
        (self.weightDecay, self.options) = (weightDecay, options)
        first = try parameters.map { try $0.zeros() }
        second = try parameters.map { try $0.zeros() }
        sums = try parameters.map { try $0.zeros() }
        start = try parameters.map { try $0.tensor.detached().cloned() }
        let device = parameters.first?.tensor.device ?? .cpu
        estimate = try .full([], options.firstEstimate, dtype: .float64, device: device)
        numerator = try .zeros([], dtype: .float64, device: device)
        step = try .zeros([], dtype: .float64, device: device)
    }

    /// See `Optimizer`.
    public func update(rate: Double, skip: Tensor? = nil) throws {
        let found = try gradients()
        guard !found.isEmpty, rate > 0 else { return }
        try withoutGradients { try move(found, rate, Commit(skip: skip)) }
    }

    private func move(_ found: [(place: Int, gradient: Tensor)], _ rate: Double, _ skip: Commit) throws {
        let (beta1, beta2) = options.betas, beta3 = beta2.squareRoot()
        let d = estimate, share = try d / options.firstEstimate
        var pace = try d * rate
        if options.correctsBias {
            let next = try step + 1
            pace = try pace * (1 - .power(beta2, next)).sqrt() / (1 - .power(beta1, next))
        }
        let weight = try share * (options.safeguardsWarmup ? d : pace)
        var gain = try numerator * beta3, whole = try numerator * 0
        var news: [(m: Tensor, v: Tensor, s: Tensor)] = []
        for (place, g) in found {
            let p = parameters[place].tensor
            let way = try (g.to(.float32) * (start[place] - p).to(.float32)).sum().to(.float64)
            gain = try gain + share * pace * way
            let m = try first[place] * beta1 + g * (d * (1 - beta1))
            let v = try second[place] * beta2 + g * g * (d * d * (1 - beta2))
            let s = try sums[place] * beta3 + g * weight
            whole = try whole + s.to(.float32).abs().sum().to(.float64)
            news.append((m, v, s))
        }
        // Nothing has moved yet, as with gradients of zeros: nothing is done at all.
        let commit = try Commit(skip, or: whole.equals(0))
        let guess = try gain / whole * options.factor
        let grown = try Tensor.choose(guess.isAbove(d), guess, d)
        for ((place, _), new) in zip(found, news) {
            let p = parameters[place].tensor
            let decayed = try weightDecay == 0 ? p.detached() : p - p * (pace * weightDecay)
            try commit(p, decayed - new.m / (new.v.sqrt() + grown * options.epsilon) * pace)
            try commit(first[place], new.m)
            try commit(second[place], new.v)
            try commit(sums[place], new.s)
        }
        try commit(numerator, gain)
        try commit(step, step + 1)
        try commit(estimate, grown)
    }

    /// `exp_avg`, `exp_avg_sq`, `s` and `p0` of each parameter; `d`, `d_numerator` and `k` of all.
    public var entries: [(name: String, tensor: Tensor)] {
        named("exp_avg", first) + named("exp_avg_sq", second) + named("s", sums) + named("p0", start)
            + [("group.d", estimate), ("group.d_numerator", numerator), ("group.k", step)]
    }
}
