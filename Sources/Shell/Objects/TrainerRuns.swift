import Base
import Configuration
import LuaKit
import Workbench

/// What compares runs, and what makes some that are worth it.
enum TrainerRuns {
    /// A run for each combination of values, in front of the user and one after the other. A run that fails is a row of the table; one
    /// that is stopped ends the sweep.
    static func sweep(_ trainer: Trainer, _ config: Config, _ axes: LuaTable, showsProgress: Bool) throws -> RecordList
    {
        var values: [String: [YAML]] = [:]
        for (key, list) in axes.fields ?? [] {
            values[key] = try (list.table?.list ?? [list]).map { try YAML(lua: $0) }
        }
        let sweep = try Sweep(config.value, values, on: trainer)
        var runs: [Run] = []
        for configuration in sweep.configurations {
            try trainer.requireNobodyPaused()
            let run = try trainer.start(configuration)
            runs.append(run)
            do { _ = try RunJob.wait(for: run, RunHooks(), showsProgress: showsProgress) } catch  where run.isOver {
                ForegroundWork.here { $0.note("\(run.name) failed: \(error)") }
            }
            if run.state == .stopped { break }
        }
        return table(runs, keys: sweep.keys)
    }

    /// One row a run: its state, figures, and the keys that differ between them.
    static func table(_ runs: [Run], keys: [String]? = nil) -> RecordList {
        let settings = runs.map(\.settings)
        let differing =
            keys
            ?? TrainingConfiguration.keys.map(\.path).filter { key in
                key != "output_dir" && Set(settings.map { text($0, key) }).count > 1
            }
        let rows = runs.map { run -> [LuaValue] in
            let history = run.history, seconds = history.reduce(0) { $0 + $1.seconds }
            return [.integer(run.number)] + differing.map { value(run.settings, $0) } + [
                .string(run.state.rawValue), .integer(run.step), .number(history.last?.smoothLoss ?? .nan),
                run.evaluations.last.map { .number($0.loss) } ?? .none, .number(seconds),
                history.compactMap(\.memory).max().map { .number(Double($0) / 1e9) } ?? .none,
                run.samples.last.map { .string($0) } ?? .none, .string(run.folder),
            ]
        }
        return RecordList(
            "no runs",
            columns: ["run"] + differing.map(short) + [
                "state", "step", "smooth_loss", "held_out_loss", "seconds", "memory_gb", "sample", "output_dir",
            ],
            records: rows)
    }
    private static func short(_ key: String) -> String { String(key.split(separator: ".").last ?? "") }
    private static func value(_ configuration: TrainingConfiguration, _ key: String) -> LuaValue {
        guard let value = try? configuration.value(key) else { return .none }
        switch value.value {
        case .integer(let number): return .integer(number)
        case .number(let number): return .number(number)
        default: return .string(text(configuration, key))
        }
    }
    private static func text(_ configuration: TrainingConfiguration, _ key: String) -> String {
        (try? configuration.value(key)).map { $0.scalarText ?? String($0.text.dropLast()) } ?? ""
    }
}
