/// The noise levels of sampling, as the trainer's pipeline uses them: linear-quadratic timesteps on a flow-match Euler
/// scheduler (diffusers `FlowMatchEulerDiscreteScheduler`). All in fp32, in the reference's order of rounding.
public struct NoiseSchedule: Sendable, Equatable {
    /// What the transformer is told, 1000 … 0, falling; one a step.
    public let timesteps: [Float]
    /// σ of the scheduler, one a step and a final 0.
    public let sigmas: [Float]

    /// - Parameters:
    ///   - steps: at least 1.
    ///   - shiftTerminal: stretches σ so that the last step ends there (0.1 in the schedulers of 0.9.0 and 0.9.1); the
    ///     trainer's own pipeline never does.
    public init(steps: Int, shiftTerminal: Float? = nil) {
        timesteps = Self.linearQuadratic(steps).map { Float($0) * 1000 }
        var sigmas = timesteps.map { $0 / 1000 }
        if let shiftTerminal, let last = sigmas.last {
            let scale = (1 - last) / (1 - shiftTerminal)
            sigmas = sigmas.map { 1 - (1 - $0) / scale }
        }
        self.sigmas = sigmas + [0]
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
