/// One step of a pipeline: what there is of it, what it would take, and what came of it.
public struct PipelineStep: Sendable {
    /// How far it is.
    public enum State: String, Sendable {
        /// What there is, is what would be made now.
        case done
        /// Nothing is there yet, or not all.
        case due
        /// Something is there of other clips, captions or settings: it is made anew.
        case stale
        /// It was not asked for.
        case off
    }
    /// Which it is.
    public let step: Pipeline.Step
    /// How far it is.
    public internal(set) var state: State
    /// Why, and how much there is to do, in a few words.
    public internal(set) var reason: String
    /// What it will take, where that is known: at the pace of earlier calls, or reckoned.
    public internal(set) var seconds: Double?
    /// What it will write, about.
    public internal(set) var bytes: Int?
    /// What came of it; nil before it is done in this call.
    public internal(set) var outcome: String?
    /// What its pace is kept under, and how much of that there is to do.
    var work: (name: String, units: Double)?

    init(
        _ step: Pipeline.Step, _ state: State, _ reason: String, seconds: Double? = nil, bytes: Int? = nil
    ) {
        (self.step, self.state, self.reason) = (step, state, reason)
        (self.seconds, self.bytes) = (seconds, bytes)
    }
    /// The same with its pace, which tells the seconds where it is known.
    func paced(_ name: String, _ units: Double, _ pace: PipelinePace) -> PipelineStep {
        var step = self
        step.work = (name, units)
        step.seconds = pace.seconds(name, for: units) ?? seconds
        return step
    }

    /// Something is to be done.
    public var isDue: Bool { state == .due || state == .stale }
}
