import Configuration
import NN
import Testing

@testable import Workbench

@Suite struct ScheduleTests {
    @Test func `a schedule without arguments has the reference's, over the length of the run`() {
        var optimization = TrainingConfiguration.Optimization()
        optimization.steps = 10
        func schedule(_ type: SchedulerType, _ given: [String: Double] = [:]) -> LearningRateSchedule {
            (optimization.schedulerType, optimization.schedulerParams) = (type, given)
            return LearningRateSchedule(optimization)
        }
        #expect(schedule(.constant, ["end_factor": 1]) == .constant)
        #expect(schedule(.linear) == .linear(start: 1, end: 0.1, over: 10))
        #expect(schedule(.linear, ["start_factor": 0.5]) == .linear(start: 0.5, end: 0.1, over: 10))
        #expect(schedule(.cosine) == .cosine(minimum: 0, over: 10))
        #expect(schedule(.cosineWithRestarts) == .cosineWithRestarts(first: 2, growth: 1, minimum: 5e-5))
        #expect(
            schedule(.cosineWithRestarts, ["T_0": 3, "T_mult": 9e18, "eta_min": 0])
                == .cosineWithRestarts(first: 3, growth: 9_000_000_000_000_000_000, minimum: 0))
        #expect(schedule(.polynomial, ["power": 2]) == .polynomial(power: 2, over: 10))
        optimization.steps = 3
        #expect(schedule(.cosineWithRestarts) == .cosineWithRestarts(first: 1, growth: 1, minimum: 5e-5))
    }
}
