/// One argument that a schedule, or a drawing of noise levels, takes by name: what checks, help and whoever makes the
/// thing know of it.
public struct NamedParameter: Sendable {
    /// As in YAML, which is torch's: `"eta_min"`.
    public let name: String
    /// nil when any number will do.
    let bounds: ConfigurationBounds?
    private let isWhole: Bool
    private let fallback: @Sendable (_ steps: Int) -> Double

    private init(
        _ name: String, _ bounds: ConfigurationBounds? = nil, isWhole: Bool = false,
        fallback: @escaping @Sendable (_ steps: Int) -> Double
    ) {
        (self.name, self.bounds, self.isWhole, self.fallback) = (name, bounds, isWhole, fallback)
    }
    private init(_ name: String, _ fallback: Double, _ bounds: ConfigurationBounds? = nil) {
        self.init(name, bounds) { _ in fallback }
    }

    /// As given, or the default in a run of `steps` updates.
    public func value(in given: [String: Double], steps: Int = 0) -> Double { given[name] ?? fallback(steps) }

    /// What is wrong with a value: the end of a sentence that starts with the name; nil when nothing is.
    func problem(_ value: Double) -> String? {
        guard bounds?.contains(value) == false || isWhole && Int(exactly: value) == nil else { return nil }
        return "must be \(isWhole ? "a whole number of " : "")\(bounds?.description ?? "a number"), got \(value)"
    }
}

extension NamedParameter {
    /// The share of the learning rate that a linear schedule starts at.
    public static let startFactor = NamedParameter("start_factor", 1, .above(0, upTo: 1))
    /// The share of the learning rate that it ends at.
    public static let endFactor = NamedParameter("end_factor", 0.1, .within(0, 1))
    /// The lowest rate of a cosine.
    public static let cosineMinimum = NamedParameter("eta_min", 0, .atLeast(0))
    /// Updates of the first of several cosines.
    public static let firstCycle = NamedParameter("T_0", .atLeast(1), isWhole: true) { Double(max(1, $0 / 4)) }
    /// How many times as long as the one before it each cosine is.
    public static let cycleGrowth = NamedParameter("T_mult", .atLeast(1), isWhole: true) { _ in 1 }
    /// The lowest rate of cosines that start again; the reference has this default for them alone.
    public static let restartMinimum = NamedParameter("eta_min", 5e-5, .atLeast(0))
    /// Of the polynomial.
    public static let power = NamedParameter("power", 1, .atLeast(0))

    /// The share of each parameter that every update takes off, times the rate.
    public static let weightDecay = NamedParameter("weight_decay", 0.01, .atLeast(0))
    /// The same for optimizers whose authors start without.
    public static let noWeightDecay = NamedParameter("weight_decay", 0, .atLeast(0))
    /// How much of the first and of the second moment an update keeps.
    public static let beta1 = NamedParameter("beta1", 0.9, .within(0, 1)),
        beta2 = NamedParameter("beta2", 0.999, .within(0, 1)), lionBeta2 = NamedParameter("beta2", 0.99, .within(0, 1))
    /// Adafactor's first moment; 0 keeps none.
    public static let adafactorBeta1 = NamedParameter("beta1", 0, .within(0, 1))
    /// What keeps a division from 0.
    public static let epsilon = NamedParameter("eps", 1e-8, .above(0))
    /// Adafactor's: the root mean square that its updates are held to.
    public static let clipThreshold = NamedParameter("clip_threshold", 1, .above(0))
    /// Adafactor's: how fast its second moment turns from the mean of all into a moving one.
    public static let decayRate = NamedParameter("decay_rate", -0.8, .within(-1, 0))
    /// Adafactor's: 1 scales the rate by the root mean square of the parameter.
    public static let scaleParameter = NamedParameter("scale_parameter", .within(0, 1), isWhole: true) { _ in 0 }
    /// Prodigy's: what its estimate of the rate starts at, and what it is multiplied by.
    public static let firstEstimate = NamedParameter("d0", 1e-6, .above(0)),
        estimateFactor = NamedParameter("d_coef", 1, .above(0))
    /// Prodigy's: 1 corrects the first updates as Adam does, and leaves the rate out of the estimate's denominator.
    public static let biasCorrection = NamedParameter("use_bias_correction", .within(0, 1), isWhole: true) { _ in 0 },
        safeguardWarmup = NamedParameter("safeguard_warmup", .within(0, 1), isWhole: true) { _ in 0 }

    /// Standard deviation of the normal distribution behind the noise levels.
    public static let deviation = NamedParameter("std", 1)
    /// The lowest noise level.
    public static let lowest = NamedParameter("min_value", 0)
    /// The highest noise level.
    public static let highest = NamedParameter("max_value", 1)
}

extension OptimizerType {
    /// What it takes in `optimization.optimizer_params`.
    public var parameters: [NamedParameter] {
        switch self {
        case .adamw, .adamw8bit: [.weightDecay, .beta1, .beta2, .epsilon]
        case .adafactor: [.noWeightDecay, .adafactorBeta1, .decayRate, .clipThreshold, .scaleParameter]
        case .lion: [.noWeightDecay, .beta1, .lionBeta2]
        case .prodigy:
            [
                .noWeightDecay, .beta1, .beta2, .epsilon, .firstEstimate, .estimateFactor, .biasCorrection,
                .safeguardWarmup,
            ]
        }
    }
    /// The share of each parameter that an update takes off, times the rate.
    public var weightDecay: NamedParameter { self == .adamw || self == .adamw8bit ? .weightDecay : .noWeightDecay }
}

extension SchedulerType {
    /// What it takes in `optimization.scheduler_params`. Its length is that of the run.
    public var parameters: [NamedParameter] {
        switch self {
        case .constant: []
        case .linear: [.startFactor, .endFactor]
        case .cosine: [.cosineMinimum]
        case .cosineWithRestarts: [.firstCycle, .cycleGrowth, .restartMinimum]
        case .polynomial: [.power]
        }
    }
}

extension TimestepSamplingMode {
    /// What it takes in `flow_matching.timestep_sampling_params`.
    public var parameters: [NamedParameter] {
        switch self {
        case .shiftedLogitNormal: [.deviation]
        case .uniform: [.lowest, .highest]
        }
    }
}

extension Sequence<NamedParameter> {
    /// `"T_0, T_mult and eta_min"`.
    var list: String {
        let names = map(\.name)
        return names.dropLast().isEmpty
            ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + names.suffix(1).joined()
    }
}
