import Base
import Media
import Workbench

/// A run is a status line and the curve of its loss.
extension Run: Displayable {
    package var oneLine: String {
        var facts = ["\(name): \(state.rawValue)", "step \(step)/\(steps)"]
        if let loss { facts.append("loss \(NumberText.significant(loss, 3))") }
        if let learningRate { facts.append("lr \(NumberText.significant(learningRate, 2))") }
        if let remainingSeconds, !isOver { facts.append("ETA \(ProgressMeter.clock(remainingSeconds))") }
        return facts.joined(separator: ", ")
    }
    package func lines(_ context: DisplayContext) -> [String] {
        var out = [TextFitting.truncate(context.style(.heading, oneLine), to: context.width)]
        if let failure {
            out += TextFitting.wrap(SafeText.line("\(failure)"), to: context.width).map { context.style(.error, $0) }
        }
        let losses = history.filter { !$0.isSkipped }.map(\.loss)
        if losses.count > 1, let first = losses.first, let last = losses.last {
            let ends = (NumberText.significant(first, 3), NumberText.significant(last, 3))
            let room = max(8, min(60, context.width - ends.0.count - ends.1.count - 7))
            let curve = Sparkline.text(losses, width: room, unicode: context.isUnicode)
            let line = "loss \(ends.0) " + context.style(.name, curve) + " \(ends.1)"
            out.append(TextFitting.truncate(line, to: context.width))
        }
        out.append(TextFitting.truncateMiddle("in " + SafeText.line(NearPaths.text(folder)), to: context.width))
        return out
    }

    /// The loss over the steps, as measured and smoothed.
    var lossPlot: LinePlot {
        var plot = LinePlot(title: "\(name): loss")
        plot.xLabel = "step"
        let points = history.filter { !$0.isSkipped }.map { (x: Double($0.step), y: $0.loss) }
        plot.series = [.init("loss", points)]
        guard points.count > 20 else { return plot }
        // Single steps are noise: each draws its own timestep. The mean of some of them shows where it goes.
        let window = max(5, points.count / 20)
        var smooth: [(x: Double, y: Double)] = [], sum = 0.0
        for (index, point) in points.enumerated() {
            sum += point.y
            if index >= window { sum -= points[index - window].y }
            if index >= window - 1 { smooth.append((point.x, sum / Double(window))) }
        }
        plot.series.append(.init("mean of \(window)", smooth))
        return plot
    }
}
