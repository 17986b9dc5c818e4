import CReadline
import Glibc

/// What came of asking for a line.
enum PromptReading: Equatable {
    case line(String)
    /// Ctrl-C.
    case dropped
    /// Ctrl-D, or the end of a file.
    case end
    case terminated
    case hangUp
}

/// Where input lines come from.
protocol PromptSource: AnyObject {
    /// Asks for a line; shows what jobs tell meanwhile.
    func read(prompt: String, initial: String?, _ watcher: JobWatcher) -> PromptReading
    /// Gives the terminal back.
    func close()
}

/// A terminal with an editor.
final class EditedSource: PromptSource {
    private let editor: LineEditor
    init(_ editor: LineEditor) { self.editor = editor }

    func read(prompt: String, initial: String?, _ watcher: JobWatcher) -> PromptReading {
        editor.begin(prompt: prompt, initial: initial)
        return wait(watcher)
    }
    /// Asks for something that a program wants to know: with a history of its own, and nothing that TAB could complete.
    ///
    /// - Parameter isShown: the question stands on the screen already.
    func ask(_ question: String, initial: String?, isShown: Bool, _ watcher: JobWatcher) -> PromptReading {
        let completer = editor.completer
        editor.completer = { _, _ in nil }
        cr_history_use(true)
        defer {
            cr_history_use(false)
            editor.completer = completer
        }
        editor.begin(prompt: question, initial: initial, isShown: isShown)
        let reading = wait(watcher)
        if case .line(let line) = reading, !line.isEmpty, !Secrets.contains(line) {
            cr_history_forget(line)
            cr_history_add(line)
        }
        return reading
    }
    /// A line is being typed: nobody can ask for another one.
    var isBusy: Bool { editor.isActive }

    private func wait(_ watcher: JobWatcher) -> PromptReading {
        while true {
            if Signals.termination != nil {
                editor.end()
                return .terminated
            }
            show(watcher)
            switch editor.next(milliseconds: watcher.isBusy ? 200 : -1) {
            case .line(let line): return .line(line)
            case .interrupted: return .dropped
            case .endOfInput: return .end
            case .hangUp: return .hangUp
            case .woken: break
            }
        }
    }
    func close() { editor.end() }

    private func show(_ watcher: JobWatcher) {
        var lines = ""
        for piece in watcher.take() {
            switch piece {
            case .line(let line): lines += line + "\n"
            case .call(let body):
                editor.present(lines, live: [])
                lines = ""
                editor.suspended(body)
            }
        }
        let size = TerminalSize.current()
        editor.present(lines, live: watcher.live(width: size.columns - 1, limit: max(1, size.rows / 3)))
    }
}

/// A file or a pipe: no prompt, no editing.
final class PlainSource: PromptSource {
    private var buffer: [UInt8]
    private var isOver: Bool

    /// - Parameter input: all of it, when it has been read already.
    init(_ input: [UInt8]? = nil) { (buffer, isOver) = (input ?? [], input != nil) }

    func read(prompt: String, initial: String?, _ watcher: JobWatcher) -> PromptReading {
        while true {
            if Signals.termination != nil { return .terminated }
            for piece in watcher.take() {
                switch piece {
                case .line(let line): Console.shared.message(line)
                case .call(let body): body()
                }
            }
            if Signals.interrupted {
                Signals.clear()
                return .dropped
            }
            if let end = buffer.firstIndex(of: 10) {
                defer { buffer.removeFirst(end + 1) }
                return .line(text(buffer[..<end]))
            }
            if isOver {
                guard !buffer.isEmpty else { return .end }
                defer { buffer = [] }
                return .line(text(buffer[...]))
            }
            fill(milliseconds: watcher.isBusy ? 200 : -1)
        }
    }
    func close() {}

    private func text(_ bytes: ArraySlice<UInt8>) -> String {
        let typed = TypedBytes(bytes)
        if let note = typed.note { Console.shared.message(note) }
        return typed.text
    }
    private func fill(milliseconds: Int32) {
        var input = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: Signals.wakeup, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&input, 2, milliseconds) > 0 else { return }
        if input[1].revents != 0 { Signals.sleep(milliseconds: 0) }
        guard input[0].revents != 0 else { return }
        var part = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.read(STDIN_FILENO, &part, part.count)
        if count > 0 { buffer += part[..<count] } else if count == 0 || errno != EINTR { isOver = true }
    }
}
