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

    /// Standard deviation of the normal distribution behind the noise levels.
    public static let deviation = NamedParameter("std", 1)
    /// The lowest noise level.
    public static let lowest = NamedParameter("min_value", 0)
    /// The highest noise level.
    public static let highest = NamedParameter("max_value", 1)
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
