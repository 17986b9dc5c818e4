import Base
import Workbench

/// Preprocessing behind the prompt.
final class PreprocessingPromptJob: PromptJob {
    let run: PreprocessingRun

    init(_ run: PreprocessingRun) { self.run = run }

    /// Waits in front of the user for what goes on behind the prompt. Ctrl-C ends the waiting alone. True when it is over.
    static func watch(_ run: PreprocessingRun, on board: JobBoard, seconds: Double, showsProgress: Bool) -> Bool {
        let job =
            board.all.lazy.compactMap { $0 as? PreprocessingPromptJob }.first { $0.run === run }
            ?? PreprocessingPromptJob(run)
        return job.watch(seconds: seconds, showsProgress: showsProgress)
    }

    var title: String { run.name }
    var isRunning: Bool { !run.state.isOver }
    var hasFailed: Bool { run.state == .failed }
    func requestStop() { run.stop() }

    func takeEvents() -> [PromptJobEvent] {
        run.job.events.take().map { event in
            switch event {
            case .progress(let progress): .progress(progress)
            case .note(let text): .note(text)
            case .ended(let state): .ended(outcome(state))
            }
        }
    }
    private func outcome(_ state: JobState) -> PromptJobOutcome {
        switch state {
        case .failed: .failed(run.failure.map { "\($0)" } ?? "for no known reason")
        case .stopped: .stopped("what is done stays in '\(run.folder)'; the same call goes on there")
        default: .finished("\(counted(run.result?.items.count ?? 0, "clip")) in '\(run.folder)'")
        }
    }
}
