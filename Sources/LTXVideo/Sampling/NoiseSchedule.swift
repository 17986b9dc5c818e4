import Foundation

/// How noise levels are spaced from 1 down to 0.
public enum NoiseSpacing: Sendable, Equatable {
    /// The first half of the steps falls by 0.025 in all, the rest in a parabola: what the trainer's own pipeline uses for
    /// every model, and what models from 0.9.5 on ask for.
    case linearQuadratic
    /// Evenly, then shifted towards the noise.
    case uniform(NoiseShift)
    /// These levels, whatever the number of steps: what a distilled model was taught.
    case listed([Double])
}

/// A shift of noise levels, t → eᵘ / (eᵘ + 1/t − 1).
public struct NoiseShift: Sendable, Equatable {
    /// μ at so many tokens and at so many, and along the line through both elsewhere. Equal ones make it constant.
    public var base = 0.95, most = 2.05, baseTokens = 1024.0, mostTokens = 4096.0
    /// Stretched so that the last level is this one; nil leaves them.
    public var terminal: Double? = 0.1

    /// That of 0.9.0 and 0.9.1.
    public init() {}
    /// The same μ for every size.
    public init(constant: Double, terminal: Double? = nil) {
        (base, most, self.terminal) = (constant, constant, terminal)
    }
    func mu(tokens: Int) -> Double {
        let slope = (most - base) / (mostTokens - baseTokens)
        return slope * Double(tokens) + base - slope * baseTokens
    }
}

/// The noise levels of sampling on a flow-match Euler scheduler (diffusers `FlowMatchEulerDiscreteScheduler`, Lightricks'
/// `RectifiedFlowScheduler`). All in fp32, in the reference's order of rounding.
public struct NoiseSchedule: Sendable, Equatable {
    /// What the transformer is told, 1000 … 0, falling; one a step.
    public let timesteps: [Float]
    /// σ of the scheduler, one a step and a final 0.
    public let sigmas: [Float]

    /// Linear-quadratic levels.
    ///
    /// - Parameters:
    ///   - steps: at least 1.
    ///   - shiftTerminal: stretches σ, and not the timesteps, so that the last step ends there: diffusers' pipeline on the
    ///     scheduler of 0.9.0 and 0.9.1; the trainer's own pipeline never does.
    public init(steps: Int, shiftTerminal: Float? = nil) {
        let timesteps = Self.linearQuadratic(steps).map { Float($0) * 1000 }
        let sigmas = timesteps.map { $0 / 1000 }
        self.init(timesteps, shiftTerminal.map { Self.stretched(sigmas, to: $0) } ?? sigmas)
    }
    /// - Parameters:
    ///   - steps: at least 1; a list of levels has its own.
    ///   - tokens: of the video, which a shift depends on.
    public init(_ spacing: NoiseSpacing, steps: Int, tokens: Int) {
        switch spacing {
        case .linearQuadratic: self.init(steps: steps)
        case .listed(let levels):
            let timesteps = levels.map { Float($0 * 1000) }
            self.init(timesteps, timesteps.map { $0 / 1000 })
        case .uniform(let shift):
            let last = 1 / Double(steps), width = steps > 1 ? (1 - last) / Double(steps - 1) : 0
            let growth = Float(exp(shift.mu(tokens: tokens)))
            var sigmas = (0..<steps).map { step in
                // As numpy's linspace: the last is exact.
                let t = Float(step > 0 && step == steps - 1 ? last : 1 - Double(step) * width)
                return growth / (growth + (1 / t - 1))
            }
            if let terminal = shift.terminal { sigmas = Self.stretched(sigmas, to: Float(terminal)) }
            self.init(sigmas.map { $0 * 1000 }, sigmas)
        }
    }
    private init(_ timesteps: [Float], _ sigmas: [Float]) {
        (self.timesteps, self.sigmas) = (timesteps, sigmas + [0])
    }

    private static func stretched(_ sigmas: [Float], to terminal: Float) -> [Float] {
        guard let last = sigmas.last, last < 1 else { return sigmas }
        let scale = (1 - last) / (1 - terminal)
        return sigmas.map { 1 - (1 - $0) / scale }
    }

    /// σ at `t`, and how far one Euler step from there goes: down to the next level of the schedule.
    func step(from t: Float) -> (sigma: Float, length: Float) {
        let sigma = t / 1000
        return (sigma, sigma - (sigmas.filter { $0 < sigma - 1e-6 }.max() ?? 0))
    }

    /// The first half of the steps falls by 0.025 in all, the rest in a parabola (upstream `linear_quadratic_schedule`,
    /// after Genmo Mochi).
    static func linearQuadratic(_ steps: Int, threshold: Double = 0.025) -> [Double] {
        guard steps >= 2 else { return [1] }
        let linear = steps / 2, quadratic = Double(steps - linear), n = Double(linear)
        let difference = n - threshold * Double(steps)
        let a = difference / (n * quadratic * quadratic)
        let b = threshold / n - 2 * difference / (quadratic * quadratic)
        let c = a * (n * n)
        return (0..<steps).map { i in
            let i = Double(i)
            return 1 - (i < n ? i * threshold / n : a * (i * i) + b * i + c)
        }
    }
}
