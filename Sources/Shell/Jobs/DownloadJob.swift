import Base
import LuaKit
import Workbench

/// A download in front of or behind the prompt.
final class DownloadJob: PromptJob {
    let download: ModelDownload

    init(_ download: ModelDownload) { self.download = download }

    /// Waits in front of the user; Ctrl-C stops it with every byte kept. Returns where the model is. Throws why it failed.
    static func wait(for download: ModelDownload, showsProgress: Bool) throws -> String {
        _ = ForegroundWork.wait(for: DownloadJob(download), progress: showsProgress)
        if let failure = download.failure { throw failure }
        guard let path = download.path else {
            throw Cancelled("stopped; what has come so far is kept, and the same call goes on there")
        }
        return path
    }
    /// Waits in front of the user for what goes on behind the prompt. Ctrl-C ends the waiting alone. True when it is over.
    static func watch(_ download: ModelDownload, on board: JobBoard, seconds: Double, showsProgress: Bool) -> Bool {
        let job = board.all.lazy.compactMap { $0 as? DownloadJob }.first { $0.download === download }
        return (job ?? DownloadJob(download)).watch(seconds: seconds, showsProgress: showsProgress)
    }

    var title: String { download.name }
    var isRunning: Bool { !download.isOver }
    var hasFailed: Bool { download.state == .failed }
    func requestStop() { download.stop() }

    func takeEvents() -> [PromptJobEvent] { download.job.events.take().map(event) }
    private func event(_ event: JobEvent<Never>) -> PromptJobEvent {
        switch event {
        case .progress(let progress): .progress(progress)
        case .note(let text): .note(text)
        case .ended(let state): .ended(outcome(state))
        }
    }
    private func outcome(_ state: JobState) -> PromptJobOutcome {
        switch state {
        case .failed: .failed(download.failure.map { "\($0)" } ?? "")
        case .stopped: .stopped("what has come so far is kept")
        default: .finished("in \(download.path ?? "")")
        }
    }
}
