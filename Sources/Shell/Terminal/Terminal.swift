import Glibc

/// What the program's input and outputs are and can do, decided once at the start.
package struct Terminal: Sendable {
    var hasInput: Bool, hasOutput: Bool, hasError: Bool
    /// Colours for standard output and for standard error.
    var style: Stylist, errorStyle: Stylist
    /// Whether characters beyond ASCII may be drawn.
    var isUnicode: Bool
    /// Whether the cursor can be moved (`TERM` is set and not `dumb`).
    var canRedraw: Bool
    /// Whether the terminal breaks its lines anew when its window becomes narrower. All but the oldest do.
    var reflows: Bool

    /// Output that goes to no terminal keeps whole lines, however long.
    var isWide = false

    /// - Parameters:
    ///   - color: the `--color` flag.
    ///   - isTerminal: by descriptor, for tests.
    package init(
        color: ColorChoice = .auto, environment: (String) -> String? = { Environment[$0] },
        isTerminal: (Int32) -> Bool = { isatty($0) == 1 }
    ) {
        // For tests of the terminal paths without one.
        let isPretending = environment("LTXSH_FAKE_TTY") == "1"
        (hasInput, hasOutput, hasError) = (
            isTerminal(STDIN_FILENO), isPretending || isTerminal(STDOUT_FILENO),
            isPretending || isTerminal(STDERR_FILENO)
        )
        style = Stylist(.decide(color, isTerminal: hasOutput, environment: environment))
        errorStyle = Stylist(.decide(color, isTerminal: hasError, environment: environment))
        let locale = (environment("LC_ALL") ?? environment("LC_CTYPE") ?? environment("LANG") ?? "C").uppercased()
        // Containers and ssh come with the C locale, their terminals show UTF-8 all the same; a locale that names another
        // character set means it.
        isUnicode = locale.contains("UTF-8") || locale.contains("UTF8") || !locale.contains(".")
        let term = environment("TERM") ?? "dumb"
        if term == "linux" { isUnicode = false }  // the console's font has no eighths of a cell
        canRedraw = term != "dumb"
        let keepsRows = ["linux", "vt", "ansi", "rxvt", "sun", "cons"]
        // xterm names itself; those that only call themselves xterm do not.
        reflows = canRedraw && environment("XTERM_VERSION") == nil && !keepsRows.contains { term.hasPrefix($0) }
    }
    /// True when a person sits in front of it.
    var isInteractive: Bool { hasInput && (hasOutput || hasError) }

    /// The size of the screen now.
    var size: TerminalSize { .current(hasOutput ? STDOUT_FILENO : STDERR_FILENO) }
}
