import Base
import Glibc

/// Long output, a screen at a time, when it would scroll off the screen of a terminal: through the user's pager, else our own.
enum Pager {
    /// The user's own command: `LTXSH_PAGER`, else `PAGER`.
    enum Choice: Equatable {
        /// Nobody asked for another.
        case own
        /// `cat`, `off`, `none` or nothing at all.
        case none
        case command(String)
    }
    static func choice(_ environment: (String) -> String? = { Environment[$0] }) -> Choice {
        guard let command = environment("LTXSH_PAGER") ?? environment("PAGER") else { return .own }
        let name = command.split(separator: " ").first.map(String.init) ?? ""
        return ["", "cat", "off", "none"].contains(name) ? .none : .command(command)
    }

    /// True when the lines do not fit the screen together with a prompt.
    static func isNeeded(_ lines: [String], _ size: TerminalSize) -> Bool {
        guard lines.count <= size.rows - 2 else { return true }
        return lines.reduce(0) { $0 + rows(of: $1, size) } > size.rows - 2
    }
    /// How many rows a line takes.
    static func rows(of line: String, _ size: TerminalSize) -> Int {
        max(1, (TextWidth.of(line) + size.columns - 1) / max(1, size.columns))
    }

    /// Shows the lines. False when there is no pager or it could not be run: the caller prints then.
    static func show(_ lines: [String], _ terminal: Terminal) -> Bool {
        switch choice() {
        case .none: return false
        case .own:
            var pager = ScreenPager(lines, terminal)
            pager.run()
            return true
        case .command(let command): return run(command, lines.map { $0 + "\n" }.joined())
        }
    }

    private static func run(_ command: String, _ text: String) -> Bool {
        // Without these a bare `less` in PAGER shows our colours as ESC and clears the screen when it ends. It says how to leave,
        // and neither writes files nor runs commands for one who types on into it.
        let options = "\(Environment["LESS"] ?? "FRX") -Psq leaves, space shows more, / searches$"
        let status = try? ChildProcess.run(
            command, input: text, environment: ["LESS": options, "LESSSECURE": "1"])
        // Ctrl-C ended it and left its `^C` on the line.
        if status == 128 + SIGINT { Console.shared.write("\n") }
        return status != nil && status != 126 && status != 127
    }
}
