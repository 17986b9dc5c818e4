import Media

/// The picture of a plot: what `TerminalPlot` shows, for a file.
struct PlotPicture {
    private typealias Color = (red: UInt8, green: UInt8, blue: UInt8)

    private let plot: TerminalPlot
    private let width: Int, height: Int
    private var pixels: [UInt8]
    private static let ink: Color = (60, 60, 60), grid: Color = (225, 225, 225)
    /// Told apart by people who see colours differently (Okabe and Ito's palette).
    private static let colors: [Color] = [(0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167)]

    private init(_ plot: TerminalPlot, _ width: Int, _ height: Int) {
        (self.plot, self.width, self.height) = (plot, max(200, width), max(120, height))
        pixels = [UInt8](repeating: 255, count: self.width * self.height * 3)
    }

    /// The plot as a frame of RGB bytes, at least 200 × 120 pixels.
    static func frame(_ plot: TerminalPlot, width: Int = 1000, height: Int = 500) -> Frame {
        var picture = PlotPicture(plot, width, height)
        picture.draw()
        return Frame(width: picture.width, height: picture.height, pixels: picture.pixels)
    }

    // MARK: - Drawing

    private mutating func draw() {
        let left = 90, right = width - 20, top = 40, bottom = height - 40
        label(plot.title, left, 14, scale: 2, Self.ink)
        guard let range = plot.range else { return label("nothing to plot yet", left, height / 2, scale: 2, Self.ink) }
        let (x, y) = range
        func column(_ value: Double) -> Int {
            left + Int((value - x.lowerBound) / (x.upperBound - x.lowerBound) * Double(right - left))
        }
        func row(_ value: Double) -> Int {
            top + Int((y.upperBound - value) / (y.upperBound - y.lowerBound) * Double(bottom - top))
        }
        for step in 0...4 {
            let share = Double(step) / 4
            let value = y.lowerBound + (y.upperBound - y.lowerBound) * share, place = row(value)
            line(left, place, right, place, Self.grid)
            let text = NumberText.significant(value, 3)
            label(text, left - 10 - text.count * 6, place - 3, scale: 1, Self.ink)
            let across = x.lowerBound + (x.upperBound - x.lowerBound) * share
            let name = TerminalPlot.position(across)
            label(name, min(right - name.count * 6, column(across) - name.count * 3), bottom + 8, scale: 1, Self.ink)
        }
        for mark in plot.marks where x.contains(mark) {
            for place in stride(from: top, to: bottom, by: 8) {
                line(column(mark), place, column(mark), place + 4, Self.ink)
            }
        }
        line(left, top, left, bottom, Self.ink)
        line(left, bottom, right, bottom, Self.ink)
        for (index, curve) in plot.series.enumerated() {
            let color = Self.colors[index % Self.colors.count]
            var previous: (Int, Int)?
            for point in curve.points {
                guard point.x.isFinite, point.y.isFinite else {
                    previous = nil
                    continue
                }
                let here = (column(point.x), row(point.y))
                let from = previous ?? here
                line(from.0, from.1, here.0, here.1, color)
                line(from.0, from.1 + 1, here.0, here.1 + 1, color)
                previous = here
            }
            if plot.series.count > 1 {
                label(curve.name, right - curve.name.count * 6, top + 4 + index * 10, scale: 1, color)
            }
        }
    }
    private mutating func set(_ x: Int, _ y: Int, _ color: Color) {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return }
        let place = (y * width + x) * 3
        (pixels[place], pixels[place + 1], pixels[place + 2]) = color
    }
    private mutating func line(_ x0: Int, _ y0: Int, _ x1: Int, _ y1: Int, _ color: Color) {
        let steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in 0...steps { set(x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps, color) }
    }
    private mutating func label(_ text: String, _ x: Int, _ y: Int, scale: Int, _ color: Color) {
        for (index, character) in text.enumerated() {
            for (row, bits) in BitmapFont.rows(character).enumerated() {
                for column in 0..<BitmapFont.width where bits & (0x10 >> UInt8(column)) != 0 {
                    for dot in 0..<(scale * scale) {
                        let across = (index * (BitmapFont.width + 1) + column) * scale + dot % scale
                        set(x + across, y + row * scale + dot / scale, color)
                    }
                }
            }
        }
    }
}
