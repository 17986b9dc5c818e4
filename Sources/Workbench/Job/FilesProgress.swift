import Base

/// The progress of work over several files as one bar: a file counts for as long as it lasts, and its name stands beside.
final class FilesProgress: Sendable {
    private let stage: String, unit: String
    private let names: [String]
    /// Where each file begins on the bar, and how much of it is its, 0…1.
    private let starts: [Double], lengths: [Double]
    private let monitor: Monitor

    /// - Parameters:
    ///   - files: names, and lengths in any one unit; a file of no length counts for a little.
    ///   - unit: what is counted beside the bar, in the plural.
    init(_ stage: String, _ files: [(name: String, length: Double)], _ unit: String, _ monitor: Monitor) {
        (self.stage, self.unit, self.monitor, names) = (stage, unit, monitor, files.map(\.name))
        let weights = files.map { max($0.length, 0.1) }, whole = max(weights.reduce(0, +), 0.1)
        let lengths = weights.map { $0 / whole }
        self.lengths = lengths
        starts = lengths.indices.map { lengths[..<$0].reduce(0, +) }
    }

    /// Says that work on a file begins.
    func begin(_ index: Int, done: Int, of total: Int? = nil) { report(index, at: 0, done, total) }
    /// Says how it ended, with everything that was done.
    func finish(done: Int, of total: Int? = nil) {
        monitor.report(Progress(stage, done, of: total, unit, share: 1))
    }

    /// What the work on a file reports to: its own progress is a part of the file's share.
    ///
    /// - Parameters:
    ///   - part: which part of the file's work this is, of 0…1.
    ///   - done: what is counted beside the bar, before this work.
    ///   - counts: what the work itself has done is added to that.
    func monitor(
        _ index: Int, _ part: ClosedRange<Double> = 0...1, done: Int, of total: Int? = nil, counts: Bool = false
    ) -> Monitor {
        Monitor(poll: { [monitor] in monitor.shouldStop }) { [self] event in
            switch event {
            case .note(let text): monitor.note(text)
            case .progress(let progress):
                let own = part.lowerBound + (progress.fraction ?? 0) * (part.upperBound - part.lowerBound)
                report(index, at: own, counts ? done + progress.done : done, total)
            }
        }
    }

    private func report(_ index: Int, at own: Double, _ done: Int, _ total: Int?) {
        let place = names.count > 1 ? "\(index + 1)/\(names.count) \(names[index])" : names[index]
        let share = starts[index] + lengths[index] * own
        monitor.report(Progress(stage, done, of: total, unit, [("file", place)], share: share))
    }
}
