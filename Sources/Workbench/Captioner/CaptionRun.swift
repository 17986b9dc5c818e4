import Base
import Synchronization

/// One pass of captioning over clips: how far it is, and what came of it. Safe from any thread.
public final class CaptionRun: Sendable {
    /// 1, 2, … in this session.
    public let number: Int
    /// Its thread, its events and its end.
    public let job: Job<Never>
    /// Clips that it is about.
    public let count: Int
    private let record: Mutex<CaptionResult>

    init(_ number: Int, count: Int, skipped: Int) {
        (self.number, self.count) = (number, count)
        job = Job("captions #\(number)")
        var result = CaptionResult()
        result.skipped = skipped
        record = Mutex(result)
    }

    /// `"captions #1"`.
    public var name: String { job.name }
    /// Where it is now.
    public var state: JobState { job.state }
    /// Nothing more happens.
    public var isOver: Bool { state.isOver }
    /// What came of it so far.
    public var result: CaptionResult { record.withLock { $0 } }
    /// Why it ended before its end.
    public var failure: (any Error)? { job.failure }
    /// Some clip has no caption that should have one.
    public var hasFailed: Bool { state == .failed || !result.failed.isEmpty }
    /// Clips that are dealt with, those that failed among them.
    public var done: Int {
        record.withLock { min(count, $0.written + $0.failed.count + $0.suspect.count { !$0.isKept } + $0.passed) }
    }
    /// Asks it to end; every caption that is there stays. Returns at once.
    public func stop() { job.stop() }
    /// Waits until it is over or the seconds have passed; whether it is over.
    public func wait(seconds: Double = .infinity) -> Bool { job.wait(seconds: seconds) }

    func change(_ body: (inout CaptionResult) -> Void) { record.withLock { body(&$0) } }

    // MARK: The session's

    private static let members = SessionRuns<CaptionRun> { $0.isOver }
    /// Those of this process that go on, and the last hundred.
    public static var session: [CaptionRun] { members.all }

    static func make(count: Int, skipped: Int) -> CaptionRun {
        members.add { CaptionRun($0, count: count, skipped: skipped) }
    }
}
