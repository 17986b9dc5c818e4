import Configuration
import Foundation
import Base
import LTXVideo
import NN
import Torch

/// The training itself, on the thread of its run. Flat, and in the order in which things happen.
struct TrainingLoop {
    private let run: Run, plan: TrainingPlan, transformer: Transformer, folder: RunFolder
    private let host: Generator, device: Generator
    let adapters: AdapterSet
    private let optimizer: AdamW
    private var coins: PythonRandom
    private var order: DataOrder
    private var isLogBroken = false

    /// Seeds everything and draws the adapters, as upstream does after `set_seed`.
    init(_ run: Run, _ plan: TrainingPlan, _ transformer: Transformer, _ folder: RunFolder) throws {
        (self.run, self.plan, self.transformer, self.folder) = (run, plan, transformer, folder)
        let seed = UInt64(bitPattern: Int64(plan.configuration.seed))
        host = try Generator(seed: seed)
        device = transformer.device == .cpu ? host : try Generator(seed: seed, device: transformer.device)
        coins = PythonRandom(seed: seed)
        order = DataOrder(count: plan.data.items.count, batch: plan.configuration.optimization.batchSize)
        let lora = plan.lora
        if let checkpoint = plan.configuration.model.loadCheckpoint {
            // No draws in this case: upstream initialises a second time only without a checkpoint.
            let file = try LoRAFile(checkpoint)
            adapters = try AdapterSet(transformer.linears, tensors: file.tensors, source: file.path)
        } else {
            adapters = try AdapterSet(
                transformer.linears, rank: lora.rank, alpha: Double(lora.alpha), targets: lora.targetModules,
                generator: device)
        }
        optimizer = try AdamW(adapters.parameters)
    }

    /// Trains until the last step or until the run is asked to stop, saves, and returns how it ended.
    mutating func train() throws -> Run.State {
        let optimization = plan.configuration.optimization
        adapters.attach(dropout: Dropout(plan.lora.dropout, generator: device))
        defer { adapters.detach() }
        var pending: [PendingStep] = [], lastReading = Date(), saved = -1, step = 0
        while step < run.steps, !run.shouldStop {
            let began = Date()
            step += 1
            var losses: [Tensor] = []
            for _ in 0..<optimization.gradientAccumulationSteps {
                let batch = try draw().batch
                losses.append(
                    try TrainingStep.gradients(
                        transformer, batch, share: 1 / Double(optimization.gradientAccumulationSteps),
                        checkpointing: optimization.enableGradientCheckpointing
                    ).loss)
            }
            let rate = plan.schedule.rate(run.status.withLock { $0.learningRate }, step: step - 1)
            let clip = try GradientClip.apply(to: adapters.parameters, maxNorm: optimization.maxGradNorm)
            try optimizer.update(rate: rate, skip: clip.notFinite)
            try adapters.parameters.clearGradients()
            let loss = losses.count == 1 ? losses[0] : try stacked(losses).mean()
            pending.append(
                PendingStep(
                    step: step, loss: loss, norm: clip.norm, rate: rate, seconds: Date().timeIntervalSince(began)))
            // Reading a value waits for the device, so it is done when a progress line is due and not at every step.
            if Date().timeIntervalSince(lastReading) > 0.2 || step == run.steps {
                try read(&pending)
                lastReading = Date()
            }
            if isCheckpointDue(step) {
                try read(&pending)
                try save(step)
                saved = step
            }
            run.passPause()
        }
        try read(&pending)
        if step != saved, step > 0 { try save(step) }
        if step > 0, let last = run.checkpoints.last { try exportComfy(last) }
        return step >= run.steps ? .finished : .stopped
    }

    private struct PendingStep { let step: Int, loss: Tensor, norm: Tensor, rate: Double, seconds: Double }

    /// The clips of the next micro-batch, and it with its noise. Draws in the reference's order: plain runs toss the
    /// coin first, reference-video runs last.
    mutating func draw() throws -> (clips: [Int], batch: NoisyBatch) {
        let clips = try order.next(host)
        let batch = try TrainingBatch(
            clips.map { try plan.data.sample(plan.data.items[$0]) }, references: plan.usesReference,
            path: plan.data.path, device: transformer.device)
        let chance = plan.configuration.conditioning.firstFrameConditioningP
        var firstFrame = false
        if !plan.usesReference, chance > 0 { firstFrame = coins.random() < chance }
        let sigmas = try plan.sampler.sample(
            batch: batch.latents.size(0), tokens: batch.grid.tokens, device: transformer.device, generator: device)
        let noise = try Tensor.randn(
            batch.latents.shape, dtype: batch.latents.dtype, device: transformer.device, generator: device)
        if plan.usesReference, chance > 0 { firstFrame = coins.random() < chance }
        let noisy = try NoisyBatch(
            batch, sigmas: sigmas, noise: noise, firstFrame: firstFrame, width: transformer.configuration.width)
        return (clips, noisy)
    }

    /// Turns finished steps into history, log and progress. Throws when a loss is not a number.
    private mutating func read(_ pending: inout [PendingStep]) throws {
        guard let last = pending.last else { return }
        let steps = try pending.map {
            Run.Step(
                step: $0.step, loss: try $0.loss.item(), learningRate: $0.rate, gradientNorm: try $0.norm.item(),
                seconds: $0.seconds)
        }
        pending = []
        if let bad = steps.first(where: { !$0.loss.isFinite }) { throw TrainerError.notFinite(step: bad.step) }
        run.status.withLock { status in
            status.history += steps
            // It may have been made shorter than it already is.
            status.steps = max(status.steps, last.step)
            status.trained += steps.reduce(0) { $0 + $1.seconds }
        }
        do { try folder.log(steps) } catch {
            // A list of figures is not worth the training.
            if !isLogBroken { run.events.post(.note("\(error); training goes on without metrics.jsonl")) }
            isLogBroken = true
        }
        run.events.post(.steps(steps))
        let figures = [
            ("loss", Self.short(steps.last?.loss ?? 0, 4)), ("lr", String(format: "%.2e", last.rate)),
            ("grad", Self.short(steps.last?.gradientNorm ?? 0, 3)),
        ]
        let progress = Base.Progress(
            "training", last.step, of: run.steps, "steps", figures.map { (name: $0.0, value: $0.1) })
        run.events.post(.progress(progress))
    }
    private static func short(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    private func isCheckpointDue(_ step: Int) -> Bool {
        run.status.withLock { status in
            defer { status.saveRequested = false }
            return status.saveRequested || status.checkpointInterval.map { step % $0 == 0 } ?? false
        }
    }
    private func save(_ step: Int) throws {
        let file = try folder.save(adapters, step: step)
        let kept = folder.prune(run.checkpoints.filter { $0 != file } + [file])
        run.status.withLock { $0.checkpoints = kept }
        run.events.post(.checkpoint(file))
    }
    /// The ComfyUI copy that upstream leaves beside the last checkpoint: `comfy_NAME`.
    private func exportComfy(_ file: String) throws {
        _ = try Exporter.comfyui(file, to: Path.join(Path.folder(file), "comfy_\(Path.name(file))"))
    }
}
