import Configuration
import LTXVideo
import NN

extension LearningRateSchedule {
    /// What a checked configuration asks for, over the length of its run; a warm-up comes before, and the rest is as much shorter.
    public init(_ optimization: TrainingConfiguration.Optimization) {
        let wanted = optimization.warmupSteps
        let warmup = min(Int(wanted < 1 ? (wanted * Double(optimization.steps)).rounded() : wanted), optimization.steps)
        let main = Self.main(optimization, steps: max(1, optimization.steps - warmup))
        self = warmup > 0 ? .warmedUp(over: warmup, then: main) : main
    }
    private static func main(_ optimization: TrainingConfiguration.Optimization, steps: Int) -> LearningRateSchedule {
        func number(_ parameter: NamedParameter) -> Double {
            parameter.value(in: optimization.schedulerParams, steps: steps)
        }
        func whole(_ parameter: NamedParameter) -> Int { Int(exactly: number(parameter)) ?? .max }
        return switch optimization.schedulerType {
        case .constant: .constant
        case .linear: .linear(start: number(.startFactor), end: number(.endFactor), over: steps)
        case .cosine: .cosine(minimum: number(.cosineMinimum), over: steps)
        case .cosineWithRestarts:
            .cosineWithRestarts(
                first: whole(.firstCycle), growth: whole(.cycleGrowth), minimum: number(.restartMinimum))
        case .polynomial: .polynomial(power: number(.power), over: steps)
        }
    }
}

extension NoiseLevelSampler {
    /// What a checked configuration asks for.
    init(_ flow: TrainingConfiguration.FlowMatching) {
        func number(_ parameter: NamedParameter) -> Double { parameter.value(in: flow.timestepSamplingParams) }
        switch flow.timestepSamplingMode {
        case .uniform: self = .uniform(min: number(.lowest), max: number(.highest))
        case .shiftedLogitNormal: self = .shiftedLogitNormal(std: number(.deviation))
        }
    }
}
