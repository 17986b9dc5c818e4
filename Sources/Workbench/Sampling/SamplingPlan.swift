import Base
import LTXVideo

/// How one video is sampled: what was asked for, else what a preset has, else what the model's files say, else what upstream's
/// validation does.
struct SamplingPlan {
    let steps: Int
    let guidance: GuidancePlan
    let isStochastic: Bool
    let decodeTimestep: Double, decodeNoise: Double
    private let spacing: NoiseSpacing

    /// Throws `SamplingOptionError` for lists that do not fit together, and what reading the model's files throws.
    init(_ options: SampleOptions, of model: ModelFolder) throws {
        let preset = try options.preset.map { try model.preset($0) } ?? SamplingPreset(model.sampling())
        steps = options.timesteps?.count ?? options.steps ?? preset.steps
        switch (options.timesteps, options.schedule) {
        case (let levels?, _):
            guard !levels.isEmpty, zip(levels, levels.dropFirst()).allSatisfy({ $0 > $1 }) else {
                throw SamplingOptionError.timesteps
            }
            spacing = .listed(levels)
        case (nil, .linearQuadratic): spacing = .linearQuadratic
        case (nil, .uniform): spacing = .uniform(NoiseShift())
        // Another number of steps than the model was taught has no list.
        case (nil, .model):
            spacing = options.steps.map { $0 == preset.steps } ?? true ? preset.spacing : preset.spacing.counted
        }
        isStochastic = options.isStochastic ?? preset.isStochastic
        decodeTimestep = options.decodeTimestep ?? preset.decodeTimestep
        decodeNoise = options.decodeNoise ?? options.decodeTimestep ?? preset.decodeNoise

        guard let times = options.guidanceTimesteps ?? preset.guidanceTimesteps else {
            let stage = try Guidance(
                scale: Self.one(options.guidance ?? preset.guidance, "guidance"),
                stgScale: Self.one(options.stgScale ?? preset.stgScale, "stg_scale"),
                stgBlocks: Self.one(options.stgBlocks ?? preset.stgBlocks, "stg_blocks"),
                rescale: Self.one(options.rescale ?? preset.rescale, "rescale"))
            guidance = Self.plan(GuidancePlan(stage), options, preset)
            try Self.check([stage])
            return
        }
        let count = times.count
        let scales = try Self.spread(options.guidance ?? preset.guidance, count, "guidance")
        let stg = try Self.spread(options.stgScale ?? preset.stgScale, count, "stg_scale")
        let blocks = try Self.spread(options.stgBlocks ?? preset.stgBlocks, count, "stg_blocks")
        let rescale = try Self.spread(options.rescale ?? preset.rescale, count, "rescale")
        let stages = (0..<count).map {
            Guidance(scale: scales[$0], stgScale: stg[$0], stgBlocks: blocks[$0], rescale: rescale[$0])
        }
        guard let listed = GuidancePlan(times: times, stages: stages) else {
            throw SamplingOptionError.count("guidance_timesteps", 0, 1)
        }
        guidance = Self.plan(listed, options, preset)
        try Self.check(stages)
    }

    /// The noise levels of a video of so many tokens.
    func schedule(tokens: Int) -> NoiseSchedule { NoiseSchedule(spacing, steps: steps, tokens: tokens) }

    private static func plan(
        _ plan: GuidancePlan, _ options: SampleOptions, _ preset: SamplingPreset
    ) -> GuidancePlan {
        var plan = plan
        plan.mode = options.stgMode
        plan.isStar = options.isStar ?? preset.isStar
        return plan
    }
    private static func check(_ stages: [Guidance]) throws {
        if stages.allSatisfy({ $0.stgScale == 0 || $0.stgBlocks.isEmpty }), stages.contains(where: { $0.stgScale > 0 })
        {
            throw SamplingOptionError.noBlocks
        }
    }
    private static func one<Value>(_ values: [Value], _ name: String) throws -> Value {
        guard values.count == 1 else { throw SamplingOptionError.noTimes(name, values.count) }
        return values[0]
    }
    private static func spread<Value>(_ values: [Value], _ count: Int, _ name: String) throws -> [Value] {
        if values.count == 1 { return Array(repeating: values[0], count: count) }
        guard values.count == count else { throw SamplingOptionError.count(name, values.count, count) }
        return values
    }
}

extension NoiseSpacing {
    /// The same for any number of steps.
    fileprivate var counted: NoiseSpacing { if case .listed = self { .linearQuadratic } else { self } }
}

/// Options of sampling that do not go together.
enum SamplingOptionError: UserError {
    case count(String, Int, Int)
    case noTimes(String, Int)
    case noBlocks, timesteps
    case noPreset(String)

    var kind: String { "sample.options" }
    var key: String? {
        switch self {
        case .count(let name, _, _), .noTimes(let name, _): name
        case .noBlocks: "stg_blocks"
        case .timesteps: "timesteps"
        case .noPreset: "preset"
        }
    }
    var description: String {
        switch self {
        case .count(let name, let count, let times):
            "'\(name)' has \(count) entries, and 'guidance_timesteps' has \(times): they need as many, or one"
        case .noTimes(let name, let count):
            "'\(name)' has \(count) entries: say from which noise level on each counts (guidance_timesteps = { 1.0, … })"
        case .noBlocks:
            "'stg_scale' needs blocks whose attention is left out: stg_blocks = { 19 }, as published for 2B models"
        case .timesteps: "'timesteps' must fall, from at most 1 to above 0: { 1.0, 0.9937, …, 0.4219 }"
        case .noPreset(let model):
            "nobody has published how to sample from '\(model)'; give steps, guidance, stg_scale and so on"
        }
    }
}
