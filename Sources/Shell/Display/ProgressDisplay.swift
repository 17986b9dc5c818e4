import CReadline
import Base
import Glibc
import Synchronization

/// Shows the progress of foreground work on standard error: one line that is redrawn at most ten times a second on a
/// terminal, one line every 10 % elsewhere, and nothing when switched off. Notes are lines of their own in every case.
///
/// Safe from any thread: `receive` is what a `Monitor` is given.
final class ProgressDisplay: Sendable {
    /// How progress is shown.
    enum Mode: Sendable { case live, lines, silent }

    private struct State {
        var meter: ProgressMeter?
        var lastDrawn = -Double.infinity
        var isLineOpen = false
        /// The columns of the line that is drawn.
        var drawn = 0
        /// The next tenth to print a line for, without a terminal.
        var nextTenth = 1
        var hasEnded = false
    }
    private let state = Mutex(State())
    private let mode: Mode
    private let style: Stylist, isUnicode: Bool, reflows: Bool, isAtTerminal: Bool
    private let write: @Sendable (String) -> Void
    private let now: @Sendable () -> Double
    private let width: @Sendable () -> Int

    /// - Parameters:
    ///   - isShown: the `progress` option of the call.
    ///   - write: standard error unless a test says otherwise.
    init(
        _ terminal: Terminal, isShown: Bool = true,
        width: @escaping @Sendable () -> Int = { TerminalSize.current(STDERR_FILENO).columns },
        now: @escaping @Sendable () -> Double = Clock.seconds, write: (@Sendable (String) -> Void)? = nil
    ) {
        mode = !isShown ? .silent : terminal.hasError && terminal.canRedraw ? .live : .lines
        (style, isUnicode, reflows) = (terminal.errorStyle, terminal.isUnicode, terminal.reflows)
        isAtTerminal = terminal.hasError
        (self.width, self.now) = (width, now)
        self.write =
            write ?? { text in
                if Console.isQuiet.load(ordering: .relaxed) { return }
                Array(text.utf8).withUnsafeBytes { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            }
    }

    /// Takes one event of the work.
    func receive(_ event: Monitor.Event) {
        state.withLock { state in
            guard !state.hasEnded else { return }
            switch event {
            case .note(let text): note(text, &state)
            case .progress(let progress): self.progress(progress, &state)
            }
        }
    }

    /// Ends the display: the last line stays, as the sum of what was done. Later events are ignored.
    func finish() {
        state.withLock { state in
            guard !state.hasEnded else { return }
            close(&state)
            state.hasEnded = true
        }
        Signals.setActivity(nil)
        if mode == .live { cr_echo(true) }
    }

    /// Runs `body`, which may print, with the line out of the way.
    func aside(_ body: () -> Void) {
        state.withLock { clearLine(&$0) }
        body()
    }

    private func note(_ text: String, _ state: inout State) {
        clearLine(&state)
        let text = SafeText.block(NearPaths.text(text))
        // A terminal would break words in two; a log keeps lines whole.
        let lines = isAtTerminal ? TextFitting.wrap(text, to: width()) : [text]
        write(lines.map { style(.quiet, $0) + "\n" }.joined())
        state.lastDrawn = -.infinity
    }
    private func progress(_ progress: Progress, _ state: inout State) {
        let now = now()
        if let meter = state.meter, meter.progress.stage != progress.stage { close(&state) }
        if state.meter == nil {
            state.meter = ProgressMeter(progress, now: now)
            (state.lastDrawn, state.nextTenth) = (-.infinity, 1)
            if mode == .lines { state.lastDrawn = now }
            if mode == .live { cr_echo(false) }
        } else {
            state.meter?.update(progress, now: now)
        }
        guard let meter = state.meter else { return }
        Signals.setActivity(
            "\(progress.stage), \(progress.done)\(progress.total.map { " of \($0)" } ?? "") \(progress.unit)")
        switch mode {
        case .silent: break
        case .live:
            guard now - state.lastDrawn >= 0.1 || progress.fraction == 1 else { return }
            let columns = width(), line = meter.line(width: columns - 1, now: now, style: style, unicode: isUnicode)
            write(erasure(&state, columns) + line + "\u{1B}[K")
            (state.lastDrawn, state.isLineOpen, state.drawn) = (now, true, TextWidth.of(line))
        case .lines:
            guard isLineDue(meter, now, &state) else { return }
            write(meter.plainLine(now: now) + "\n")
            state.lastDrawn = now
        }
    }
    private func isLineDue(_ meter: ProgressMeter, _ now: Double, _ state: inout State) -> Bool {
        // Without a total there are no tenths: every ten seconds then.
        guard let fraction = meter.fraction else { return now - state.lastDrawn >= 10 }
        let tenth = Int(fraction * 10 + 1e-9)
        guard tenth >= state.nextTenth, tenth < 10 else { return false }
        state.nextTenth = tenth + 1
        return true
    }
    private func close(_ state: inout State) {
        guard let meter = state.meter else { return }
        clearLine(&state)
        // A stage that nobody could have seen and that has no sum, such as loading what is small, leaves no line.
        let now = now(), isWorthALine = meter.fraction != nil || meter.elapsed(now) >= 1
        if mode != .silent, isWorthALine {
            let line = meter.closingLine(now: now)
            write((isAtTerminal ? TextFitting.wrap(line, to: width()) : [line]).map { $0 + "\n" }.joined())
        }
        state.meter = nil
    }
    private func clearLine(_ state: inout State) {
        if state.isLineOpen { write(erasure(&state, width()) + "\u{1B}[K") }
        (state.isLineOpen, state.drawn) = (false, 0)
    }
    /// To the beginning of the line that is drawn. A window that became narrower has broken it into several rows.
    private func erasure(_ state: inout State, _ columns: Int) -> String {
        let rows = state.isLineOpen && reflows ? (state.drawn - 1) / max(1, columns) : 0
        return rows > 0 ? "\r\u{1B}[\(rows)A\u{1B}[J" : "\r"
    }
}
