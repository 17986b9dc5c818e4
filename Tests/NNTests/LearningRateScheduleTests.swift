import NN
import Testing

@Suite struct LearningRateScheduleTests {
    @Test func `every schedule gives the rates of torch at steps 0 to 60`() throws {
        let values = try Values(), base = try values.json.number("base")
        var kinds: Set<String> = []
        for entry in try values.list("schedules") {
            let kind = try #require(entry["type"]?.string), arguments = try #require(entry["arguments"])
            let schedule = try schedule(kind, arguments.number), rates = try entry.numbers("rates")
            #expect(rates.count == 61)
            for (step, rate) in rates.enumerated() {
                // torch multiplies its way along, which drifts by some units in the last place.
                #expect(
                    abs(schedule.rate(base, step: step) - rate) < 1e-12 * base, "\(kind) \(arguments), step \(step)")
            }
            kinds.insert(kind)
        }
        #expect(kinds == ["linear", "cosine", "cosine_with_restarts", "polynomial"])
        for step in [0, 1, 60] { #expect(LearningRateSchedule.constant.rate(base, step: step) == base) }
    }

    private func schedule(_ kind: String, _ number: (String) throws -> Double) throws -> LearningRateSchedule {
        func whole(_ name: String) throws -> Int { try #require(Int(exactly: try number(name))) }
        switch kind {
        case "linear":
            return .linear(
                start: try number("start_factor"), end: try number("end_factor"), over: try whole("total_iters"))
        case "cosine": return .cosine(minimum: try number("eta_min"), over: try whole("T_max"))
        case "cosine_with_restarts":
            return .cosineWithRestarts(
                first: try whole("T_0"), growth: try whole("T_mult"), minimum: try number("eta_min"))
        default: return .polynomial(power: try number("power"), over: try whole("total_iters"))
        }
    }

    @Test func `cycles that grow beyond every number are one long cycle`() {
        let schedule = LearningRateSchedule.cosineWithRestarts(first: 2, growth: .max, minimum: 0)
        #expect(schedule.rate(1, step: 1) == 0.5)
        #expect(schedule.rate(1, step: 2) == 1)
        #expect(schedule.rate(1, step: 1_000_000) > 0.999)
        let other = LearningRateSchedule.cosineWithRestarts(first: .max, growth: 3, minimum: 0)
        #expect(other.rate(1, step: .max) == 1)
    }
}
