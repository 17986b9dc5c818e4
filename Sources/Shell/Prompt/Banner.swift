/// The first lines of a session: what this is, where to begin, how to find the rest.
enum Banner {
    /// The version that `--version` and the banner tell.
    static let version = "0.1.0"

    static func text(_ terminal: Terminal, _ machine: String) -> String {
        let style = terminal.style, width = terminal.size.columns
        let dot = terminal.isUnicode ? " · " : " - "
        let machine = machine.isEmpty ? "" : dot + SafeText.line(machine)
        let first = TextFitting.truncate(
            style(.heading, "ltxsh \(version)") + style(.quiet, dot + "LoRAs for LTX-Video" + machine), to: width)
        // A line that does not fit teaches nothing: it goes, whole.
        let rest = [
            [
                ("ds = Dataset.open \"train_date/NAME\"", Style.string), (" begins, ", .quiet), ("doctor()", .string),
                (" checks this machine", .quiet),
            ],
            [
                ("help()", Style.string), (" four daily tasks, ", .quiet), ("?Dataset", .string),
                (" one thing, ", .quiet), ("TAB TAB", .string), (" what could come next", .quiet),
            ],
        ].map { $0.map { style($0.1, $0.0) }.joined() }
        return ([first] + rest.filter { TextWidth.of($0) <= width }).map { $0 + "\n" }.joined()
    }
}
