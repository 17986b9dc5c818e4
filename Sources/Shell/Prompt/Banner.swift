/// The first lines of a session: what this is, where to begin, how to find the rest.
enum Banner {
    /// Three lines in the longest wording that fits.
    static func text(_ terminal: Terminal, _ machine: String) -> String {
        let style = terminal.style, width = terminal.size.columns
        let dot = terminal.isUnicode ? " · " : " - "
        let machine = machine.isEmpty ? "" : dot + SafeText.line(machine)
        let first = style(.heading, "ltxsh \(Program.version)") + style(.quiet, dot + "LoRAs for LTX-Video" + machine)
        // Code between back quotes.
        let wordings: [[String]] = [
            [
                "`ds = Dataset.open \"train_date/NAME\"` opens your clips, `doctor()` checks this machine",
                "`ds = Dataset.open \"train_date/NAME\"` opens your clips", "`Dataset.open \"FOLDER\"`",
            ],
            [
                "`help()` shows the daily tasks, `?Dataset` explains a name, TAB TAB lists what can come next",
                "`help()` shows the daily tasks, `?x` explains, TAB TAB lists", "`help()`  `?x`  TAB TAB",
            ],
        ]
        let rest = wordings.compactMap { wordings in
            wordings.first { TextWidth.of($0.filter { $0 != "`" }) <= width }.map { styled($0, style) }
        }
        return ([TextFitting.truncate(first, to: width)] + rest).map { $0 + "\n" }.joined()
    }

    private static func styled(_ text: String, _ style: Stylist) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { style($0.offset % 2 == 1 ? .string : .quiet, String($0.element)) }.joined()
    }
}
