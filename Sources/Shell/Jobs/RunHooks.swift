import Base
import LuaKit
import Workbench

/// The functions that a script passed to `train` and `start`. They run on the thread that runs Lua.
struct RunHooks {
    var onStep: LuaReference?
    var onCheckpoint: LuaReference?

    /// Whether there is a function for an event.
    func takes(_ event: Run.Event) -> Bool {
        switch event {
        case .steps: onStep != nil
        case .checkpoint: onCheckpoint != nil
        case .progress, .note, .ended: false
        }
    }
    /// Calls what belongs to an event. A hook that returns `false` stops the run. Throws the hook's own error.
    func call(_ event: Run.Event, of run: Run) throws {
        switch event {
        case .steps(let steps):
            guard let onStep else { return }
            for step in steps where try isFalse(onStep.call(.table(step.table), run.luaValue)) { run.stop() }
        case .checkpoint(let path):
            if let onCheckpoint, try isFalse(onCheckpoint.call(.string(path), run.luaValue)) { run.stop() }
        case .progress, .note, .ended: return
        }
    }
    private func isFalse(_ results: [LuaValue]) -> Bool { results.first?.bool == false }
}

extension Run.Step {
    /// `{step, loss, lr, grad_norm, seconds}`
    var table: LuaTable {
        LuaTable(fields: [
            ("step", .integer(step)), ("loss", .number(loss)), ("lr", .number(learningRate)),
            ("grad_norm", .number(gradientNorm)),
            ("seconds", .number(seconds)),
        ])
    }
}
