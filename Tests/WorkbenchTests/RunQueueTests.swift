import Configuration
import Base
import TestSupport
import Testing

@testable import Workbench

/// Runs that wait for the model behind another.
@Suite(.serialized) struct RunQueueTests {
    @Test func `a run is queued behind the one that has the model, and goes on when that ends`() throws {
        var fixture = try TrainingFixture()
        fixture.configuration.optimization.steps = 1_000_000
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let first = try trainer.start(fixture.configuration)
        fixture.configuration.optimization.steps = 2
        let second = try trainer.start(fixture.configuration)
        let third = try trainer.start(fixture.configuration)
        #expect(second.state == .queued && third.state == .queued)
        // Taken out of the line, it leaves nothing behind.
        third.stop()
        #expect(third.wait(seconds: Patience.limit) && third.state == .stopped)
        #expect(!Files.exists(third.folder))
        #expect(second.state == .queued && !first.isOver)
        // While they wait the model is in use for everybody else.
        #expect(throws: ModelStoreError.self) { try trainer.unload() }
        first.stop()
        #expect(first.wait(seconds: Patience.limit) && first.state == .stopped)
        #expect(second.wait(seconds: Patience.limit))
        #expect(second.state == .finished && second.step == 2)
        let notes = second.job.events.take().compactMap { event -> String? in
            if case .note(let text) = event { text } else { nil }
        }
        #expect(notes.contains("queued behind \(first.name)"))
    }
}
