import CReadline
import Base
import Glibc

/// Where the shell writes: standard output for results, standard error for messages, a copy of both to the transcript and the
/// log. Main thread.
package final class Console {
    /// The one of this process.
    package nonisolated(unsafe) static let shared = Console()

    package var terminal = Terminal()
    /// Gets every output as it is written, without colours.
    var listeners: [(_ text: String, _ isError: Bool) -> Void] = []
    /// False after something without a newline: a prompt then starts on a new line.
    private(set) var isAtLineStart = true
    /// Why standard output could not be written, as `errno`: further output is dropped quietly.
    private var failure: Int32?
    private var isBroken: Bool { failure != nil }
    /// Why something that was written to standard output did not arrive. `nil` when all did, and when the reader of a pipe went
    /// away: `head -1` has what it wanted.
    var outputFailure: FileError? {
        let stdio = cr_output_failure()
        guard let code = failure ?? (stdio == 0 ? nil : stdio), code != EPIPE, !cr_reader_is_gone() else { return nil }
        return .system(operation: "write", path: "standard output", code: code)
    }

    /// Writes text as it is (`print`, results).
    package func write(_ text: String) { write(text, STDOUT_FILENO) }

    /// Writes lines; more than a screen of them go through the pager when a person sits there.
    func show(_ lines: [String]) {
        let text = lines.map { $0 + "\n" }.joined()
        if terminal.isInteractive, terminal.hasOutput, terminal.canRedraw, Pager.isNeeded(lines, terminal.size),
            Pager.show(text)
        {
            tell(text, isError: false)
        } else {
            write(text)
        }
    }

    /// Writes a message to standard error, on a line of its own.
    func message(_ text: String) {
        if !isAtLineStart, terminal.hasOutput { write("\n", STDOUT_FILENO) }
        write(text + "\n", STDERR_FILENO)
    }
    /// A failure: one line to act on, then, dimmed, the way there.
    func failure(_ failure: PromptFailure) {
        let style = terminal.errorStyle
        let head = failure.isInterrupt ? style(.warning, "interrupted") : style(.error, "error:")
        let text = SafeText.block(failure.message)
        message(failure.isInterrupt ? head + (text.isEmpty ? "" : ": " + text) : head + " " + text)
        for line in failure.traceback { message(style(.quiet, "  " + SafeText.line(line))) }
    }

    /// Starts a new line if the last output left one open.
    func freshLine() { if !isAtLineStart { write("\n") } }

    private func write(_ text: String, _ descriptor: Int32) {
        guard !text.isEmpty else { return }
        let isError = descriptor == STDERR_FILENO
        tell(text, isError: isError)
        if !isError || terminal.hasError { isAtLineStart = text.hasSuffix("\n") }
        guard isError || !isBroken else { return }
        // Lua's io.write and C libraries go through stdio: keep the order.
        cr_flush_output()
        do {
            try Array(text.utf8).withUnsafeBytes {
                try AtomicFile.write($0, to: descriptor, path: isError ? "standard error" : "standard output")
            }
        } catch {
            guard !isError else { return }
            if case .system(_, _, let code)? = error as? FileError { failure = code } else { failure = EIO }
        }
    }
    private func tell(_ text: String, isError: Bool) {
        guard !listeners.isEmpty else { return }
        let plain = Console.plain(text)
        for listener in listeners { listener(plain, isError) }
    }
    /// Text without our own colours.
    private static func plain(_ text: String) -> String {
        guard text.utf8.contains(0x1B) else { return text }
        var out = "", rest = text[...]
        while !rest.isEmpty {
            let escape = TextWidth.escapeLength(rest)
            if escape == 0 { out += rest.prefix(1) }
            rest = rest.dropFirst(max(1, escape))
        }
        return out
    }
}
