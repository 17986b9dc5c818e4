import Configuration
import LTXVideo
import NN

extension LearningRateSchedule {
    /// What a checked configuration asks for, over the length of its run.
    init(_ optimization: TrainingConfiguration.Optimization) {
        let steps = optimization.steps
        func number(_ parameter: NamedParameter) -> Double {
            parameter.value(in: optimization.schedulerParams, steps: steps)
        }
        func whole(_ parameter: NamedParameter) -> Int { Int(exactly: number(parameter)) ?? .max }
        switch optimization.schedulerType {
        case .constant: self = .constant
        case .linear: self = .linear(start: number(.startFactor), end: number(.endFactor), over: steps)
        case .cosine: self = .cosine(minimum: number(.cosineMinimum), over: steps)
        case .cosineWithRestarts:
            self = .cosineWithRestarts(
                first: whole(.firstCycle), growth: whole(.cycleGrowth), minimum: number(.restartMinimum))
        case .polynomial: self = .polynomial(power: number(.power), over: steps)
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
