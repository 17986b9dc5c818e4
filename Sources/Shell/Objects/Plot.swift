import LuaKit
import Media

/// One's own numbers as a curve: what `plot(ys)` and `plot(xs, ys)` show. Beside `run:plot()` and `scan:plot()`.
package final class Plot: LuaObject, Sendable {
    private let plot: LinePlot

    init(_ plot: LinePlot) { self.plot = plot }

    /// The curve of a list of numbers, or of one list over another. Throws `LuaArgumentError` for what is no list of numbers.
    convenience init(_ values: [LuaValue], title: String) throws {
        var plot = LinePlot(title: title)
        let lists = try values.enumerated().map { place, value in try Plot.numbers(value, place + 1) }
        switch lists.count {
        case 1: plot.series = [.init("", lists[0].enumerated().map { (x: Double($0.offset + 1), y: $0.element) })]
        case 2:
            guard lists[0].count == lists[1].count else {
                throw LuaArgumentError(
                    argument: "ys", message: "'xs' has \(lists[0].count) numbers, 'ys' has \(lists[1].count)")
            }
            plot.series = [.init("", zip(lists[0], lists[1]).map { (x: $0, y: $1) })]
        default: throw LuaArgumentError(argument: "ys", message: "'ys' is missing (a list of numbers)")
        }
        self.init(plot)
    }
    /// A list of numbers; what is no number in it is a gap.
    static func numbers(_ value: LuaValue, _ place: Int) throws -> [Double] {
        guard case .table(let table) = value, let list = table.list, list.contains(where: { $0.number != nil }) else {
            throw LuaArgumentError(
                argument: "ys", message: "argument \(place) must be a list of numbers, got \(value.shown)")
        }
        return list.map { $0.number ?? .nan }
    }

    package static var luaClass: LuaClass<Plot> {
        LuaClass("A curve of one's own numbers.") {
            $0.method(
                "save", "Writes it as a picture; returns its path.", .path("path", "a .png or .jpg"),
                example: "plot({ 3, 1, 2 }):save(\"curve.png\")"
            ) { try $0.plot.draw().frame.save(to: $1) }
            $0.description { $0.lines(.text).joined(separator: "\n") }
        }
    }
}

extension Plot: Displayable {
    package var oneLine: String { "a plot of \(plot.series.first?.points.count ?? 0) points" }
    package func lines(_ context: DisplayContext) -> [String] {
        TerminalPlot(plot).lines(context, height: min(16, max(5, context.height / 2)))
    }
}
