import Glibc

/// The size of a terminal in character cells, and of one cell in pixels.
struct TerminalSize: Sendable, Equatable {
    var columns: Int
    var rows: Int
    /// One cell in pixels; 8 × 16 when the terminal does not say.
    var cellWidth = 8, cellHeight = 16

    init(columns: Int, rows: Int) { (self.columns, self.rows) = (columns, rows) }

    /// The size as it is now: asked of the terminal each time, because people drag windows. `COLUMNS` and `LINES` count
    /// only where there is no terminal to ask; without either it is 80 × 24.
    static func current(_ descriptor: Int32 = STDOUT_FILENO) -> TerminalSize {
        for descriptor in [descriptor, STDERR_FILENO, STDIN_FILENO] {
            var answer = winsize()
            guard ioctl(descriptor, UInt(TIOCGWINSZ), &answer) == 0, answer.ws_col > 0, answer.ws_row > 0 else {
                continue
            }
            var size = TerminalSize(columns: Int(answer.ws_col), rows: Int(answer.ws_row))
            if answer.ws_xpixel > 0, answer.ws_ypixel > 0 {
                size.cellWidth = max(1, Int(answer.ws_xpixel / answer.ws_col))
                size.cellHeight = max(1, Int(answer.ws_ypixel / answer.ws_row))
            }
            return size
        }
        func number(_ name: String) -> Int? {
            Environment[name].flatMap { Int($0) }.flatMap { (1...10_000).contains($0) ? $0 : nil }
        }
        return TerminalSize(columns: number("COLUMNS") ?? 80, rows: number("LINES") ?? 24)
    }
}
