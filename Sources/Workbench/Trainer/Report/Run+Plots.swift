import Media

/// The curves of a run.
extension Run {
    /// The loss over the steps: as measured, smoothed, and over the clips that are held out.
    public var lossPlot: LinePlot {
        var plot = LinePlot(title: "\(name): loss")
        plot.xLabel = "step"
        let points = history.filter { !$0.isSkipped }.map { (x: Double($0.step), y: $0.loss) }
        plot.series = [.init("loss", points, isFaint: points.count > 20)]
        if points.count > 20 {
            // Single steps are noise: each draws its own timestep. The mean of some of them shows where it goes.
            let window = max(5, points.count / 20)
            var smooth: [(x: Double, y: Double)] = [], sum = 0.0
            for (index, point) in points.enumerated() {
                sum += point.y
                if index >= window { sum -= points[index - window].y }
                if index >= window - 1 { smooth.append((point.x, sum / Double(window))) }
            }
            plot.series.append(.init("mean of \(window)", smooth))
        }
        let measured = evaluations.map { (x: Double($0.step), y: $0.loss) }
        if !measured.isEmpty { plot.series.append(.init("held out", measured)) }
        return plot
    }

    /// The held-out loss at each noise level; nil where none was measured.
    public var levelsPlot: LinePlot? {
        let evaluations = evaluations
        guard let levels = evaluations.last?.levels, !levels.isEmpty else { return nil }
        var plot = LinePlot(title: "held-out loss by noise level σ")
        plot.xLabel = "step"
        plot.series = levels.map { level in
            LinePlot.Series(
                "σ \(level.sigma)",
                evaluations.compactMap { evaluation in
                    evaluation.levels.first { $0.sigma == level.sigma }.map { (Double(evaluation.step), $0.loss) }
                })
        }
        return plot
    }

    /// One figure of each update.
    func plot(_ title: String, _ value: (Step) -> Double?) -> LinePlot {
        var plot = LinePlot(title: title)
        plot.xLabel = "step"
        plot.series = [.init(title, history.compactMap { step in value(step).map { (Double(step.step), $0) } })]
        return plot
    }
}
