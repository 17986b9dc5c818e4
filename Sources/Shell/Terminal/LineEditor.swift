import CReadline
import Glibc

/// Readline under our own loop: a half-typed line survives everything that is printed while it is being typed.
///
/// Main thread only. There is one, because readline is one.
final class LineEditor {
    enum Event: Equatable {
        case line(String)
        /// Ctrl-C: the line is gone, the cursor stands on a new one.
        case interrupted
        case endOfInput
        /// The terminal went away.
        case hangUp
        /// Something else happened: a job's event, a signal, the time-out.
        case woken
    }
    /// Answers TAB. Replaced by the prompt.
    var completer: (_ line: String, _ cursor: Int) -> Completion? = { _, _ in nil }

    /// The lines of the live region above the prompt, as last drawn.
    private var live: [String] = []
    private var columns = 80
    /// What stands before what is typed.
    private var prompt = ""
    private let reflows: Bool
    private nonisolated(unsafe) static var current: LineEditor?

    /// The editor of the process, opened on the terminal when it is first asked for. `nil` when there is no terminal to edit on.
    static func shared(_ terminal: Terminal) -> LineEditor? {
        guard terminal.isInteractive else { return nil }
        return current
            ?? LineEditor(output: terminal.hasOutput ? STDOUT_FILENO : STDERR_FILENO, reflows: terminal.reflows)
    }
    private init?(output: Int32, reflows: Bool) {
        self.reflows = reflows
        guard cr_setup(output, { LineEditor.complete($0, $1, $2, $3) }, { LineEditor.current?.eraseLive() }) else {
            return nil
        }
        LineEditor.current = self
        columns = TerminalSize.current(output).columns
    }
    var isActive: Bool { cr_active() }
    /// Whether the terminal can redraw lines above the prompt.
    var canRedraw: Bool { cr_can_redraw() }
    /// What has been typed so far.
    var typed: String {
        guard let text = cr_copy_line() else { return "" }
        defer { free(text) }
        return String(cString: text)
    }

    /// Shows a prompt. Styled parts of it take no room.
    ///
    /// - Parameter isShown: it stands on the screen already, and is drawn over itself.
    func begin(prompt: String, initial: String? = nil, isShown: Bool = false) {
        columns = TerminalSize.current().columns
        var prompt = prompt
        if isShown {
            // Readline draws one row of it; those above stay as they are.
            let rows = TextFitting.rows(prompt, columns: columns)
            prompt = rows.last ?? ""
            write("\r")
        }
        self.prompt = prompt
        cr_begin(LineEditor.marked(prompt), initial)
    }
    /// Keys that belong into the next line.
    static func typeAhead(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { cr_type_ahead($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
    }
    /// Gives the terminal back.
    func end() {
        eraseLive()
        cr_end()
    }

    /// Waits for what happens next. Pending signals are looked at before waiting, so none is missed.
    func next(milliseconds: Int = -1) -> Event {
        if Signals.interrupted || Signals.termination != nil { return takeSignal() }
        var line: UnsafeMutablePointer<CChar>?
        switch cr_wait(Int32(clamping: milliseconds), &line) {
        case CR_LINE:
            guard let line else { return .line("") }
            defer { free(line) }
            // What was typed is written out already; an old entry of the history may not be.
            let text = TypedBytes(UnsafeRawBufferPointer(start: line, count: strlen(line)))
            if let note = takeTypedNote() ?? text.note { Console.shared.message(note) }
            return .line(text.text)
        case CR_END_OF_INPUT: return .endOfInput
        case CR_HANG_UP: return .hangUp
        default: break
        }
        if Signals.interrupted { return takeSignal() }
        if cr_take_continue() { cr_continue() }
        if cr_take_resize() { resize() }
        return .woken
    }
    private func takeSignal() -> Event {
        if Signals.termination != nil { return .woken }
        Signals.clear()
        eraseLive()
        cr_discard_line("^C")
        _ = takeTypedNote()  // of the line that is gone
        return .interrupted
    }
    /// The sentence about bytes of this line that were written out while they were typed.
    private func takeTypedNote() -> String? {
        var first: UInt8 = 0
        let count = Int(cr_take_strange(&first))
        return count > 0 ? TypedBytes.note(count, first: first) : nil
    }

    /// Prints above the prompt and puts the half-typed line back.
    func print(above text: String) { present(text, live: live) }

    /// Prints `text` (or nothing) for good and redraws the live region between it and the prompt.
    func present(_ text: String, live lines: [String]) {
        // The signal of a resize may still be on its way.
        if isActive, TerminalSize.current().columns != columns { resize() }
        let lines = canRedraw ? lines : []
        if text.isEmpty, lines == live { return }
        guard isActive else {
            if !text.isEmpty { write(LineEditor.ended(text)) }
            return
        }
        cr_hide()
        eraseRows()
        write((text.isEmpty ? "" : LineEditor.ended(text)) + lines.map { $0 + "\n" }.joined())
        live = lines
        cr_show()
    }

    /// Runs `body`, which may print, with the prompt out of the way.
    func suspended(_ body: () -> Void) {
        guard isActive else { return body() }
        cr_hide()
        eraseRows()
        Console.shared.isColumnUnknown = true
        body()
        Console.shared.freshLine()
        cr_show()
    }

    // MARK: - Inside

    /// Takes the live region away before a line is accepted, so that what scrolls up is a clean record.
    private func eraseLive() {
        guard !live.isEmpty, isActive else { return }
        cr_hide()
        eraseRows()
        live = []
        cr_show()
    }
    private func eraseRows() {
        let columns = max(1, columns)
        let rows = live.reduce(0) { $0 + max(1, (TextWidth.of($1) + columns - 1) / columns) }
        if rows > 0 { cr_erase_above(Int32(rows)) }
        live = []
    }
    private func resize() {
        let before = columns
        columns = TerminalSize.current().columns
        guard isActive, reflows, columns != before else { return cr_resize() }
        // The terminal has broken the line anew, and the lines above it; readline knows the rows of before.
        let above = live.reduce(0) { $0 + max(1, (TextWidth.of($1) + columns - 1) / columns) }
        cr_redraw(Int32(clamping: above + rowsAboveCursor))
        let lines = live
        live = []
        present("", live: lines)
    }
    /// How many rows of what is typed, and of its prompt, stand above the cursor in the width of now.
    private var rowsAboveCursor: Int {
        guard let text = cr_copy_before_cursor() else { return 0 }
        defer { free(text) }
        let lines = (prompt + String(cString: text)).split(separator: "\n", omittingEmptySubsequences: false)
        let widths = lines.map { line in
            TextWidth.withoutEscapes(line).unicodeScalars.reduce(0) { $0 + TextWidth.of($1) }
        }
        return widths.dropLast().reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) } + (widths.last ?? 0) / columns
    }
    private func write(_ text: String) {
        text.utf8CString.withUnsafeBufferPointer { cr_write($0.baseAddress, $0.count - 1) }
    }
    private static func ended(_ text: String) -> String { text.hasSuffix("\n") ? text : text + "\n" }

    /// Readline needs to know which parts of the prompt take no columns.
    private static func marked(_ prompt: String) -> String {
        var out = "", rest = prompt[...]
        while !rest.isEmpty {
            let escape = TextWidth.escapeLength(rest)
            out += escape > 0 ? "\u{1}\(rest.prefix(escape))\u{2}" : String(rest.prefix(1))
            rest = rest.dropFirst(max(1, escape))
        }
        return out
    }

    private static func complete(
        _ line: UnsafePointer<CChar>?, _ cursor: Int32, _ start: UnsafeMutablePointer<Int32>?,
        _ append: UnsafeMutablePointer<CChar>?
    ) -> UnsafeMutablePointer<cr_candidate>? {
        // Of a line that is not UTF-8 the places would be others than readline's.
        guard let line, let editor = current, let text = String(validatingCString: line),
            let found = editor.completer(text, Int(cursor)), !found.candidates.isEmpty
        else { return nil }
        start?.pointee = Int32(clamping: found.start)
        if let append, let text = found.append, text.utf8.count < CR_APPEND { strcpy(append, text) }
        let rows = found.rows(width: TerminalSize.current().columns - 1)
        let count = found.candidates.count
        guard let memory = calloc(count + 1, MemoryLayout<cr_candidate>.stride) else { return nil }
        let list = memory.bindMemory(to: cr_candidate.self, capacity: count + 1)
        for (index, candidate) in found.candidates.enumerated() {
            list[index] = cr_candidate(text: strdup(candidate.text), display: strdup(rows[index]))
        }
        return list
    }
}
