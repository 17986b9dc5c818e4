import Synchronization

/// Where long work is: what a progress line shows.
public struct Progress: Sendable {
    /// What is being done, in one or two words: `"splitting"`.
    public var stage: String
    /// How much is done, in `unit`s.
    public var done: Int
    /// How much there is in all, when that is known.
    public var total: Int?
    /// The unit in the plural: `"frames"`, `"clips"`, `"steps"`.
    public var unit: String
    /// The stage's own figures in display order, already formatted: `[("loss", "0.0312")]`.
    public var figures: [(name: String, value: String)]
    /// How much of the whole work is done, 0…1, where its units are of unlike sizes; `nil` for `done` of `total`.
    public var share: Double?

    /// `total` nil: how much there is in all is not known.
    public init(
        _ stage: String, _ done: Int, of total: Int?, _ unit: String, _ figures: [(name: String, value: String)] = [],
        share: Double? = nil
    ) {
        (self.stage, self.done, self.total, self.unit, self.figures) = (stage, done, total, unit, figures)
        self.share = share
    }

    /// How much of the work is done, 0…1; `nil` when nothing tells.
    public var fraction: Double? {
        if let share { return min(1, max(0, share)) }
        return total.map { $0 > 0 ? min(1, max(0, Double(done) / Double($0))) : 1 }
    }
}

/// What long work reports to, and asks whether to go on. Safe from any thread.
///
/// Work calls `report` as often as it likes (the receiver thins out) and checks `shouldStop` at each safe point,
/// at least every 100 ms.
public final class Monitor: Sendable {
    private let stopRequested = Atomic(false)
    private let receive: @Sendable (Event) -> Void
    private let poll: @Sendable () -> Bool

    /// What a monitor passes on.
    public enum Event: Sendable {
        case progress(Progress)
        /// A sentence for the user that the work goes on after: what was skipped, and why.
        case note(String)
    }

    /// - Parameters:
    ///   - poll: asked by `shouldStop` besides `stop()`, for a flag that a signal handler sets.
    ///   - receive: called on the working thread.
    public init(
        poll: @escaping @Sendable () -> Bool = { false }, receive: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        (self.poll, self.receive) = (poll, receive)
    }

    /// Passes on where the work is; any thread, as often as it likes.
    public func report(_ progress: Progress) { receive(.progress(progress)) }
    /// Passes on a sentence for the user; the work goes on.
    public func note(_ text: String) { receive(.note(text)) }

    /// Whether the work should end at its next safe point.
    public var shouldStop: Bool { stopRequested.load(ordering: .relaxed) || poll() }
    /// Asks the work to end at its next safe point; it cannot be taken back.
    public func stop() { stopRequested.store(true, ordering: .relaxed) }

    /// Throws `Cancelled` when the work was asked to stop.
    public func checkpoint() throws { if shouldStop { throw Cancelled() } }
}
