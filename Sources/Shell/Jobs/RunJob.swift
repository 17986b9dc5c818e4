import Base
import LuaKit
import Workbench

/// A training run in front of or behind the prompt. Hooks run on the main thread, in the order of the run's events.
// Sendable because hooks are only called on the thread that runs Lua, in the calls that `takeEvents` returns.
final class RunJob: PromptJob, @unchecked Sendable {
    let run: Run
    private let hooks: RunHooks
    /// Whether the user waits for the run: Ctrl-C then means the run, even where a hook was what it met.
    private let isForeground: Bool
    /// What a hook threw: the run was told to stop, and hooks are not called after that.
    private(set) var hookError: (any Error)?
    /// Hooks that Ctrl-C ended.
    private var interruptions = 0

    init(_ run: Run, _ hooks: RunHooks = RunHooks(), isForeground: Bool = false) {
        // Hooks are what a script does beside the training: one rank does it.
        (self.run, self.isForeground) = (run, isForeground)
        self.hooks = SessionRanks.rank == 0 ? hooks : RunHooks()
    }

    /// Shows a run at the prompt from now on.
    static func follow(_ run: Run, _ hooks: RunHooks, on board: JobBoard) { board.add(RunJob(run, hooks)) }

    /// Waits for a run in front of the user: progress line, hooks, and Ctrl-C, which stops it after its step with everything
    /// saved. Returns the run when it is over, also when it was stopped. Throws why it failed, and what a hook threw (the run
    /// has then stopped and saved).
    static func wait(for run: Run, _ hooks: RunHooks, showsProgress: Bool) throws -> Run {
        let job = RunJob(run, hooks, isForeground: true)
        _ = ForegroundWork.wait(for: job, progress: showsProgress)
        if let error = job.hookError { throw error }
        if let failure = run.failure { throw failure }
        return run
    }

    /// Waits in front of the user for a run that goes on behind the prompt. Ctrl-C ends the waiting, not the run. True when the run
    /// is over.
    static func watch(_ run: Run, on board: JobBoard, seconds: Double, showsProgress: Bool) -> Bool {
        let job = board.all.lazy.compactMap { $0 as? RunJob }.first { $0.run === run } ?? RunJob(run)
        return job.watch(seconds: seconds, showsProgress: showsProgress)
    }

    var title: String { run.name }
    var isRunning: Bool { !run.isOver }
    var hasFailed: Bool { run.state == .failed }
    func requestStop() { run.stop() }

    func takeEvents() -> [PromptJobEvent] { run.job.events.take().flatMap(events) }

    private func events(_ event: JobEvent<Run.Detail>) -> [PromptJobEvent] {
        switch event {
        case .progress(let progress): return [.progress(progress)]
        case .note(let text): return [.note(text)]
        case .detail(let detail):
            var events: [PromptJobEvent] = []
            switch detail {
            case .checkpoint(let path): events.append(.note("saved \(path)"))
            case .samples(let paths): events.append(.note("sampled \(paths.joined(separator: ", "))"))
            case .evaluation(let evaluation):
                let loss = NumberText.significant(evaluation.loss, 4)
                events.append(.note("held-out loss \(loss) after step \(evaluation.step)"))
            case .steps: break
            }
            if hooks.takes(detail) { events.append(.call { [self] in callHook(detail) }) }
            return events
        case .ended(let state): return [.ended(outcome(state))]
        }
    }
    private func callHook(_ event: Run.Detail) {
        guard hookError == nil, interruptions < (isForeground ? 1 : 2) else { return }
        do { try hooks.call(event, of: run) } catch let failure as LuaFailure where failure.kind == "interrupted" {
            interruptions += 1
            if isForeground { return run.stop() }
            // One Ctrl-C may have been meant for the line that was being typed. A hook that needs a second one never ends.
            let isLast = interruptions > 1
            run.job.monitor.note(isLast ? "interrupted again: hooks are not called any more" : "a hook was interrupted")
        } catch {
            hookError = error
            run.job.monitor.note("a hook failed, so the run stops: \(error)")
            run.stop(because: error)
        }
    }
    private func outcome(_ state: Run.State) -> PromptJobOutcome {
        let loss = run.loss.map { ", loss \(NumberText.significant($0, 3))" } ?? ""
        let text = "\(run.step) of \(run.steps) steps\(loss), in \(run.folder)"
        return switch state {
        case .failed: .failed(run.failure.map { "\($0)" } ?? text)
        case .stopped: .stopped(text)
        default: .finished(text)
        }
    }
}
