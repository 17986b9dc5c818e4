/// An object as a card: a title and rows of `name  value`.
struct Card: Sendable {
    var title: String
    private(set) var rows: [(name: String, value: String)] = []

    init(_ title: String, _ rows: [(name: String, value: String)] = []) {
        self.title = title
        for row in rows { add(row.name, row.value) }
    }

    /// Adds a row; `nil` is left out.
    mutating func add(_ name: String, _ value: String?) {
        if let value { rows.append((name, value)) }
    }

    /// The lines, values wrapped beside their names.
    func lines(_ context: DisplayContext) -> [String] {
        var out = [context.style(.heading, TextFitting.truncate(SafeText.line(title), to: context.width))]
        let names = min(rows.map { TextWidth.of($0.name) }.max() ?? 0, max(8, context.width / 3))
        let room = max(10, context.width - names - 4)
        for row in rows {
            let value = TextFitting.wrap(SafeText.block(row.value), to: room)
            for (index, line) in value.enumerated() {
                let name = TextFitting.pad(index == 0 ? SafeText.line(row.name) : "", to: names)
                out.append("  " + context.style(.name, name) + "  " + line)
            }
        }
        return out
    }
}
