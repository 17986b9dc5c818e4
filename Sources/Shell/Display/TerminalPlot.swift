import Media

/// Curves drawn with braille characters (2 × 4 dots a cell), with axes; letters and ASCII dots where there is no Unicode.
struct TerminalPlot: Sendable {
    /// One curve.
    struct Series: Sendable {
        var name: String
        var points: [(x: Double, y: Double)]

        init(_ name: String, _ points: [(x: Double, y: Double)]) { (self.name, self.points) = (name, points) }
        /// Values at 1, 2, 3 …
        init(_ name: String, values: [Double]) {
            self.init(name, values.enumerated().map { (Double($0.offset + 1), $0.element) })
        }
    }
    var title = ""
    var series: [Series]
    /// x positions that are marked by a vertical line: cuts, checkpoints.
    var marks: [Double] = []

    private static let colors: [Style] = [.name, .number, .keyword, .good]

    init(_ series: [Series], title: String = "", marks: [Double] = []) {
        (self.series, self.title, self.marks) = (series, title, marks)
    }

    /// The same plot as `Media` draws into files; its level is one more line.
    init(_ plot: LinePlot) {
        self.init(plot.series.map { Series($0.name, $0.points) }, title: plot.title, marks: plot.marks)
        if let level = plot.level, let (x, _) = range {
            series.append(
                Series("level \(NumberText.significant(level, 3))", [(x.lowerBound, level), (x.upperBound, level)]))
        }
    }

    /// What there is to show, with some room where all values are equal; `nil` without a finite point.
    var range: (x: ClosedRange<Double>, y: ClosedRange<Double>)? {
        let points = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
        guard let first = points.first else { return nil }
        var x = points.reduce(first.x...first.x) { min($0.lowerBound, $1.x)...max($0.upperBound, $1.x) }
        var y = points.reduce(first.y...first.y) { min($0.lowerBound, $1.y)...max($0.upperBound, $1.y) }
        if x.lowerBound == x.upperBound { x = (x.lowerBound - 0.5)...(x.upperBound + 0.5) }
        if y.lowerBound == y.upperBound {
            let margin = max(abs(y.lowerBound) * 0.1, 1e-6)
            y = (y.lowerBound - margin)...(y.upperBound + margin)
        }
        return (x, y)
    }

    /// The lines of the plot in the width of the context, `height` of them for the curves.
    func lines(_ context: DisplayContext, height: Int = 12) -> [String] {
        guard let (x, y) = range else { return ["(nothing to plot yet)"] }
        let ticks = [y.upperBound, (y.lowerBound + y.upperBound) / 2, y.lowerBound].map {
            NumberText.significant($0, 3)
        }
        let margin = ticks.map(\.count).max() ?? 0
        let width = max(8, context.width - margin - 3), height = max(3, height)
        var canvas = Canvas(width: width, height: height, isUnicode: context.isUnicode)
        for mark in marks where x.contains(mark) {
            canvas.mark(column: (mark - x.lowerBound) / (x.upperBound - x.lowerBound))
        }
        for (index, curve) in series.enumerated() { canvas.draw(curve.points, x, y, color: index) }

        var out = header(context)
        for row in 0..<height {
            let label = row == 0 ? ticks[0] : row == height / 2 ? ticks[1] : row == height - 1 ? ticks[2] : ""
            let axis = context.isUnicode ? (label.isEmpty ? "│" : "┤") : "|"
            out.append(
                context.style(.quiet, TextFitting.pad(label, to: margin, .right) + " " + axis)
                    + canvas.row(row) { color, text in context.style(color.map { Self.colors[$0 % 4] } ?? .quiet, text)
                    })
        }
        let line = String(repeating: context.isUnicode ? "─" : "-", count: width)
        out.append(
            context.style(.quiet, String(repeating: " ", count: margin + 1) + (context.isUnicode ? "└" : "+") + line))
        let low = Self.position(x.lowerBound), high = Self.position(x.upperBound)
        let gap = max(1, width - low.count - high.count)
        let blanks = String(repeating: " ", count: gap)
        out.append(
            context.style(.quiet, String(repeating: " ", count: margin + 2) + low + blanks + high))
        return out.map { TextFitting.truncate($0, to: context.width) }
    }

    private func header(_ context: DisplayContext) -> [String] {
        var out = title.isEmpty ? [] : [context.style(.heading, SafeText.line(title))]
        if series.count > 1 {
            let names = series.enumerated().map {
                context.style(Self.colors[$0 % 4], (context.isUnicode ? "━ " : "\(letter($0)) ") + $1.name)
            }
            out.append(names.joined(separator: "   "))
        }
        return out
    }
    private func letter(_ index: Int) -> String { String(UnicodeScalar(UInt8(ascii: "a") + UInt8(index % 26))) }
    /// A position on the x axis: "100.0" as "100", because positions are mostly whole.
    static func position(_ value: Double) -> String {
        var text = NumberText.significant(value, 4)
        guard text.contains("."), !text.contains("e") else { return text }
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }
}

/// A grid of cells with 2 × 4 dots each.
private struct Canvas {
    let width: Int, height: Int, isUnicode: Bool
    private var dots: [UInt8]
    private var colors: [Int?]

    init(width: Int, height: Int, isUnicode: Bool) {
        (self.width, self.height, self.isUnicode) = (width, height, isUnicode)
        dots = [UInt8](repeating: 0, count: width * height)
        colors = [Int?](repeating: nil, count: width * height)
    }

    /// The curve as dots joined by lines; it is broken where a value is not finite.
    mutating func draw(
        _ points: [(x: Double, y: Double)], _ x: ClosedRange<Double>, _ y: ClosedRange<Double>, color: Int
    ) {
        var previous: (Int, Int)?
        for point in points {
            guard point.x.isFinite, point.y.isFinite else {
                previous = nil
                continue
            }
            let column = Int((point.x - x.lowerBound) / (x.upperBound - x.lowerBound) * Double(width * 2 - 1))
            let row = Int((y.upperBound - point.y) / (y.upperBound - y.lowerBound) * Double(height * 4 - 1))
            let from = previous ?? (column, row)
            let steps = max(abs(column - from.0), abs(row - from.1), 1)
            for step in 0...steps {
                set(from.0 + (column - from.0) * step / steps, from.1 + (row - from.1) * step / steps, color)
            }
            previous = (column, row)
        }
    }
    mutating func mark(column: Double) {
        let x = Int(column * Double(width * 2 - 1))
        for row in stride(from: 0, to: height * 4, by: 2) { set(x, row, nil) }
    }
    private mutating func set(_ x: Int, _ y: Int, _ color: Int?) {
        guard (0..<width * 2).contains(x), (0..<height * 4).contains(y) else { return }
        // Unicode's braille block numbers the dots by column, the fourth row last.
        let bits: [[UInt8]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]
        let cell = y / 4 * width + x / 2
        dots[cell] |= bits[y % 4][x % 2]
        if let color { colors[cell] = color }
    }
    func row(_ row: Int, _ paint: (Int?, String) -> String) -> String {
        var out = "", run = "", color: Int?
        for cell in (row * width)..<((row + 1) * width) {
            let character = character(cell)
            if character != " ", colors[cell] != color, !run.isEmpty {
                out += paint(color, run)
                run = ""
            }
            if character != " " { color = colors[cell] }
            run.append(character)
        }
        return out + paint(color, run)
    }
    private func character(_ cell: Int) -> Character {
        if dots[cell] == 0 { return " " }
        guard isUnicode, let scalar = UnicodeScalar(0x2800 + UInt32(dots[cell])) else {
            return colors[cell].map { Character(UnicodeScalar(UInt8(ascii: "a") + UInt8($0 % 26))) } ?? ":"
        }
        return Character(scalar)
    }
}
