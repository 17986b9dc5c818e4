import CReadline
import Base
import Glibc
import Synchronization

/// Where the shell writes: standard output for results, standard error for messages, a copy of both to the transcript and the
/// log. Main thread.
package final class Console {
    /// The one of this process.
    package nonisolated(unsafe) static let shared = Console()

    package var terminal = Terminal()
    /// The rank that this process is where it is not the first: it speaks only in errors.
    var quietRank: Int? { didSet { Self.isQuiet.store(quietRank != nil, ordering: .relaxed) } }
    /// The same, for any thread.
    static let isQuiet = Atomic(false)
    /// Whether long output goes through the pager; `:pager off` changes it.
    var pages = true
    /// Gets every output as it is written, without colours.
    var listeners: [(_ text: String, _ isError: Bool) -> Void] = []
    /// What stands on the line that the cursor is in, as far as it is known: a prompt then starts on a new line.
    private(set) var openLine = ""
    /// Whether somebody whose output does not come through here may have left the cursor anywhere: a child, a library.
    var isColumnUnknown = false
    /// False after something without a newline.
    var isAtLineStart: Bool { openLine.isEmpty }
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
        if pages, terminal.isInteractive, terminal.hasOutput, terminal.canRedraw,
            Pager.isNeeded(lines, terminal.size), Pager.show(lines, terminal)
        {
            tell(text, isError: false)
        } else {
            write(text)
        }
    }

    /// Writes bytes of a script as they are.
    func write(_ bytes: [UInt8], isError: Bool) { write(bytes, isError ? STDERR_FILENO : STDOUT_FILENO) }

    /// Writes a message to standard error, on a line of its own.
    func message(_ text: String) { if quietRank == nil { say(text) } }
    private func say(_ text: String) {
        if terminal.hasOutput { freshLine() }
        write(text + "\n", STDERR_FILENO)
    }
    /// A failure: one line to act on, then, dimmed, the way there.
    func failure(_ failure: PromptFailure) {
        // Rank 0 says that all were.
        if failure.isInterrupt, quietRank != nil { return }
        let style = terminal.errorStyle
        let head = failure.isInterrupt ? style(.warning, "interrupted") : style(.error, "error:")
        let text = SafeText.block(terminal.hasError ? NearPaths.text(failure.message) : failure.message)
        let line = failure.isInterrupt ? head + (text.isEmpty ? "" : ": " + text) : head + " " + text
        // A terminal would break words in two.
        let lines = terminal.hasError ? TextFitting.wrap(line, to: terminal.size.columns) : [line]
        say((quietRank.map { "rank \($0): " } ?? "") + lines.joined(separator: "\n"))
        for line in failure.traceback {
            let room = terminal.hasError ? terminal.size.columns - 2 : .max
            for row in TextFitting.wrap(SafeText.line(line), to: room) { message(style(.quiet, "  " + row)) }
        }
    }

    /// Starts a new line if the last output left one open.
    ///
    /// Where nobody knows, a mark and a line of blanks tell: from the first column they end on the same line, which is then cleared;
    /// from any other they run over to the next, and the mark stays behind what was written.
    func freshLine() {
        let style = terminal.style
        defer { isColumnUnknown = false }
        if !isAtLineStart {
            if isColumnUnknown, terminal.canRedraw { draw(style.mark) }
            return write("\n")
        }
        guard isColumnUnknown, terminal.isInteractive, terminal.canRedraw else { return }
        draw(style.mark + String(repeating: " ", count: max(0, terminal.size.columns - 1)) + "\r\u{1B}[K")
    }
    /// The line is ended by somebody else: by the Enter of what is typed into it.
    func lineIsOver() { openLine = "" }

    private func write(_ text: String, _ descriptor: Int32) { write(Array(text.utf8), descriptor) }
    private func write(_ bytes: [UInt8], _ descriptor: Int32) {
        guard !bytes.isEmpty else { return }
        let isError = descriptor == STDERR_FILENO
        tell(bytes, isError: isError)
        if !isError || terminal.hasError { follow(bytes) }
        guard isError || !isBroken else { return }
        // C libraries go through stdio: keep the order.
        cr_flush_output()
        do {
            try bytes.withUnsafeBytes {
                try AtomicFile.write($0, to: descriptor, path: isError ? "standard error" : "standard output")
            }
        } catch {
            guard !isError else { return }
            if case .system(_, _, let code)? = error as? FileError { failure = code } else { failure = EIO }
        }
    }
    private func follow(_ bytes: [UInt8]) {
        guard let end = bytes.lastIndex(of: 10) else {
            return openLine += String(decoding: bytes.suffix(longestLine), as: UTF8.self)
        }
        openLine = String(decoding: bytes[(end + 1)...].suffix(longestLine), as: UTF8.self)
    }
    private var longestLine: Int { 4096 }
    /// What is no output: listeners do not hear of it.
    private func draw(_ text: String) {
        let descriptor = terminal.hasOutput ? STDOUT_FILENO : STDERR_FILENO
        cr_flush_output()
        try? Array(text.utf8).withUnsafeBytes { try AtomicFile.write($0, to: descriptor, path: "the terminal") }
    }
    private func tell(_ text: String, isError: Bool) { tell(Array(text.utf8), isError: isError) }
    private func tell(_ bytes: [UInt8], isError: Bool) {
        guard !listeners.isEmpty else { return }
        let plain = TextWidth.withoutEscapes(String(decoding: bytes, as: UTF8.self))
        for listener in listeners { listener(plain, isError) }
    }
}
