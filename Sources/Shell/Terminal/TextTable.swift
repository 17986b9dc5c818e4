/// A table that fits the terminal.
///
/// When it is too wide, columns that may shrink give way first (the widest first, down to their least width), then whole
/// columns go, the least important first; a last line says which. A column that says the same in every row goes in any case, and
/// that line says what. Two paths are never cut to the same text. Cells are data: they are sanitised here.
struct TextTable: Sendable {
    /// One column.
    struct Column: Sendable {
        var title: String
        var alignment: TextFitting.Alignment
        /// The least width to shrink to; `nil` for a column that is shown whole or not at all.
        var least: Int?
        /// Higher stays longer. Columns of equal rank go from the right.
        var rank: Int
        /// True for paths: cut in the middle.
        var cutsMiddle: Bool
        var style: Style?
        /// Whether it goes when every row says the same.
        var collapses: Bool
        /// Whether a text that is too long goes on in the next row of the screen. Of the last column alone.
        var wraps: Bool

        init(
            _ title: String, _ alignment: TextFitting.Alignment = .left, least: Int? = nil, rank: Int = 0,
            cutsMiddle: Bool = false, style: Style? = nil, collapses: Bool = false, wraps: Bool = false
        ) {
            (self.title, self.alignment, self.least, self.rank) = (title, alignment, least, rank)
            (self.cutsMiddle, self.style, self.collapses, self.wraps) = (cutsMiddle, style, collapses, wraps)
        }
    }
    var columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column], rows: [[String]] = []) {
        self.columns = columns
        for row in rows { append(row) }
    }

    /// Adds a row; missing cells are empty.
    mutating func append(_ row: [String]) {
        rows.append(columns.indices.map { $0 < row.count ? SafeText.cell(row[$0]) : "" })
    }

    /// The lines of the table in at most `width` columns, the titles first.
    ///
    /// - Parameter limit: the most rows to show; the first are shown, and how many follow.
    func lines(width: Int, style: Stylist = .plain, limit: Int = .max) -> [String] {
        let shown = rows.prefix(max(0, limit)), common = common
        let layout = layout(shown, width: width, without: Set(common))
        let heads = columns.indices.map { index in
            columns[index].cutsMiddle
                ? layout[index].map { TextFitting.cut(for: shown.map { $0[index] }, width: $0).head } : nil
        }
        var out = [line(columns.map(\.title), layout, heads) { _, text in style(.heading, text) }]
        for row in shown.flatMap({ broken($0, layout) }) {
            out.append(line(row, layout, heads) { column, text in column.style.map { style($0, text) } ?? text })
        }
        if rows.count > shown.count { out.append(style(.quiet, "… \(rows.count - shown.count) more rows")) }
        let facts = common.filter { !(rows.first?[$0] ?? "").isEmpty }.map { "\(columns[$0].title) \(rows[0][$0])" }
        if !facts.isEmpty {
            out += TextFitting.wrap("(the same in all: \(facts.joined(separator: ", ")))", to: width).map {
                style(.quiet, $0)
            }
        }
        let hidden = columns.indices.filter { layout[$0] == nil && !common.contains($0) }.map { columns[$0].title }
        if !hidden.isEmpty {
            let text = "(not shown in \(width) columns: \(hidden.joined(separator: ", ")))"
            out += TextFitting.wrap(text, to: width).map { style(.quiet, $0) }
        }
        return out
    }

    /// Columns that need not be shown, because every row says the same in them.
    private var common: [Int] {
        guard rows.count > 1 else { return [] }
        return columns.indices.filter { index in
            columns[index].collapses && rows.allSatisfy { $0[index] == rows[0][index] }
        }
    }
    /// A row as rows of the screen: the text of its last column may go on below.
    private func broken(_ row: [String], _ layout: [Int?]) -> [[String]] {
        guard let last = columns.indices.last, columns[last].wraps, let width = layout[last] else { return [row] }
        let empty = [String](repeating: "", count: columns.count - 1)
        return TextFitting.wrap(row[last], to: width).enumerated().map { place, text in
            (place == 0 ? Array(row.dropLast()) : empty) + [text]
        }
    }
    private func line(
        _ cells: [String], _ layout: [Int?], _ heads: [Int?], _ paint: (Column, String) -> String
    ) -> String {
        var out = ""
        // Nothing after the last cell that has a text: no blanks at the end of a line.
        let last = columns.indices.last { layout[$0] != nil && !cells[$0].isEmpty } ?? columns.startIndex
        for (index, column) in columns.enumerated() where index <= last {
            guard let width = layout[index] else { continue }
            let cut =
                column.cutsMiddle
                ? TextFitting.truncateMiddle(cells[index], to: width, head: heads[index]) : cells[index]
            let text = TextFitting.truncate(cut, to: width)
            let blanks = String(repeating: " ", count: max(0, width - TextWidth.of(text)))
            switch column.alignment {
            case .right: out += blanks + paint(column, text)
            case .left: out += paint(column, text) + (index == last ? "" : blanks)
            }
            if index != last { out += "  " }
        }
        return out
    }

    /// Widths by column, `nil` for those left out.
    private func layout(_ rows: ArraySlice<[String]>, width: Int, without left: Set<Int>) -> [Int?] {
        var widths: [Int?] = columns.indices.map { index in
            left.contains(index)
                ? nil : rows.reduce(TextWidth.of(columns[index].title)) { max($0, TextWidth.of($1[index])) }
        }
        func total() -> Int { widths.reduce(-2) { $0 + ($1.map { $0 + 2 } ?? 0) } }
        let leasts = columns.indices.map { index -> Int in
            guard total() > width, let full = widths[index], let least = columns[index].least else {
                return columns[index].least ?? .max
            }
            guard columns[index].cutsMiddle, full > least else { return max(least, 1) }
            let texts = rows.map { $0[index] }
            return (max(least, 1)..<full).first { TextFitting.cut(for: texts, width: $0).isUnique } ?? full
        }
        func least(_ index: Int) -> Int { leasts[index] }
        while total() > width {
            let shrinkable = columns.indices.filter { (widths[$0] ?? 0) > least($0) }
            let possible = shrinkable.reduce(0) { $0 + (widths[$1] ?? 0) - least($1) }
            if possible >= total() - width {
                shrink(shrinkable, by: total() - width, &widths, leasts)
                break
            }
            let kept = columns.indices.filter { widths[$0] != nil }
            guard kept.count > 1, let victim = kept.min(by: { (columns[$0].rank, -$0) < (columns[$1].rank, -$1) })
            else {
                for index in kept { widths[index] = min(widths[index] ?? 0, max(1, width)) }
                break
            }
            widths[victim] = nil
        }
        return widths
    }
    /// Takes from the widest until `excess` is gone, so that no column pays for another.
    private func shrink(_ indices: [Int], by excess: Int, _ widths: inout [Int?], _ leasts: [Int]) {
        for _ in 0..<excess {
            let open = indices.filter { (widths[$0] ?? 0) > leasts[$0] }
            guard let widest = open.max(by: { (widths[$0] ?? 0) < (widths[$1] ?? 0) }) else { return }
            widths[widest] = (widths[widest] ?? 1) - 1
        }
    }
}
