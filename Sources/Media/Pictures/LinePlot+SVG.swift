import Base
import Glibc

extension LinePlot {
    /// The plot as an SVG element for a page: it takes its text colour and its fonts from there, and the width that there is.
    public func svg(width: Int = 640, height: Int = 260) -> String {
        let points = series.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
        let (x0, x1) = Self.range(points.map(\.x) + marks)
        let (y0, y1) = Self.range(points.map(\.y) + (level.map { [$0] } ?? []))
        let left = 64.0, top = 30.0, right = Double(width) - 12, bottom = Double(height) - 28
        func x(_ value: Double) -> String { Self.place(left + (value - x0) / (x1 - x0) * (right - left)) }
        func y(_ value: Double) -> String { Self.place(bottom - (value - y0) / (y1 - y0) * (bottom - top)) }
        func line(_ from: (String, String), _ to: (String, String), _ style: String) -> String {
            "<line x1=\"\(from.0)\" y1=\"\(from.1)\" x2=\"\(to.0)\" y2=\"\(to.1)\" \(style)/>"
        }
        func text(_ content: String, _ x: String, _ y: String, _ style: String) -> String {
            "<text x=\"\(x)\" y=\"\(y)\" font-size=\"12\" fill=\"currentColor\" \(style)>\(HTML.escaped(content))</text>"
        }
        let quiet = "stroke=\"currentColor\" stroke-opacity=\".15\""
        let (start, end) = (Self.place(left), Self.place(right)), floor = Self.place(bottom)
        var parts = [text(title, start, "16", "font-weight=\"bold\"")]
        for (value, label) in Self.labelled(y0, y1) {
            parts.append(line((start, y(value)), (end, y(value)), quiet))
            parts.append(text(label, Self.place(left - 6), y(value), "text-anchor=\"end\" dy=\".35em\""))
        }
        for (value, label) in Self.labelled(x0, x1) {
            parts.append(text(label, x(value), Self.place(bottom + 16), "text-anchor=\"middle\""))
        }
        parts.append(
            text(xLabel, Self.place(left - 14), Self.place(bottom + 16), "text-anchor=\"end\" fill-opacity=\".6\""))
        for mark in marks where mark.isFinite {
            parts.append(line((x(mark), Self.place(top)), (x(mark), floor), "stroke=\"#f2a0a0\""))
        }
        if let level { parts.append(line((start, y(level)), (end, y(level)), "stroke=\"#d04040\"")) }
        var nameEnd = right
        for (number, one) in series.enumerated().reversed() {
            let color = Self.hexColors[number % Self.hexColors.count]
            let style = one.isFaint ? "stroke-opacity=\".45\"" : "stroke-width=\"2\""
            let path = Self.path(Self.thinned(one.points, to: width), x, y)
            parts.append("<path d=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-linejoin=\"round\" \(style)/>")
            guard series.count > 1 else { continue }
            parts.append(
                "<text x=\"\(Self.place(nameEnd))\" y=\"16\" font-size=\"12\" text-anchor=\"end\" fill=\"\(color)\">"
                    + "\(HTML.escaped(one.name))</text>")
            nameEnd -= Double(one.name.count) * 7 + 14
        }
        return
            "<svg viewBox=\"0 0 \(width) \(height)\" width=\"100%\" role=\"img\" aria-label=\"\(HTML.escaped(title))\">"
            + parts.joined() + "</svg>"
    }

    private static let hexColors = ["#1f6fb4", "#d2691e", "#2e8b57", "#9932cc", "#b22222"]

    /// A tenth of a pixel is enough.
    private static func place(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

    private static func path(
        _ points: [(x: Double, y: Double)], _ x: (Double) -> String, _ y: (Double) -> String
    ) -> String {
        var out = "", isOpen = false
        for point in points {
            guard point.x.isFinite, point.y.isFinite else {
                isOpen = false
                continue
            }
            out += "\(isOpen ? "L" : "M")\(x(point.x)) \(y(point.y))"
            isOpen = true
        }
        return out
    }
    /// No more points than can be seen: of each part of a long series the lowest and the highest, so that every peak stays.
    private static func thinned(_ points: [(x: Double, y: Double)], to bins: Int) -> [(x: Double, y: Double)] {
        guard points.count > 2 * bins else { return points }
        return (0..<bins).flatMap { bin -> [(x: Double, y: Double)] in
            let part = points[bin * points.count / bins..<(bin + 1) * points.count / bins].filter { $0.y.isFinite }
            guard let low = part.min(by: { $0.y < $1.y }), let high = part.max(by: { $0.y < $1.y }) else { return [] }
            return low.x == high.x ? [low] : [low, high].sorted { $0.x < $1.x }
        }
    }
    /// Round numbers inside a range as they are written, without what rounding leaves behind.
    private static func labelled(_ low: Double, _ high: Double) -> [(Double, String)] {
        let ticks = ticks(low, high)
        guard ticks.count > 1 else { return ticks.map { ($0, "\($0)") } }
        let digits = max(0, -log10(ticks[1] - ticks[0]).rounded(.down)), scale = pow(10, digits)
        return ticks.map { value in
            let rounded = (value * scale).rounded() / scale
            let text = abs(rounded) < 1e15 && digits == 0 ? String(Int(rounded)) : "\(rounded)"
            return (value, text)
        }
    }
}
