import Base
import LuaKit
import Media
import Workbench

/// The scores of one video as a curve, with its cuts: what `scan:plot()` shows.
package final class ScanPlot: LuaObject, Sendable {
    private let scan: DatasetScan
    private let place: Int

    init(scan: DatasetScan, place: Int) { (self.scan, self.place) = (scan, place) }

    package static var luaClass: LuaClass<ScanPlot> {
        LuaClass("Scene scores as a curve with the cuts marked.") {
            $0.method(
                "save", "Writes it as a picture.", .path("path", "a .png or .jpg"),
                example: "ds:scan{}:plot():save(\"cuts.png\")"
            ) { try StillImage.write($0.curve().draw().frame, to: $1) }
            $0.description { $0.oneLine }
        }
    }

    /// Throws `DatasetError.noClip` when there is no such video.
    private func curve() throws -> LinePlot {
        guard scan.entries.indices.contains(place - 1) else {
            throw DatasetError.noClip("\(place)", count: scan.entries.count, hint: "")
        }
        let entry = scan.entries[place - 1]
        var plot = LinePlot(
            title:
                "\(entry.name): \(scan.options.detector.rawValue) score by second, \(counted(entry.plan.cuts.count, "cut"))"
        )
        plot.series = [LinePlot.Series("score", zip(entry.scores.times, entry.series).map { (x: $0, y: $1) })]
        plot.marks = entry.plan.times
        return plot
    }
}

extension ScanPlot: Displayable {
    package var oneLine: String { "plot of \(scan)" }
    package func lines(_ context: DisplayContext) -> [String] {
        guard let plot = try? curve() else { return ["there is no video \(place) in \(scan)"] }
        return TerminalPlot(plot).lines(context)
    }
}
