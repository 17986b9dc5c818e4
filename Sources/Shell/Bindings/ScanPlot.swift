import LuaKit
import Workbench

/// The scores of one video as a curve, with its cuts: what `scan:plot()` shows.
package final class ScanPlot: LuaObject, Sendable {
    private let scan: DatasetScan
    private let place: Int

    init(scan: DatasetScan, place: Int) { (self.scan, self.place) = (scan, place) }

    package static var luaClass: LuaClass<ScanPlot> {
        LuaClass("Scene scores as a curve with the cuts marked.") { $0.description { $0.oneLine } }
    }
}

extension ScanPlot: Displayable {
    package var oneLine: String { "plot of \(scan)" }
    package func lines(_ context: DisplayContext) -> [String] {
        guard scan.entries.indices.contains(place - 1) else { return ["there is no video \(place) in \(scan)"] }
        let entry = scan.entries[place - 1]
        let points = zip(entry.scores.times, entry.series).map { (x: $0, y: $1) }
        let title = "\(entry.name): \(scan.options.detector.rawValue) score by second, \(entry.plan.cuts.count) cuts"
        return TerminalPlot([.init("score", points)], title: title, marks: entry.plan.times).lines(context)
    }
}
