import Glibc

/// Long output, through the user's pager when it would scroll off the screen of a terminal.
enum Pager {
    /// The command: `LTXSH_PAGER`, `PAGER`, else `less -FRX`. `cat` and an unset terminal mean none.
    static func command(_ environment: (String) -> String? = { Environment[$0] }) -> String? {
        let command = environment("LTXSH_PAGER") ?? environment("PAGER") ?? "less -FRX"
        let name = command.split(separator: " ").first.map(String.init) ?? "cat"
        return ["cat", "off", "none"].contains(name) ? nil : command
    }

    /// True when the lines do not fit the screen together with a prompt.
    static func isNeeded(_ lines: [String], _ size: TerminalSize) -> Bool {
        guard lines.count <= size.rows - 2 else { return true }
        let rows = lines.reduce(0) { $0 + max(1, (TextWidth.of($1) + size.columns - 1) / max(1, size.columns)) }
        return rows > size.rows - 2
    }

    /// Shows the text in the pager. False when there is none or it could not be run: the caller prints then.
    static func show(_ text: String) -> Bool {
        guard let command = command() else { return false }
        // Without these a bare `less` in PAGER shows our colours as ESC and clears the screen when it ends.
        let extra = Environment["LESS"] == nil ? ["LESS": "FRX"] : [:]
        let status = try? ChildProcess.run(command, input: text, environment: extra)
        // Ctrl-C ended it and left its `^C` on the line.
        if status == 128 + SIGINT { Console.shared.write("\n") }
        return status != nil && status != 126 && status != 127
    }
}
