import CReadline
import Base
import Glibc

/// Our own pager: what is shown stays on the screen, and whoever types on is back at the prompt with what was typed.
struct ScreenPager {
    /// What a key asks for.
    enum Key: Equatable {
        case page, line, back, lineBack, start, end, search, next, leave
        /// Belongs to the next line of the prompt.
        case typed([UInt8])
        case none
    }
    private let lines: [String]
    private let terminal: Terminal
    /// The first line that is shown, and the line behind the last.
    private var top = 0, bottom = 0
    private var wanted = ""
    /// What has been typed and not been looked at.
    private var pending: [UInt8] = []

    init(_ lines: [String], _ terminal: Terminal) { (self.lines, self.terminal) = (lines, terminal) }

    /// Shows the lines until the last has been seen or the user has had enough.
    mutating func run() {
        guard cr_raw_mode(true) else { return write(lines.map { $0 + "\n" }.joined()) }
        defer { cr_raw_mode(false) }
        forward(rows: terminal.size.rows - 1)
        while bottom < lines.count {
            status()
            let key = read()
            clearStatus()
            switch key {
            case .page: forward(rows: terminal.size.rows - 1)
            case .line: forward(rows: 1)
            case .back: redraw(from: top - (terminal.size.rows - 2))
            case .lineBack: redraw(from: top - 1)
            case .start: redraw(from: 0)
            case .end: redraw(from: lines.count)
            case .search:
                if let text = ask(), !text.isEmpty { wanted = text.lowercased() }
                find()
            case .next: find()
            case .leave: return LineEditor.typeAhead(pending)
            case .typed(let bytes): return LineEditor.typeAhead(bytes)
            case .none: break
            }
        }
    }

    // MARK: Drawing

    private mutating func forward(rows: Int) {
        var room = rows, text = ""
        while bottom < lines.count {
            room -= Pager.rows(of: lines[bottom], terminal.size)
            if room < 0, !text.isEmpty { break }
            text += lines[bottom] + "\n"
            bottom += 1
        }
        top = max(top, first(ofScreenEndingAt: bottom))
        write(text)
    }
    /// A screen that begins with a line, or with an earlier one where less than a screen follows.
    private mutating func redraw(from line: Int) {
        top = min(max(0, line), first(ofScreenEndingAt: lines.count))
        bottom = top
        write("\u{1B}[H\u{1B}[2J")
        forward(rows: terminal.size.rows - 1)
    }
    private func first(ofScreenEndingAt end: Int) -> Int {
        var place = end, room = terminal.size.rows - 1
        while place > 0 {
            room -= Pager.rows(of: lines[place - 1], terminal.size)
            if room < 0 { break }
            place -= 1
        }
        return place
    }
    private mutating func find() {
        guard !wanted.isEmpty else { return }
        guard let place = lines.indices.first(where: { $0 > top && lines[$0].lowercased().contains(wanted) }) else {
            return status("'\(SafeText.line(wanted))' is not in what follows")
        }
        redraw(from: place)
    }
    private func status() {
        let place = "\(top + 1)-\(bottom) of \(lines.count)"
        let wordings = [
            "\(place): space and arrows show more, / searches, q leaves, typing goes on at the prompt",
            "\(place): space, arrows, / searches, q leaves", "\(place): space, q leaves", "q leaves",
        ]
        let room = terminal.size.columns - 1
        status(wordings.first { $0.count <= room } ?? "q")
    }
    private func status(_ text: String) { write("\r" + terminal.style(.quiet, text) + "\u{1B}[K") }
    private func clearStatus() { write("\r\u{1B}[K") }
    private func write(_ text: String) {
        cr_flush_output()
        try? Array(text.utf8).withUnsafeBytes { try AtomicFile.write($0, to: STDOUT_FILENO, path: "the terminal") }
    }

    // MARK: Keys

    /// Waits for a key. Anything that ends the session, or Ctrl-C, leaves.
    private mutating func read() -> Key {
        while true {
            if Signals.stopRequested {
                if Signals.termination == nil { Signals.clear() }
                return .leave
            }
            let columns = terminal.size.columns
            guard fill() else { return .leave }
            if pending.isEmpty {
                if terminal.size.columns != columns { return .none }
                continue
            }
            let key = ScreenPager.key(&pending)
            if key == .next, wanted.isEmpty {
                defer { pending = [] }
                return .typed(Array("n".utf8) + pending)
            }
            return key
        }
    }
    /// Reads what comes next, unless there is something. False at the end of input.
    private mutating func fill() -> Bool {
        guard pending.isEmpty else { return true }
        var input = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: Signals.wakeup, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&input, 2, -1) > 0 else { return true }
        if input[1].revents != 0 { Signals.sleep(milliseconds: 0) }
        guard input[0].revents != 0 else { return true }
        var part = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(STDIN_FILENO, &part, part.count)
        if count > 0 { pending += part[..<count] }
        return count > 0
    }
    /// Takes the first key. Letters are words of the next line, for only a few of them are commonly known to mean anything here.
    static func key(_ bytes: inout [UInt8]) -> Key {
        let text = String(decoding: bytes, as: UTF8.self)
        if bytes == [0x1B] {
            bytes = []
            return .leave
        }
        if let (sequence, key) = sequences.first(where: { text.hasPrefix($0.0) }) {
            bytes.removeFirst(sequence.utf8.count)
            return key
        }
        guard let first = bytes.first, first >= 0x20 else {
            bytes = bytes.first == 0x1B ? [] : Array(bytes.dropFirst())
            return .none
        }
        defer { bytes = [] }
        return .typed(bytes)
    }
    private static let sequences: [(String, Key)] = [
        (" ", .page), ("\u{1B}[6~", .page), ("\u{6}", .page), ("\u{16}", .page), ("\r", .line), ("\n", .line),
        ("\u{1B}[B", .line), ("\u{1B}OB", .line), ("\u{1B}[5~", .back), ("\u{2}", .back), ("\u{1B}[A", .lineBack),
        ("\u{1B}OA", .lineBack), ("\u{1B}[H", .start), ("\u{1B}OH", .start), ("\u{1B}[1~", .start),
        ("\u{1B}[F", .end), ("\u{1B}OF", .end), ("\u{1B}[4~", .end), ("/", .search), ("n", .next), ("q", .leave),
        ("Q", .leave), ("\u{4}", .leave),
    ]
    /// The text to look for, typed on the last line; `nil` when it was given up.
    private mutating func ask() -> String? {
        var text: [UInt8] = []
        while true {
            status("/" + SafeText.line(String(decoding: text, as: UTF8.self)))
            guard !Signals.stopRequested, fill() else { return nil }
            while !pending.isEmpty {
                let byte = pending.removeFirst()
                switch byte {
                case 10, 13:
                    clearStatus()
                    return String(decoding: text, as: UTF8.self)
                case 0x1B: return nil
                case 8, 0x7F:
                    while let last = text.popLast(), last & 0xC0 == 0x80 {}
                default: if byte >= 0x20 { text.append(byte) }
                }
            }
        }
    }
}
