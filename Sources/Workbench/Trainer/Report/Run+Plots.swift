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
            let (smooth, window) = Self.means(of: points)
            plot.series.append(.init("mean of \(window)", smooth))
        }
        let measured = evaluations.map { (x: Double($0.step), y: $0.loss) }
        if !measured.isEmpty { plot.series.append(.init("held out", measured)) }
        return plot
    }

    /// The loss at each noise level: held out where that is measured, else of the clips that are trained on, smoothed; nil where
    /// nothing is known.
    public var levelsPlot: LinePlot? {
        let evaluations = evaluations, isMeasured = !evaluations.isEmpty
        let all =
            isMeasured
            ? evaluations.map { (step: $0.step, levels: $0.levels) } : history.map { ($0.step, $0.levels) }
        var curves: [Double: [(x: Double, y: Double)]] = [:]
        for (step, levels) in all {
            for level in levels { curves[level.sigma, default: []].append((Double(step), level.loss)) }
        }
        guard !curves.isEmpty else { return nil }
        var plot = LinePlot(title: "\(isMeasured ? "held-out loss" : "loss, smoothed,") by noise level σ")
        plot.xLabel = "step"
        plot.series = curves.sorted { $0.key < $1.key }.map { sigma, points in
            LinePlot.Series("σ \(sigma)", isMeasured ? points : Self.means(of: points).smooth)
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

    /// The mean of each point and some before it.
    private static func means(
        of points: [(x: Double, y: Double)]
    ) -> (smooth: [(x: Double, y: Double)], window: Int) {
        let window = max(5, points.count / 20)
        var smooth: [(x: Double, y: Double)] = [], sum = 0.0
        for (index, point) in points.enumerated() {
            sum += point.y
            if index >= window { sum -= points[index - window].y }
            if index >= window - 1 { smooth.append((point.x, sum / Double(window))) }
        }
        return (smooth, window)
    }
}
