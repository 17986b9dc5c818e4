import Base
import NN
import Synchronization
import TestSupport
import Testing
import Torch

@testable import Workbench

/// Captioning that several ranks share; here each is a set of threads.
@Suite struct CaptionRanksTests {
    /// Notes of ranks that are in one process.
    private final class Board: Sendable {
        let notes = Mutex<[String: JSON]>([:]), numbers = Mutex<[String: Int]>([:])
    }
    private struct Rank: Ranks {
        let rank: Int, count: Int, board: Board
        var drawsApart: Bool { true }
        func sum(gradientsOf parameters: [Parameter], in dtype: DType) -> (_ figures: Tensor) throws -> Void {
            { _ in }
        }
        func broadcast(_ tensors: [Tensor]) {}
        func share(_ message: RankMessage) -> RankMessage { message }
        func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }
        func abort() {}
        func takeNumber(_ key: String) -> Int {
            board.numbers.withLock { numbers in
                numbers[key, default: 0] += 1
                return numbers[key] ?? 0
            }
        }
        func put(_ key: String, _ note: JSON) { board.notes.withLock { $0[key] = note } }
        func take(_ key: String, stays: Bool) -> JSON? {
            board.notes.withLock { stays ? $0[key] : $0.removeValue(forKey: key) }
        }
    }
    /// One that answers as it is told, and counts.
    private final class Model: CaptionBackend {
        let title = "told", concurrency = 1, isShared = true
        let answered = Mutex(0)
        private let told: @Sendable (CaptionQuestion, CaptionControl) throws -> CaptionAnswer

        init(_ told: @escaping @Sendable (CaptionQuestion, CaptionControl) throws -> CaptionAnswer) { self.told = told }
        func model(_ control: CaptionControl) -> String { "m" }
        func estimate(_ question: CaptionQuestion) -> CaptionEstimate { CaptionEstimate() }
        func answer(_ question: CaptionQuestion, _ control: CaptionControl) throws -> CaptionAnswer {
            answered.withLock { $0 += 1 }
            var usage = CaptionUsage()
            (usage.input, usage.requests) = (5, 1)
            control.spent(usage)
            return try told(question, control)
        }
    }
    private let fixture: CaptionFixture, board = Board()

    init() throws { fixture = try CaptionFixture(chat: [], images: 12) }

    private func shared(_ rank: Int) -> CaptionRanks {
        CaptionRanks(ranks: Rank(rank: rank, count: 3, board: board), name: "captions/1")
    }
    /// A pass of three ranks over the dataset; `change` sees the runs once they go on.
    private func caption(
        _ data: Dataset, _ models: [Model], _ change: ([CaptionRun]) -> Void = { _ in }
    ) throws -> [CaptionRun] {
        var options = CaptionOptions()
        options.keepSuspect = true
        let runs = try models.enumerated().map { rank, model in
            try rank == 0
                ? Captioner(model).start(data, options, nil, sharing: shared(0)) : Captioner(model).serve(shared(rank))
        }
        change(runs)
        for run in runs { #expect(run.wait(seconds: Patience.limit)) }
        return runs
    }
    private static func name(_ question: CaptionQuestion) -> String { question.media.map { Path.name($0.path) } ?? "" }

    @Test func `every rank answers, the first keeps, and all know what came of it`() throws {
        let data = try fixture.dataset()
        // The first rank waits for the others, so that the question whether they take part does not depend on who is quick.
        let others = Mutex(0)
        let models = (0..<3).map { rank in
            Model { question, control in
                while rank == 0, others.withLock({ $0 }) < 4 { try control.checkpoint() }
                if rank > 0 { others.withLock { $0 += 1 } }
                return CaptionAnswer(text: "A picture called \(Self.name(question)).")
            }
        }
        let runs = try caption(data, models)
        for run in runs {
            #expect(run.state == .finished && run.result.written == 12 && run.result.failed.isEmpty)
            #expect(run.result.usage.input == 60 && run.result.usage.requests == 12)
        }
        for clip in data.clips { #expect(clip.caption == "A picture called \(clip.name)." && clip.author == "m") }
        #expect(models.map { $0.answered.withLock { $0 } }.reduce(0, +) == 12)
        #expect(others.withLock { $0 } >= 4)
    }
    @Test func `what fails on another rank is said in its words, and what ends all ends all`() throws {
        let data = try fixture.dataset()
        let bad = data.clips[3].name
        let models = (0..<3).map { _ in
            Model { question, _ in
                if Self.name(question) == bad { throw CaptionerError.clip("'\(bad)' is too dark") }
                return CaptionAnswer(text: "A picture.", isCut: false, doubt: "only a guess")
            }
        }
        for run in try caption(data, models) {
            #expect(run.state == .finished && run.result.written == 11)
            #expect(run.result.failed.map(\.reason) == ["'\(bad)' is too dark"] && run.result.failed[0].clip == bad)
            #expect(run.result.suspect.count == 11 && run.result.suspect[0].reason == "only a guess")
        }
        board.notes.withLock { $0 = [:] }
        board.numbers.withLock { $0 = [:] }
        let gone = (0..<3).map { rank in
            Model { _, control in
                while rank != 2 { try control.checkpoint() }
                throw CaptionerError.models("the weights are gone")
            }
        }
        for clip in data.clips { try clip.setCaption(nil) }
        for run in try caption(data, gone) {
            #expect(run.state == .failed && run.result.written == 0)
            #expect(run.failure.map { "\($0)" }?.contains("the weights are gone") == true)
            #expect((run.failure as? any UserError)?.kind == "captioner.model")
        }
    }
    @Test(arguments: [0, 1]) func `a stop of the first, or of another, stops all`(stopped: Int) throws {
        let data = try fixture.dataset()
        let models = (0..<3).map { _ in
            Model { _, control in while true { try control.checkpoint() } }
        }
        let runs = try caption(data, models) { $0[stopped].stop() }
        for run in runs { #expect(run.state == .stopped && run.result.written == 0) }
    }
    @Test func `a pass that cannot begin is over for all`() throws {
        let data = try fixture.dataset(), model = Model { _, _ in CaptionAnswer(text: "A picture.") }
        let other = Captioner(model).serve(shared(1))
        var options = CaptionOptions()
        options.trigger = " "
        #expect(throws: CaptionerError.self) {
            try shared(0).leading { try Captioner(model).start(data, options, nil, sharing: shared(0)) }
        }
        #expect(other.wait(seconds: Patience.limit) && other.state == .failed)
    }
}
