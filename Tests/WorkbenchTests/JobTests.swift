import Base
import Configuration
import TestSupport
import Testing

@testable import Workbench

/// What a job tells, how it ends, and that nothing of it grows without bound.
@Suite struct JobTests {
    private func words<Detail>(_ events: [JobEvent<Detail>]) -> [String] {
        events.map { event in
            switch event {
            case .progress(let progress): "at \(progress.done)"
            case .note(let text): text
            case .detail(let detail): "\(detail)"
            case .ended(let state): state.rawValue
            }
        }
    }

    @Test func `a job ends as its work does, and its last event says so`() {
        struct Broken: Error {}
        func end(_ body: @escaping @Sendable (Job<Int>) throws -> JobState) -> (JobState, [String]) {
            let job = Job<Int>("job")
            job.start { try body(job) }
            #expect(job.wait(seconds: Patience.limit))
            return (job.state, words(job.events.take()))
        }
        #expect(end { _ in .finished } == (.finished, ["finished"]))
        #expect(end { _ in throw Broken() } == (.failed, ["failed"]))
        #expect(end { _ in throw Cancelled() } == (.stopped, ["stopped"]))
        let asked = end { job in
            job.monitor.note("working")
            job.stop()
            try job.monitor.checkpoint()
            return .finished
        }
        #expect(asked == (.stopped, ["working", "stopped"]))
        let blamed = end { job in
            job.stop(because: Broken())
            return .stopped
        }
        #expect(blamed.0 == .failed)
    }

    @Test func `progress that nobody looked at gives way to newer progress, notes stay in order`() {
        let job = Job<Int>("job")
        for done in 1...1000 {
            job.monitor.report(Progress("work", done, of: 1000, "steps"))
            if done == 500 { job.monitor.note("half") }
        }
        #expect(words(job.events.take()) == ["half", "at 1000"])
    }

    @Test func `steps that follow each other wait as one event, and beyond the limit the oldest go`() {
        var configuration = TrainingConfiguration()
        configuration.optimization.steps = 5
        let run = Run(0, configuration, folder: "/nowhere")
        func step(_ number: Int) -> Run.Step {
            Run.Step(step: number, loss: 1, learningRate: 1, gradientNorm: 1, seconds: 1)
        }
        for number in 1...3 { run.add([step(number)]) }
        run.add(checkpoint: "a", kept: ["a"])
        for number in 4...5 { run.add([step(number)]) }
        let told = run.job.events.take().compactMap { if case .detail(let detail) = $0 { "\(detail)" } else { nil } }
        #expect(told == ["steps(Range(0..<3))", "checkpoint(\"a\")", "steps(Range(3..<5))"])
        #expect(run.history(3..<9).map(\.step) == [4, 5])

        let queue = EventQueue<Int>(limit: 10)
        for number in 0..<1000 { queue.post(number) }
        #expect(queue.take() == Array(990..<1000))
    }

    @Test func `a session forgets the oldest runs that are over, and a refused one takes no number`() throws {
        struct Refused: Error {}
        let runs = RunList(limit: 3)
        func add(isOver: Bool = true) throws -> Run {
            try runs.add { number in
                let run = Run(number, TrainingConfiguration(), folder: "/nowhere")
                if isOver {
                    run.job.start { .finished }
                    #expect(run.wait(seconds: Patience.limit))
                }
                return run
            }
        }
        let first = try add(isOver: false)
        for _ in 0..<6 { _ = try add() }
        #expect(throws: Refused.self) { try runs.add { _ in throw Refused() } }
        let last = try add()
        #expect(last.number == 8 && runs.all.map(\.number) == [1, 6, 7, 8])
        #expect(runs.all.first === first)
    }
}
