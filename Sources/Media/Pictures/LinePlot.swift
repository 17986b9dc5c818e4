import Glibc

/// A plot of one or more series over a shared axis: scene scores with their cuts, losses over steps.
public struct LinePlot: Sendable {
    /// One line.
    public struct Series: Sendable {
        /// Its name in the legend.
        public let name: String
        /// Points from left to right; a `y` that is not finite is a gap.
        public let points: [(x: Double, y: Double)]
        /// Drawn thin on a page: what another line is the mean of.
        public let isFaint: Bool
        /// A line of points.
        public init(_ name: String, _ points: [(x: Double, y: Double)], isFaint: Bool = false) {
            (self.name, self.points, self.isFaint) = (name, points, isFaint)
        }
    }

    /// Written above the plot, below and left of it.
    public var title = "", xLabel = "", yLabel = ""
    /// The lines.
    public var series: [Series] = []
    /// Vertical marks, such as cuts.
    public var marks: [Double] = []
    /// A horizontal mark, such as a threshold.
    public var level: Double?

    /// An empty plot.
    public init(title: String = "") { self.title = title }

    private static let colors = [0x1F6FB4, 0xD2691E, 0x2E8B57, 0x9932CC, 0xB22222].map { Picture.Color($0) }

    /// Draws the plot.
    public func draw(width: Int = 1200, height: Int = 480) -> Picture {
        var picture = Picture(width: max(160, width), height: max(120, height))
        let points = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
        let (x0, x1) = Self.range(points.map(\.x) + marks)
        let (y0, y1) = Self.range(points.map(\.y) + (level.map { [$0] } ?? []))
        let left = 72, top = 36, right = picture.width - 16, bottom = picture.height - 40
        func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
            (
                Double(left) + (x - x0) / (x1 - x0) * Double(right - left),
                Double(bottom) - (y - y0) / (y1 - y0) * Double(bottom - top)
            )
        }
        for value in Self.ticks(y0, y1) {
            let y = place(x0, value).y, text = Self.number(value)
            picture.line(from: (Double(left), y), to: (Double(right), y), Picture.Color(0xE4E4E4))
            let size = Picture.size(of: text)
            picture.text(text, x: left - 6 - size.width, y: Int(y) - size.height / 2, .grey)
        }
        for value in Self.ticks(x0, x1) {
            let x = place(value, y0).x, text = Self.number(value)
            picture.line(from: (x, Double(bottom)), to: (x, Double(bottom + 4)), .grey)
            picture.text(text, x: Int(x) - Picture.size(of: text).width / 2, y: bottom + 6, .grey)
        }
        for mark in marks where mark.isFinite {
            picture.line(from: place(mark, y0), to: place(mark, y1), Picture.Color(0xF2A0A0))
        }
        if let level { picture.line(from: place(x0, level), to: place(x1, level), Picture.Color(0xD04040)) }
        var nameLeft = right
        for (number, line) in series.enumerated().reversed() {
            let color = Self.colors[number % Self.colors.count]
            for (a, b) in zip(line.points, line.points.dropFirst()) where a.y.isFinite && b.y.isFinite {
                picture.line(from: place(a.x, a.y), to: place(b.x, b.y), width: 2, color)
            }
            nameLeft -= Picture.size(of: line.name, isBold: true).width
            picture.text(line.name, x: nameLeft, y: 10, isBold: true, color)
            nameLeft -= 16
        }
        picture.line(from: (Double(left), Double(top)), to: (Double(left), Double(bottom)), .grey)
        picture.line(from: (Double(left), Double(bottom)), to: (Double(right), Double(bottom)), .grey)
        picture.text(title, x: left, y: 6, size: 16, isBold: true, room: max(1, nameLeft - left), .black)
        picture.text(xLabel, x: right - Picture.size(of: xLabel).width, y: bottom + 21, .grey)
        picture.text(yLabel, x: 6, y: top - 22, .grey)
        return picture
    }

    static func range(_ values: [Double]) -> (Double, Double) {
        let finite = values.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return (0, 1) }
        return high > low ? (low, high) : (low - 0.5, low + 0.5)
    }
    /// Round numbers inside a range, four to nine of them.
    static func ticks(_ low: Double, _ high: Double) -> [Double] {
        let rough = (high - low) / 5, power = pow(10, log10(rough).rounded(.down))
        guard rough > 0, power > 0, power.isFinite else { return [low] }
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? power
        let first = (low / step).rounded(.up)
        guard abs(first) < 1e12 else { return [low] }
        return (0..<20).map { (first + Double($0)) * step }.filter { $0 <= high + step * 1e-9 }
    }
    private static func number(_ value: Double) -> String {
        let rounded = (value * 1e6).rounded() / 1e6
        return abs(rounded) < 1e15 && rounded == rounded.rounded() ? String(Int(rounded)) : "\(rounded)"
    }
}
