import Base
import Configuration
import NN
import Torch
import Workbench

/// `sched.*`: the rates of every schedule over a run of 60 steps and beyond, from its configuration, as torch's classes step them.
public struct ScheduleStage: ParityStage {
    /// What `--stage` takes.
    public let name = "sched"
    /// The only one.
    public init() {}

    /// One row a schedule.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        let cases = goldens.metadata["schedules"]?["cases"]?.object?.members ?? []
        let plain = try cases.compactMap { name, facts -> ParityRow? in
            guard let type = facts["scheduler_type"]?.string.flatMap(SchedulerType.init) else { return nil }
            let given = (facts["scheduler_params"]?.object?.members ?? []).compactMap { member in
                member.value.number.map { (member.key, $0) }
            }
            return try row(name, type, Dictionary(given, uniquingKeysWith: { $1 }), warmup: 0, goldens)
        }
        return try plain
            + SchedulerType.allCases.compactMap { try row("warm_short.\($0.rawValue)", $0, [:], warmup: 6, goldens) }
    }

    private func row(
        _ name: String, _ type: SchedulerType, _ given: [String: Double], warmup: Double, _ goldens: Goldens
    ) throws -> ParityRow? {
        guard goldens.has("sched.\(name).lr") else { return nil }
        var optimization = TrainingConfiguration.Optimization()
        (optimization.schedulerType, optimization.schedulerParams) = (type, given)
        optimization.steps = goldens.metadata["schedules"]?["steps"]?.integer ?? 60
        optimization.warmupSteps = warmup
        let base = goldens.metadata["schedules"]?["lr"]?.number ?? 5e-4, reference = try goldens["sched.\(name).lr"]
        let schedule = LearningRateSchedule(optimization)
        let ours = try Tensor((0..<reference.count).map { schedule.rate(base, step: $0) }, device: reference.device)
        return try .compare(name, ours, reference, 1e-12)
    }
}
