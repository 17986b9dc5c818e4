import Torch

/// Updates whose figures are still on the device, and the time that they took.
///
/// Reading a figure waits for the device, so it is done when a progress line is due and not at every update. That is also when the
/// work of a device can be timed: what a launch takes says nothing.
struct UpdateMeter {
    /// One update as it was launched.
    struct Update {
        let step: Int, rate: Double
        /// Scalars on the device; `notFinite` is 0 or 1.
        let loss: Tensor, norm: Tensor, notFinite: Tensor
        /// Of each parameter's gradient, in their order.
        let norms: Tensor
        /// Of its samples.
        let levels: NoiseLevelLosses
        /// Names of its clips.
        let clips: [String]
    }
    /// What the smoothed loss keeps of itself at each update.
    private static let smoothing = 0.95
    /// An update that was left out because its gradient was not finite.
    struct Skipped {
        let step: Int, clips: [String]
        /// The place of the first parameter whose gradient was not finite; nil when only the loss was not.
        let parameter: Int?
    }

    private let device: Device
    private var pending: [(update: Update, ended: ContinuousClock.Instant)] = []
    private var smooth: Double?
    private var start = ContinuousClock.now, idle = Duration.zero, lastReading = ContinuousClock.now

    /// On the CPU an update is done when it has been asked for, so that each has a time of its own; elsewhere those that are read
    /// together share it.
    ///
    /// - Parameter smooth: the smoothed loss so far.
    init(_ device: Device, smooth: Double? = nil) { (self.device, self.smooth) = (device, smooth) }

    /// Enough has been done to be looked at.
    var isDue: Bool { lastReading.duration(to: .now) > .milliseconds(200) }

    mutating func add(_ update: Update) { pending.append((update, .now)) }
    /// Time since `instant` that was no training: it counts for no update.
    mutating func exclude(since instant: ContinuousClock.Instant) { idle += instant.duration(to: .now) }

    /// The figures of all pending updates, after waiting for the device.
    mutating func read() throws -> (steps: [Run.Step], skipped: [Skipped]) {
        guard !pending.isEmpty else { return ([], []) }
        // One transfer for all.
        let scalars = try stacked(
            pending.flatMap { [$0.update.loss, $0.update.norm, $0.update.notFinite] }.map { try $0.to(.float32) })
        let levels = try pending.flatMap { try $0.update.levels.batches.map { try $0.flattened(from: 0) } }
        let numbers = try concatenated([scalars] + levels, axis: 0).floats()
        let figures = numbers.prefix(3 * pending.count).map(Double.init)
        var rest = numbers.dropFirst(3 * pending.count)
        let end = ContinuousClock.now
        let whole = seconds(start.duration(to: end) - idle), share = whole / Double(pending.count)
        let memory = MemoryInUse.now(on: device)
        var steps: [Run.Step] = [], skipped: [Skipped] = [], last = start + idle
        for (place, (update, ended)) in pending.enumerated() {
            let levels = update.levels.means(rest.prefix(update.levels.count))
            rest = rest.dropFirst(update.levels.count)
            let isSkipped = figures[3 * place + 2] != 0
            let own = seconds(last.duration(to: max(ended, last)))
            last = max(ended, last)
            let loss = figures[3 * place], time = device == .cpu ? own : share
            if loss.isFinite { smooth = smooth.map { $0 * Self.smoothing + loss * (1 - Self.smoothing) } ?? loss }
            steps.append(
                Run.Step(
                    step: update.step, loss: loss, learningRate: update.rate, gradientNorm: figures[3 * place + 1],
                    seconds: time, isSkipped: isSkipped, smoothLoss: smooth ?? .nan,
                    samplesPerSecond: time > 0 ? Double(update.clips.count) / time : 0, memory: memory,
                    levels: levels))
            if isSkipped {
                let bad = try update.norms.floats().firstIndex { !$0.isFinite }
                skipped.append(Skipped(step: update.step, clips: update.clips, parameter: bad))
            }
        }
        pending = []
        (start, idle, lastReading) = (end, .zero, end)
        return (steps, skipped)
    }
    private func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
}
