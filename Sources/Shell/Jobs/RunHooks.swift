import Base
import LuaKit
import Workbench

/// The functions that a script passed to `train` and `start`. They run on the thread that runs Lua.
struct RunHooks {
    var onStep: LuaReference?
    var onCheckpoint: LuaReference?
    var onValidation: LuaReference?

    /// Whether there is a function for an event.
    func takes(_ event: Run.Detail) -> Bool {
        switch event {
        case .steps: onStep != nil
        case .checkpoint: onCheckpoint != nil
        case .samples: onValidation != nil
        case .evaluation: false
        }
    }
    /// Calls what belongs to an event. A hook that returns `false` stops the run. Throws the hook's own error.
    func call(_ event: Run.Detail, of run: Run) throws {
        switch event {
        case .steps(let places):
            guard let onStep else { return }
            for step in run.history(places) where try isFalse(onStep.call(.table(step.table), run.luaValue)) {
                stop(run)
            }
        case .checkpoint(let path):
            if let onCheckpoint, try isFalse(onCheckpoint.call(.string(path), run.luaValue)) { stop(run) }
        case .samples(let paths):
            if let onValidation, try isFalse(onValidation.call(paths.luaValue, run.luaValue)) { stop(run) }
        case .evaluation: break
        }
    }
    /// Once: a second wish to stop means more than the first.
    private func stop(_ run: Run) { if !run.isAskedToStop { run.stop() } }
    private func isFalse(_ results: [LuaValue]) -> Bool { results.first?.bool == false }
}

extension Run.Step {
    /// `{step, loss, smooth_loss, lr, grad_norm, seconds, samples_per_second, memory, levels, skipped}`; `skipped` is there when it is
    /// true.
    var table: LuaTable {
        LuaTable(fields: [
            ("step", .integer(step)), ("loss", .number(loss)), ("smooth_loss", .number(smoothLoss)),
            ("lr", .number(learningRate)), ("grad_norm", .number(gradientNorm)), ("seconds", .number(seconds)),
            ("samples_per_second", .number(samplesPerSecond)), ("memory", memory.map { .integer($0) } ?? .none),
            ("levels", levels.tables), ("skipped", isSkipped ? .bool(true) : .none),
        ])
    }
}

extension Run.Evaluation {
    /// `{step, loss, levels, seconds}`; `levels` is a list of `{sigma, loss}`.
    var table: LuaTable {
        LuaTable(fields: [
            ("step", .integer(step)), ("loss", .number(loss)), ("levels", levels.tables),
            ("seconds", .number(seconds)),
        ])
    }
}

extension [Run.Evaluation.Level] {
    fileprivate var tables: LuaValue {
        map { LuaTable(fields: [("sigma", .number($0.sigma)), ("loss", .number($0.loss))]) }.luaValue
    }
}

extension Run {
    /// The history, and the held-out losses in the entries of their steps.
    var historyTables: [LuaTable] {
        let measured = Dictionary(evaluations.map { ($0.step, $0.loss) }) { $1 }
        return history.map { step in
            let table = step.table
            guard let loss = measured[step.step] else { return table }
            return LuaTable(
                fields: (table.fields ?? []).map { ($0.name, $0.value) } + [("held_out_loss", .number(loss))])
        }
    }
}
