import Base

/// Turns the events of the jobs into lines for the prompt: lines that stay, and one live line a job. Main thread only.
final class JobWatcher {
    /// What is to be shown, in order.
    enum Piece {
        case line(String)
        /// A Lua hook: runs with the prompt out of the way.
        case call(() -> Void)
    }
    private struct Watched {
        var meter: ProgressMeter?
        var nextTenth = 1
    }
    private let board: JobBoard
    private let style: Stylist, isUnicode: Bool
    /// Whether there is a live region; otherwise a line every 10 %.
    private let isLive: Bool
    private let now: () -> Double
    /// Runs a hook; whoever owns the language lets Ctrl-C reach it.
    var around: (_ hook: () -> Void) -> Void = { $0() }
    private var watched: [ObjectIdentifier: Watched] = [:]

    init(_ board: JobBoard, style: Stylist, isUnicode: Bool, isLive: Bool, now: @escaping () -> Double = Clock.seconds)
    {
        (self.board, self.style, self.isUnicode, self.isLive, self.now) = (board, style, isUnicode, isLive, now)
    }

    /// Whether a job is running: the prompt then looks at the live lines from time to time.
    var isBusy: Bool { !board.running.isEmpty }

    /// Takes the events that came since the last call.
    func take() -> [Piece] {
        var pieces: [Piece] = []
        for job in board.all {
            // Asked before the events are taken: what is posted between the two is seen the next time.
            let wasRunning = job.isRunning
            var hasEnded = false
            for event in job.takeEvents() {
                if case .ended = event { hasEnded = true }
                if let piece = piece(event, job) { pieces.append(piece) }
            }
            if hasEnded || !wasRunning {
                watched[ObjectIdentifier(job)] = nil
                board.remove(job)
            }
        }
        return pieces
    }

    /// The live lines, the oldest job first; more jobs than `limit` are counted in a last line.
    func live(width: Int, limit: Int) -> [String] {
        guard isLive else { return [] }
        let shown: [String] = board.running.compactMap { job in
            guard let meter = watched[ObjectIdentifier(job)]?.meter else { return nil }
            let title = style(.name, SafeText.line(job.title)) + "  "
            return title + meter.line(width: width - TextWidth.of(title), now: now(), style: style, unicode: isUnicode)
        }
        guard shown.count > limit else { return shown }
        return Array(shown.prefix(max(0, limit - 1))) + [style(.quiet, "and \(shown.count - limit + 1) more: jobs()")]
    }

    private func piece(_ event: PromptJobEvent, _ job: any PromptJob) -> Piece? {
        let title = style(.name, SafeText.line(job.title))
        switch event {
        case .call(let body): return .call { [self] in around(body) }
        case .note(let text): return .line("\(title): \(shown(text))")
        case .progress(let progress): return report(progress, job).map { .line("\(title): \($0)") }
        case .ended(.finished(let text)): return .line("\(title) \(style(.good, "finished")): \(shown(text))")
        case .ended(.stopped(let text)): return .line("\(title) \(style(.warning, "stopped")): \(shown(text))")
        case .ended(.failed(let text)): return .line("\(title) \(style(.error, "failed")): \(shown(text))")
        }
    }
    private func shown(_ text: String) -> String { SafeText.block(NearPaths.text(text)) }
    private func report(_ progress: Progress, _ job: any PromptJob) -> String? {
        let key = ObjectIdentifier(job)
        var entry = watched[key] ?? Watched()
        if let meter = entry.meter, meter.progress.stage == progress.stage {
            entry.meter?.update(progress, now: now())
        } else {
            entry = Watched(meter: ProgressMeter(progress, now: now()))
        }
        defer { watched[key] = entry }
        guard !isLive, let meter = entry.meter, let fraction = meter.fraction else { return nil }
        let tenth = Int(fraction * 10 + 1e-9)
        guard tenth >= entry.nextTenth, tenth < 10 else { return nil }
        entry.nextTenth = tenth + 1
        return meter.plainLine(now: now())
    }
}
