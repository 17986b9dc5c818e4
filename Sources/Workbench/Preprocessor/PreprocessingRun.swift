import Base
import Synchronization

/// Preprocessing that goes on behind the prompt. Safe from any thread.
public final class PreprocessingRun: Sendable {
    /// 1, 2, … in this session.
    public let number: Int
    /// Its thread, its events and its end.
    public let job: Job<Never>
    /// Where the files go.
    public let folder: String
    private let made = Mutex<Precomputed?>(nil)

    private init(_ number: Int, folder: String) {
        (self.number, self.folder) = (number, folder)
        job = Job("preprocessing #\(number)")
    }

    /// `"preprocessing #1"`.
    public var name: String { job.name }
    /// Where it is now.
    public var state: JobState { job.state }
    /// What it has made, once it is finished.
    public var result: Precomputed? { made.withLock { $0 } }
    /// Why it ended before its end.
    public var failure: (any Error)? { job.failure }
    /// Asks it to end; everything that is done stays, and the next run goes on there. Returns at once.
    public func stop() { job.stop() }
    /// Waits until it is over or the seconds have passed; whether it is over.
    public func wait(seconds: Double = .infinity) -> Bool { job.wait(seconds: seconds) }

    func finish(_ result: Precomputed) { made.withLock { $0 = result } }

    private static let members = SessionRuns<PreprocessingRun> { $0.state.isOver }
    /// Those of this process that go on, and the last hundred.
    public static var session: [PreprocessingRun] { members.all }
    static func make(folder: String) -> PreprocessingRun { members.add { PreprocessingRun($0, folder: folder) } }
}

extension Preprocessor {
    /// Begins `run` on a thread of its own. Throws at once what can be told before anything is made: clips without captions, sizes
    /// without frames, a folder that is being written.
    public func start(_ dataset: Dataset, _ options: Options) throws -> PreprocessingRun {
        try SessionRanks.requireAlone("pre:start")
        let job = HandedOver(try job(dataset, options, Monitor()))
        let run = PreprocessingRun.make(folder: job.value.folder)
        run.job.start { [self] in
            run.finish(try work(job.value, run.job.monitor))
            return .finished
        }
        return run
    }
}
