import Base
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

/// That a run which is taken up again is the run that never stopped.
@Suite(.serialized) struct TrainingStateTests {
    private func loop(_ fixture: TrainingFixture, _ transformer: Transformer, steps: Int) throws -> (TrainingLoop, Run)
    {
        let configuration = fixture.configuration
        let plan = try TrainingPlan(configuration, model: ModelFolder(finding: configuration.model.modelSource))
        let run = Run(0, configuration, folder: fixture.folder)
        try run.set(steps: steps)
        return (try TrainingLoop(run, plan, transformer, RunFolder(fixture.folder, keepLast: -1)), run)
    }

    @Test func `a state put into a new loop goes on bit for bit, with dropout, accumulation and warm generators`()
        throws
    {
        var fixture = try TrainingFixture(clips: 5)
        fixture.configuration.optimization.steps = 7
        fixture.configuration.optimization.batchSize = 2
        fixture.configuration.optimization.gradientAccumulationSteps = 2
        fixture.configuration.optimization.enableGradientCheckpointing = true
        fixture.configuration.conditioning.firstFrameConditioningP = 0.4
        fixture.configuration.lora?.dropout = 0.2
        let transformer = try Transformer.load(Path.join(TrainingFixture.model, "transformer"), WeightPolicy(.bfloat16))

        var (whole, wholeRun) = try loop(fixture, transformer, steps: 7)
        #expect(try whole.train() == .finished)
        let expected = try whole.state()

        var (first, firstRun) = try loop(fixture, transformer, steps: 3)
        _ = try first.train()
        let middle = try first.state()
        #expect(middle.step == 3)
        var (second, secondRun) = try loop(fixture, transformer, steps: 7)
        try second.restore(middle)
        #expect(try second.train() == .finished)
        let state = try second.state()

        #expect(firstRun.history.map(\.loss) + secondRun.history.map(\.loss) == wholeRun.history.map(\.loss))
        #expect(secondRun.history.map(\.learningRate) == wholeRun.history.suffix(4).map(\.learningRate))
        #expect(state.step == 7 && state.rest == expected.rest && state.tensors.count == expected.tensors.count)
        #expect(state.tensors.count == 64 + 3 * 64 + 2)
        for (name, tensor) in expected.tensors {
            #expect(try state.tensors[name]?.isEqual(to: tensor) == true, "\(name)")
        }
        // It would show if nothing were restored.
        var (bare, bareRun) = try loop(fixture, transformer, steps: 4)
        _ = try bare.train()
        #expect(bareRun.history.map(\.loss) != secondRun.history.map(\.loss))
    }

    @Test func `a state of another LoRA is refused and changes nothing`() throws {
        var fixture = try TrainingFixture()
        let transformer = try Transformer.load(Path.join(TrainingFixture.model, "transformer"), WeightPolicy(.bfloat16))
        let (small, _) = try loop(fixture, transformer, steps: 1)
        fixture.configuration.lora?.rank = 4
        var (other, _) = try loop(fixture, transformer, steps: 1)
        let before = try other.state(), foreign = try small.state()
        let refusal = #expect(throws: TrainingStateError.self) { try other.restore(foreign) }
        #expect(refusal?.description.contains("belongs to a run with another LoRA") == true)
        let after = try other.state()
        for (name, tensor) in before.tensors {
            #expect(try after.tensors[name]?.isEqual(to: tensor) == true, "\(name)")
        }
    }
}
