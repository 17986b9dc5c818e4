import Base
import Configuration
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

/// What a training takes, told before.
@Suite(.serialized) struct PlanTests {
    private func changed(
        _ base: TrainingConfiguration, _ change: (inout TrainingConfiguration) -> Void
    ) -> TrainingConfiguration {
        var changed = base
        change(&changed)
        return changed
    }
    private static let settings: [(name: String, change: @Sendable (inout TrainingConfiguration) -> Void)] = [
        ("plain", { _ in }), ("fp32", { $0.acceleration.mixedPrecisionMode = .no }),
        ("recomputed", { $0.optimization.enableGradientCheckpointing = .on }),
        ("half recomputed", { $0.optimization.enableGradientCheckpointing = .blocks(2) }),
        ("int8", { $0.acceleration.quantization = .int8 }),
        (
            "two batches, an average, dropout",
            {
                $0.optimization.gradientAccumulationSteps = 2
                $0.optimization.emaDecay = 0.9
                $0.lora?.dropout = 0.1
            }
        ), ("no copies", { $0.optimization.masterWeights = false }),
        ("8-bit states", { $0.optimization.optimizerType = .adamw8bit }),
        ("batch of one", { $0.optimization.batchSize = 1 }),
        ("a first frame that is given", { $0.conditioning.firstFrameConditioningP = 1 }),
        (
            "a first frame of some clips",
            {
                $0.conditioning.firstFrameConditioningP = 0.5
                $0.conditioning.firstFrameConditioningPerSample = true
            }
        ),
        ("full", { $0.model.trainingMode = .full }),
        (
            "full, recomputed",
            {
                $0.model.trainingMode = .full
                $0.optimization.enableGradientCheckpointing = .on
            }
        ),
    ]

    /// On clips large enough that what is computed is most of it.
    @Test(arguments: settings.map(\.name))
    func `what is planned is what a run takes, within a tenth`(name: String) throws {
        let change = try #require(Self.settings.first { $0.name == name }).change
        var fixture = try TrainingFixture(
            grid: LatentGrid(frames: 3, height: 6, width: 6), clips: 4, model: TrainingFixture.model)
        fixture.configuration.optimization.steps = 2
        fixture.configuration.optimization.batchSize = 4
        fixture.configuration.data.numDataloaderWorkers = 0
        fixture.configuration.checkpoints.keepStates = 0
        fixture.configuration.conditioning.firstFrameConditioningP = 0
        change(&fixture.configuration)
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        var options = PlanOptions()
        options.teraflops = 1
        let plan = try trainer.plan(fixture.configuration, options)
        #expect(plan.size == "192x192x17" && plan.tokens == 108 && plan.fits == true && plan.choices.isEmpty)
        let resident = plan.parts.filter {
            $0.name == "transformer" && fixture.configuration.model.trainingMode == .lora
        }
        let (run, taken) = try Allocations(on: .cpu).peak { () -> Run in
            let run = try trainer.start(fixture.configuration)
            #expect(run.wait(seconds: Patience.limit))
            return run
        }
        if let failure = run.failure { throw failure }
        let planned = plan.total - resident.reduce(0) { $0 + $1.bytes }
        #expect(planned > 1_000_000 && abs(taken - planned) < planned / 10, "took \(taken), planned \(planned)")
    }

    private func published(_ source: String) throws -> (TrainingConfiguration, PlanOptions) {
        var configuration = TrainingConfiguration(), options = PlanOptions()
        configuration.model.modelSource = source
        configuration.data.preprocessedDataRoot = "nowhere"
        configuration.optimization.batchSize = 1
        options.size = try VideoSize(width: 512, height: 512, frames: 49)
        (options.memory, options.teraflops) = (PlanOptions.bytes("80GB"), 100)
        return (configuration, options)
    }
    @Test(arguments: [("LTXV_2B_0.9.6_DEV", 3_845_000_000), ("LTXV_13B_097_DEV", 26_100_000_000)])
    func `a published model's plan comes from its sizes alone`(source: String, weights: Int) throws {
        let (configuration, options) = try published(source)
        let plan = try Trainer.plan(
            changed(configuration) { $0.optimization.enableGradientCheckpointing = .on }, options, device: .cpu)
        let transformer = try #require(plan.parts.first { $0.name == "transformer" })
        #expect(abs(transformer.bytes - weights) < weights / 20, "\(transformer)")
        #expect(plan.tokens == 7 * 16 * 16 && plan.fits == true && plan.seconds == plan.operations / 1e14)
        let optimizer = try #require(plan.parts.first { $0.name == "optimizer" })
        let adapters = try #require(plan.parts.first { $0.name == "adapters" })
        // Copies and two moments in fp32 of what is in bf16.
        #expect(abs(optimizer.bytes - 6 * adapters.bytes) < adapters.bytes / 100)
    }
    @Test func `ranks sum their gradients in fp32, and move nearly twice as much`() throws {
        var (configuration, options) = try published("LTXV_2B_0.9.6_DEV")
        configuration.optimization.enableGradientCheckpointing = .on
        #expect(try Trainer.plan(configuration, options, device: .cpu).ranks == nil)
        (options.ranks, options.link) = (4, 10)
        let plan = try Trainer.plan(configuration, options, device: .cpu), ranks = try #require(plan.ranks)
        let adapters = try #require(plan.parts.first { $0.name == "adapters" })
        // The adapters are in bf16.
        #expect(abs(ranks.buffer - 2 * adapters.bytes) < adapters.bytes / 100 && ranks.bytes == ranks.buffer)
        #expect(ranks.count == 4 && ranks.traffic == ranks.bytes * 3 / 2)
        configuration.acceleration.communicationDtype = .bf16
        #expect(try Trainer.plan(configuration, options, device: .cpu).ranks?.bytes == ranks.bytes / 2)
        // Large matrices in fp32 are summed where they are.
        configuration.acceleration.communicationDtype = .fp32
        (configuration.model.trainingMode, configuration.lora) = (.full, nil)
        let full = try #require(try Trainer.plan(configuration, options, device: .cpu).ranks)
        #expect(full.buffer < full.bytes / 100)
        #expect(ranks.seconds == Double(ranks.traffic) / 1e10)
        let seconds = try #require(plan.seconds), waiting = try #require(ranks.seconds)
        #expect(ranks.efficiency(computing: seconds) == seconds / (seconds + waiting))
    }
    @Test func `ranks that share weights or an optimizer need less each`() throws {
        var (configuration, options) = try published("LTXV_2B_0.9.6_DEV")
        configuration.optimization.enableGradientCheckpointing = .on
        options.ranks = 4
        func part(_ name: String) throws -> Int {
            let shared = changed(configuration) { $0.acceleration.shardAcrossRanks = true }
            let parts = try [configuration, shared].map { configuration in
                try #require(Trainer.plan(configuration, options, device: .cpu).parts.first { $0.name == name })
            }
            #expect(parts[1].setting.contains("shared by 4 ranks"), "\(parts[1])")
            return parts[0].bytes * 100 / parts[1].bytes
        }
        // A quarter of 28 blocks' matrices, and two blocks whole: 9 of 28, and what is outside of them.
        #expect(try (270...311).contains(part("transformer")))
        let shared = changed(configuration) { $0.acceleration.shardAcrossRanks = true }
        let ranks = try #require(try Trainer.plan(shared, options, device: .cpu).ranks)
        // Both ways through blocks of 28 · (8 of attention, 8 of feed-forward) · 2048² in bf16, and the gradients.
        // Blocks are recomputed whatever the configuration says, and nothing lies in host memory beside the other ranks'.
        let plain = try Trainer.plan(
            changed(shared) {
                $0.optimization.enableGradientCheckpointing = .off
                $0.acceleration.blocksToOffload = .auto
            }, options, device: .cpu)
        let recomputed = try Trainer.plan(shared, options, device: .cpu)
        #expect(plain.operations == recomputed.operations && plain.total == recomputed.total)
        #expect(plain.configuration.acceleration.blocksToOffload == 0 && plain.hostMemory == 0)
        #expect(plain.parts.contains { $0.setting == "all blocks recomputed" })
        #expect(ranks.traffic == (2 * ranks.bytes + 2 * 28 * 16 * 2048 * 2048 * 2) * 3 / 4)
        (configuration.model.trainingMode, configuration.lora) = (.full, nil)
        #expect(try (390...400).contains(part("optimizer")))
    }
    @Test func `more settings save more`() throws {
        let (base, options) = try published("LTXV_2B_0.9.6_DEV")
        func total(_ change: (inout TrainingConfiguration) -> Void) throws -> Int {
            try Trainer.plan(changed(base, change), options, device: .cpu).total
        }
        let plain = try total { _ in }, all = try total { $0.optimization.enableGradientCheckpointing = .on }
        let some = try total { $0.optimization.enableGradientCheckpointing = .blocks(10) }
        #expect(all < some && some < plain)
        let offloaded = try total {
            $0.optimization.enableGradientCheckpointing = .on
            $0.acceleration.blocksToOffload = 10
        }
        #expect(offloaded < all)
        let recomputed = changed(base) {
            $0.optimization.enableGradientCheckpointing = .on
            // Gradients, which come as the inputs go, are next to nothing.
            $0.lora?.rank = 2
        }
        let kept = try Trainer.plan(recomputed, options, device: .cpu)
        let away = try Trainer.plan(
            changed(recomputed) { $0.acceleration.offloadActivations = true }, options, device: .cpu)
        // Of 28 blocks the inputs of 26 lie in host memory, one of them still on its way or its way back, in bf16.
        #expect(away.hostMemory == 26 * kept.tokens * 2048 * 2 && kept.hostMemory == 0)
        let saved = kept.total - away.total
        #expect(
            saved > 23 * kept.tokens * 2048 * 2 && saved < away.hostMemory,
            "\(Double(saved) / Double(kept.tokens * 4096))")
        let int8 = try total { $0.acceleration.quantization = .int8 }
        #expect(plain - int8 > 1_500_000_000 && plain - int8 < 2_000_000_000)
    }

    @Test func `a card that is too small is answered with settings that fit it`() throws {
        var (configuration, options) = try published("LTXV_13B_097_DEV")
        configuration.optimization.enableGradientCheckpointing = .on
        options.memory = PlanOptions.bytes("24GB")
        let plan = try Trainer.plan(configuration, options, device: .cpu)
        #expect(plan.fits == false && !plan.choices.isEmpty)
        let proposal = try #require(plan.proposal), again = try Trainer.plan(proposal, options, device: .cpu)
        #expect(again.fits == true && again.total == plan.choices[0].total, "\(again.total) \(again.validation ?? 0)")
        #expect(proposal.acceleration.quantization == .int8)
        #expect(!plan.choices.contains { $0.configuration.acceleration.offloadActivations })
        // Several such cards have room for what one has not, and nothing else changes.
        options.ranks = 4
        let shared = try Trainer.plan(configuration, options, device: .cpu)
        #expect(shared.changes(try #require(shared.choices.first)) == ["acceleration.shard_across_ranks = true"])
        // Where a little is missing for long clips, what recomputed blocks keep need not be there.
        (options.ranks, options.size) = (1, try VideoSize(width: 768, height: 448, frames: 161))
        let long = try Trainer.plan(configuration, options, device: .cpu).total
        options.memory = (long - 1_000_000_000 + 600_000_000) * 20 / 19
        let away = try Trainer.plan(configuration, options, device: .cpu)
        #expect(away.fits == false)
        let changes = try away.changes(#require(away.choices.first))
        #expect(changes.contains("acceleration.offload_activations = true"), "\(changes)")
        #expect(!changes.contains { $0.contains("quantization") })
    }

    @Test func `auto is as many blocks as it takes, and none where there is room`() throws {
        let fixture = try TrainingFixture()
        let base = changed(fixture.configuration) {
            $0.optimization.enableGradientCheckpointing = .auto
            $0.acceleration.blocksToOffload = .auto
        }
        let sizes = try ModelFolder(finding: TrainingFixture.model).transformerConfiguration()
        let batch = BatchShape(try VideoSize(width: 256, height: 256, frames: 33), base)
        let planner = Planner(sizes, batch) { _ in nil }
        func total(_ configuration: TrainingConfiguration) throws -> Int { try planner.footprint(configuration).total }
        let free = try planner.resolved(base, in: .max)
        #expect(free.optimization.enableGradientCheckpointing == .off && free.acceleration.blocksToOffload == 0)
        let all = changed(free) { $0.optimization.enableGradientCheckpointing = .on }
        let room = try (total(free) + total(all)) / 2, some = try planner.resolved(base, in: room)
        guard case .blocks(let count) = some.optimization.enableGradientCheckpointing else {
            Issue.record("\(some.optimization.enableGradientCheckpointing)")
            return
        }
        #expect(try total(some) <= room && some.acceleration.blocksToOffload == 0)
        let fewer = changed(free) {
            $0.optimization.enableGradientCheckpointing = count > 1 ? .blocks(count - 1) : .off
        }
        #expect(try total(fewer) > room)
        let tight = try planner.resolved(base, in: total(all) - 1)
        #expect(tight.optimization.enableGradientCheckpointing == .on && tight.acceleration.blocksToOffload != 0)
    }

    @Test func `a run with auto says what it came to and trains as one without`() throws {
        var fixture = try TrainingFixture()
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        func losses() throws -> (losses: [Double], notes: [String]) {
            let run = try trainer.start(fixture.configuration)
            #expect(run.wait(seconds: Patience.limit))
            let notes = run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
            return (run.history.map(\.loss), notes)
        }
        let plain = try losses()
        fixture.configuration.optimization.enableGradientCheckpointing = .auto
        let auto = try losses()
        #expect(plain.losses.count == 6 && plain.losses == auto.losses)
        #expect(auto.notes.contains { $0.contains("auto: no block is recomputed") })
    }

    @Test func `memory that ended is answered with settings that would fit, and the session goes on`() throws {
        var fixture = try TrainingFixture()
        let trainer = try Trainer(fixture.configuration, device: .cpu)
        let plan = try TrainingPlan(fixture.configuration, model: trainer.model)
        #expect {
            try trainer.explainingOutOfMemory(plan) { throw TorchError.outOfMemory("12 GB could not be had") }
        } throws: { error in
            "\(error)".contains("12 GB could not be had") && "\(error)".contains(" = ")
                && "\(error)".contains(" instead of ") && (error as? TrainerError)?.kind == "oom"
        }
        fixture.configuration.optimization.steps = 1
        #expect(try trainer.start(fixture.configuration).wait(seconds: Patience.limit))
    }

    @Test func `sizes of cards are read as they are written on the box`() {
        #expect(PlanOptions.bytes("24GB") == 24 << 30 && PlanOptions.bytes("16 gb") == 16 << 30)
        #expect(PlanOptions.bytes("512MiB") == 512 << 20)
        for wrong in ["24", "GB", "-1GB", "many GB", "1e99GB"] { #expect(PlanOptions.bytes(wrong) == nil, "\(wrong)") }
    }
}
