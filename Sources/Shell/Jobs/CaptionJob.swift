import Base
import LuaKit
import Workbench

/// Captioning in front of or behind the prompt.
final class CaptionJob: PromptJob {
    let run: CaptionRun

    init(_ run: CaptionRun) { self.run = run }

    /// Waits in front of the user; Ctrl-C stops it with every caption kept. A script in which clips failed ends with status 1.
    /// Throws why it ended before its end.
    static func wait(for run: CaptionRun, showsProgress: Bool, on board: JobBoard) throws -> LuaTable {
        _ = ForegroundWork.wait(for: CaptionJob(run), progress: showsProgress)
        if let failure = run.failure { throw failure }
        if run.state == .stopped {
            // Said here: Ctrl-C ends the chunk, too, and its own word for that says nothing of what is done.
            let left = "stopped: \(run.result.summary), \(run.count - run.done) left; the same call goes on there"
            ForegroundWork.here { $0.note(left) }
            throw Cancelled(left)
        }
        if run.hasFailed { board.countFailure() }
        return run.result.table
    }
    /// Waits in front of the user for what goes on behind the prompt. Ctrl-C ends the waiting alone. True when it is over.
    static func watch(_ run: CaptionRun, on board: JobBoard, seconds: Double, showsProgress: Bool) -> Bool {
        let job = board.all.lazy.compactMap { $0 as? CaptionJob }.first { $0.run === run } ?? CaptionJob(run)
        return job.watch(seconds: seconds, showsProgress: showsProgress)
    }

    var title: String { run.name }
    var isRunning: Bool { !run.isOver }
    var hasFailed: Bool { run.hasFailed }
    func requestStop() { run.stop() }

    func takeEvents() -> [PromptJobEvent] {
        run.job.events.take().map(event)
    }
    private func event(_ event: JobEvent<Never>) -> PromptJobEvent {
        switch event {
        case .progress(let progress): return .progress(progress)
        case .note(let text): return .note(text)
        case .ended(let state): return .ended(outcome(state))
        }
    }
    private func outcome(_ state: JobState) -> PromptJobOutcome {
        switch state {
        case .failed: .failed(run.failure.map { "\($0)" } ?? run.result.summary)
        case .stopped: .stopped("\(run.result.summary), \(run.count - run.done) left")
        default: .finished(run.result.summary)
        }
    }
}
