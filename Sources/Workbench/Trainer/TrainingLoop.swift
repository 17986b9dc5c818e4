import Base
import Configuration
import Foundation
import LTXVideo
import NN
import Torch

/// The training itself, on the thread of its run. Flat, and in the order in which things happen.
struct TrainingLoop {
    private let run: Run, plan: TrainingPlan, transformer: Transformer, folder: RunFolder, ranks: any Ranks
    private let host: Generator, device: Generator
    let adapters: AdapterSet
    private let optimizer: any Optimizer
    private var coins: PythonRandom
    private var order: DataOrder
    private let source: ClipSource
    private var settings: Run.Settings
    private var meter: UpdateMeter
    /// Whole updates so far, and the last one that was saved.
    private var step = 0, saved = 0
    /// Updates that were left out, the last of them and those right before it.
    private var skips: [UpdateMeter.Skipped] = []
    private var toldSkips = 0, toldClips: Set<String> = [], isLogBroken = false

    /// Updates one after the other that may be left out: one is a bad clip, a row of them is a training that has come apart.
    private static let patience = 5

    /// Seeds everything and draws the adapters, as upstream does after `set_seed`.
    init(
        _ run: Run, _ plan: TrainingPlan, _ transformer: Transformer, _ folder: RunFolder, ranks: any Ranks = OneRank()
    ) throws {
        (self.run, self.plan, self.transformer, self.folder, self.ranks) = (run, plan, transformer, folder, ranks)
        let seed = UInt64(bitPattern: Int64(plan.configuration.seed)) &+ UInt64(ranks.rank)
        host = try Generator(seed: seed)
        device = transformer.device == .cpu ? host : try Generator(seed: seed, device: transformer.device)
        coins = PythonRandom(seed: seed)
        order = DataOrder(count: plan.data.items.count, batch: plan.configuration.optimization.batchSize)
        source = ClipSource(plan.data, threads: min(plan.configuration.data.numDataloaderWorkers, 16))
        settings = Run.Settings(plan.configuration)
        meter = UpdateMeter(transformer.device)
        if let origin = plan.origin {
            // No draws in this case: upstream initialises a second time only without a checkpoint.
            let file = origin.file.value
            adapters = try AdapterSet(
                transformer.linears, tensors: file.tensors, alphas: origin.alphas, source: file.path)
        } else {
            adapters = try AdapterSet(
                transformer.linears, rank: plan.lora.rank, alpha: Double(plan.lora.alpha),
                targets: plan.lora.targetModules, generator: device)
        }
        optimizer = try AdamW(adapters.parameters)
    }

    /// Trains until the last step or until the run is asked to stop, saves, and returns how it ended. What was trained is saved also
    /// when it throws.
    mutating func train() throws -> Run.State {
        adapters.attach(strength: 1, dropout: Dropout(plan.lora.dropout, generator: device))
        defer {
            adapters.detach()
            source.close()
        }
        do {
            try update()
            try read()
            try save()
        } catch {
            keepWhatIsTrained(after: error)
            throw error
        }
        exportComfy()
        return step >= settings.steps ? .finished : .stopped
    }

    private mutating func update() throws {
        let optimization = plan.configuration.optimization, parameters = adapters.parameters
        meter = UpdateMeter(transformer.device)
        try serve()
        while step < settings.steps, !run.job.shouldStop {
            guard let (loss, clips) = try accumulate() else { return }
            try ranks.averageGradients(of: parameters)
            let rate = plan.schedule.rate(settings.learningRate, step: step)
            let clip = try GradientClip.apply(to: parameters, maxNorm: optimization.maxGradNorm, loss: loss)
            try optimizer.update(rate: rate, skip: clip.notFinite)
            try parameters.clearGradients()
            step += 1
            meter.add(
                UpdateMeter.Update(
                    step: step, rate: rate, loss: loss, norm: clip.norm, notFinite: clip.notFinite, norms: clip.norms,
                    clips: clips.map { plan.data.items[$0].name }))
            if meter.isDue || step == settings.steps { try read() }
            if let interval = settings.checkpointInterval, step % interval == 0 { try save() }
            try serve()
        }
    }

    /// The gradients of one update's micro-batches: their mean loss and their clips. Nil when the run was asked to stop in between:
    /// what there was of the update is dropped, so that nobody waits for the rest of it.
    private mutating func accumulate() throws -> (loss: Tensor, clips: [Int])? {
        let optimization = plan.configuration.optimization, count = optimization.gradientAccumulationSteps
        var total: Tensor?, clips: [Int] = []
        for micro in 0..<count {
            if micro > 0, run.job.shouldStop {
                try adapters.parameters.clearGradients()
                return nil
            }
            let (drawn, batch) = try draw()
            let loss = try TrainingStep.gradients(
                transformer, batch, share: 1 / Double(count),
                checkpointing:
                    Recomputation(optimization.enableGradientCheckpointing)
            ).loss
            total = try total.map { try $0 + loss } ?? loss
            clips += drawn
        }
        return try total.map { (count == 1 ? $0 : try $0 / Double(count), clips) }
    }

    /// The clips of the next micro-batch, and it with its noise. Draws in the reference's order: plain runs toss the
    /// coin first, reference-video runs last.
    mutating func draw() throws -> (clips: [Int], batch: NoisyBatch) {
        let clips = try nextClips(), read = try source.take(clips)
        // It comes again in every epoch.
        for name in read.broken where toldClips.insert(name).inserted {
            run.note("'\(name)' has values that are not finite; preprocess it again, or leave it out")
        }
        let batch = try TrainingBatch(
            read.samples.value, references: plan.usesReference, path: plan.data.path, device: transformer.device)
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
    private mutating func nextClips() throws -> [Int] {
        while true {
            if let clips = order.next() { return clips }
            try order.shuffle(host)
            source.expect(order.rest)
        }
    }

    // MARK: State

    /// Everything to go on from here; taken between two updates.
    func state() throws -> TrainingState {
        var tensors: [String: Tensor] = [:]
        for parameter in adapters.parameters { tensors["adapter.\(parameter.name)"] = parameter.tensor }
        for (name, tensor) in try optimizer.state { tensors["optimizer.\(name)"] = tensor }
        tensors["generator.host"] = try host.state()
        tensors["generator.device"] = try device.state()
        return TrainingState(
            step: step, settings: settings, rest: Array(order.rest), coins: coins,
            tensors: try tensors.mapValues { try $0.detached().to(.cpu).cloned() })
    }
    /// Goes on from a state of the same configuration and data. Throws when it is of other adapters, and then nothing changed.
    mutating func restore(_ state: TrainingState) throws {
        let stored = state.tensors("adapter.")
        let pairs = try adapters.parameters.map { parameter in
            guard let tensor = stored[parameter.name] else { throw TrainingStateError.missing(parameter.name) }
            guard tensor.shape == parameter.tensor.shape else {
                throw TrainingStateError.shape(
                    parameter.name, expected: parameter.tensor.shape, found: tensor.shape)
            }
            return (parameter.tensor, tensor)
        }
        guard let ours = state.tensors["generator.host"], let theirs = state.tensors["generator.device"] else {
            throw TrainingStateError.missing("generator")
        }
        try optimizer.restore(state.tensors("optimizer."))
        try withoutGradients { for (parameter, tensor) in pairs { try parameter.copy(from: tensor) } }
        try host.restore(ours)
        try device.restore(theirs)
        (step, saved, settings, coins) = (state.step, state.step, state.settings, state.coins)
        order = DataOrder(
            count: plan.data.items.count, batch: plan.configuration.optimization.batchSize, rest: state.rest)
        source.expect(order.rest)
    }

    // MARK: Requests

    /// Does what the run was asked for, and waits here while it is paused.
    private mutating func serve() throws {
        var requests = run.requests.take(), isPaused = false
        while true {
            for request in requests {
                switch request {
                case .set(let changed): settings = changed
                case .pause: isPaused = true
                case .resume: isPaused = false
                case .save: try saveNow()
                }
            }
            guard isPaused, !run.job.shouldStop else { break }
            if run.state != .paused {
                try read()
                run.job.enter(.paused)
                run.note("paused after step \(step); run:resume() goes on")
                run.job.monitor.report(Progress("paused", step, of: settings.steps, "steps"))
            }
            let began = ContinuousClock.now
            requests = run.requests.wait()
            meter.exclude(since: began)
        }
        run.job.enter(.running)
    }
    private mutating func saveNow() throws {
        if step == 0 { return run.note("nothing is trained yet that could be saved") }
        try save()
    }

    // MARK: Figures

    /// Turns finished updates into history, log and progress. Throws when the training has come apart.
    private mutating func read() throws {
        let (steps, skipped) = try meter.read()
        guard let last = steps.last else { return }
        run.add(steps)
        do { try folder.log(steps) } catch {
            // A list of figures is not worth the training.
            if !isLogBroken { run.note("\(error); training goes on without metrics.jsonl") }
            isLogBroken = true
        }
        let figures = [
            ("loss", Self.short(run.loss ?? last.loss, 4)), ("lr", String(format: "%.2e", last.learningRate)),
            ("grad", Self.short(last.gradientNorm, 3)),
        ]
        run.job.monitor.report(
            Base.Progress("training", last.step, of: settings.steps, "steps", figures.map { (name: $0.0, value: $0.1) })
        )
        try look(at: skipped)
    }
    private static func short(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    /// Tells of updates that were left out, and throws when they come in a row or the weights are broken.
    private mutating func look(at skipped: [UpdateMeter.Skipped]) throws {
        // Weights and clips may be mapped files that another program has cut short: what is gone reads as zeros.
        try MappedFile.checkAll()
        if let bad = try brokenParameter() {
            throw TrainerError.brokenWeights(step: skipped.first.map { max(1, $0.step - 1) } ?? step, parameter: bad)
        }
        for skip in skipped {
            if skips.last?.step != skip.step - 1 { skips = [] }
            skips.append(skip)
            tell(skip)
            guard skips.count >= Self.patience else { continue }
            throw TrainerError.notFinite(
                first: skips[0].step, last: skip.step, clips: Set(skips.flatMap(\.clips)).sorted(),
                parameter: skips[0].parameter.map { adapters.parameters[$0].name })
        }
    }
    private mutating func tell(_ skip: UpdateMeter.Skipped) {
        toldSkips += 1
        // A clip that is broken comes again in every epoch.
        guard toldSkips <= 5 || toldSkips % 100 == 0 else { return }
        let place = skip.parameter.map { " (first of '\(adapters.parameters[$0].name)')" } ?? ""
        run.note(
            "step \(skip.step) was left out: its gradient is not finite\(place); "
                + "its \(skip.clips.count == 1 ? "clip is" : "clips are") \(skip.clips.nameList)")
    }
    /// The first parameter with values that are not finite; nil when all are.
    private func brokenParameter() throws -> String? {
        if try totalNorm(adapters.parameters.map(\.tensor)).item().isFinite { return nil }
        // The squares may overflow where the values do not.
        return try adapters.parameters.first { try $0.tensor.detached().to(.cpu).nonFiniteCount() > 0 }?.name
    }

    // MARK: Files

    /// Saves the adapters under upstream's names, as they are: alpha is in the metadata and not in the weights, so that they can be
    /// trained further any number of times. Never writes weights that are not finite.
    private mutating func save() throws {
        guard step > saved else { return }
        try read()
        if let bad = try brokenParameter() { throw TrainerError.brokenWeights(step: step, parameter: bad) }
        let began = ContinuousClock.now
        defer { meter.exclude(since: began) }
        let file = folder.checkpoint(step)
        let tensors = try adapters.tensors(prefix: LoRAFormat.diffusers.prefix), metadata = metadata
        try whenThereIsRoom(for: file) {
            try folder.makeCheckpoints()
            try Safetensors.write(tensors, metadata: metadata, to: file)
        }
        saved = step
        run.add(checkpoint: file, kept: folder.prune(run.checkpoints.filter { $0 != file } + [file]))
    }
    private var metadata: [String: String] {
        let facts = adapters.adapters.map { (module: $0.linear.path, rank: $0.lora.rank, alpha: $0.lora.alpha) }
        return [
            "format": "pt", LoRAMetadata.name: LoRAMetadata.text(facts),
            "base_model": plan.configuration.model.modelSource, "step": "\(step)",
        ]
    }

    /// Does what writes a file. On a full disk it says so, holds the run and tries again until there is room, or until somebody who
    /// knows asks it to stop a second time.
    private func whenThereIsRoom(for file: String, _ write: () throws -> Void) throws {
        var isTold = false
        while true {
            do {
                try write()
                if isTold {
                    run.note("there is room again: '\(file)' is saved")
                    run.job.enter(.running)
                }
                return
            } catch let error as FileError where error.kind == "file.full" && !run.job.shouldGiveUp {
                if !isTold {
                    run.job.enter(.paused)
                    run.note(
                        "\(error): the run waits until there is room; stop it a second time to give up what is not saved"
                    )
                }
                isTold = true
                // Requests wait for the file, too; only the wish to stop is looked at.
                Thread.sleep(forTimeInterval: 0.2)
            }
        }
    }
    /// An error ends the run; what it has trained until then must not go with it.
    private mutating func keepWhatIsTrained(after error: any Error) {
        // Its figures first. That they tell of a fault, too, changes nothing.
        do { try read() } catch {}
        do { try save() } catch let second {
            if "\(second)" != "\(error)" { run.note("\(second)") }
        }
    }
    /// The ComfyUI copy that upstream leaves beside the last checkpoint: `comfy_NAME`. The run is finished without it, too.
    private func exportComfy() {
        guard let last = run.checkpoints.last else { return }
        do { _ = try Exporter.comfyui(last, to: Path.join(Path.folder(last), "comfy_\(Path.name(last))")) } catch {
            run.note("the copy for ComfyUI was not written: \(error); Exporter.comfyui(run) makes it")
        }
    }
}
