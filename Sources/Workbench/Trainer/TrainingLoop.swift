import Base
import Configuration
import Foundation
import LTXVideo
import NN
import Torch

/// The training itself, on the thread of its run. Flat, and in the order in which things happen.
struct TrainingLoop {
    let run: Run, plan: TrainingPlan, transformer: Transformer, folder: RunFolder, ranks: any Ranks
    let host: Generator, device: Generator
    let trainable: any Trainable
    let optimizer: any Optimizer, average: MovingAverage?, scaler: LossScaler?
    var coins: PythonRandom
    var order: DataOrder
    let source: ClipSource
    /// Whether chance is a matter of the place in the update; see `Ranks`.
    let drawsApart: Bool
    /// What the other ranks go by.
    var agreed: TrainingConfiguration
    let validation: Validation
    /// What a clip is trained with whose caption is dropped; nil when none is.
    let emptyCaption: EmptyCaption?
    /// What it goes by now, and the schedule of that.
    var settings: TrainingConfiguration, schedule: LearningRateSchedule
    var meter: UpdateMeter
    /// The figures for TensorBoard.
    var events: EventFile
    /// Whole updates so far, and the last one that was saved.
    var step = 0, saved = 0
    /// The step after which the held-out loss was measured last.
    var evaluated: Int?
    var lastSaving = ContinuousClock.now
    /// States that are there, the newest last.
    var states: [String] = []
    /// Updates that were left out, the last of them and those right before it.
    var skips: [UpdateMeter.Skipped] = []
    var toldSkips = 0, toldClips: Set<String> = [], isLogBroken = false

    /// Seeds everything and makes what is trained, as upstream does after `set_seed`; or takes everything out of the state that the plan
    /// goes on from.
    init(
        _ run: Run, _ plan: TrainingPlan, _ transformer: Transformer, _ folder: RunFolder, ranks: any Ranks = OneRank()
    ) throws {
        (self.run, self.plan, self.transformer, self.folder, self.ranks) = (run, plan, transformer, folder, ranks)
        let seed = UInt64(bitPattern: Int64(plan.configuration.seed))
        drawsApart = ranks.drawsApart || plan.state?.value.drawsApart == true
        host = try Generator(seed: seed)
        // What is drawn apart is no part of the order of clips, which all ranks draw alike.
        let isOne = transformer.device == .cpu && !drawsApart
        device = isOne ? host : try Generator(seed: seed, device: transformer.device)
        coins = PythonRandom(seed: seed)
        order = DataOrder(buckets: plan.buckets.places, batch: plan.configuration.optimization.batchSize)
        source = ClipSource(plan.data, threads: min(plan.configuration.data.numDataloaderWorkers, 16))
        emptyCaption = try plan.configuration.conditioning.captionDropoutP > 0 ? EmptyCaption(of: plan.data) : nil
        validation = Validation(
            plan.model, dtype: plan.dtype, device: transformer.device,
            textPolicy: plan.textPolicy(on: transformer.device),
            folder: folder.path, user: run.name)
        (settings, agreed) = (plan.configuration, plan.configuration)
        schedule = LearningRateSchedule(settings.optimization)
        meter = UpdateMeter(transformer.device)
        evaluated = run.evaluations.last?.step
        events = EventFile(folder.path, after: plan.state?.value.step ?? 0)
        trainable = try Self.trainable(plan, transformer, device)
        let made = try settings.makeOptimizer(
            of: trainable.parameters, shard: ranks.shard, group: ranks.group)
        optimizer = made
        scaler = try plan.dtype == .float16 ? LossScaler(device: transformer.device) : nil
        average = try settings.optimization.emaDecay.map {
            try MovingAverage(made.trained, decay: $0, updates: plan.state?.value.averaged ?? 0)
        }
        if let state = plan.state { try restore(state.value) }
    }

    /// Trains until the last step or until the run is asked to stop, saves, and returns how it ended. What was trained is saved also
    /// when it throws.
    mutating func train() throws -> Run.State {
        attach()
        defer {
            trainable.detach()
            source.close()
        }
        do {
            transformer.shards?.group = ranks.group
            try ranks.broadcast(trainable.parameters.map(\.tensor))
            try update()
            if step >= settings.optimization.steps, isEvaluationDue { try evaluate() }
            try read()
            try save()
        } catch {
            keepWhatIsTrained(after: error)
            ranks.abort()
            throw error
        }
        exportComfy()
        try tellWhatIsSaved()
        return step >= settings.optimization.steps ? .finished : .stopped
    }
    /// Has the model compute with what is trained, with the dropout of now.
    func attach() {
        trainable.attach(strength: 1, dropout: Dropout(settings.lora?.dropout ?? 0, generator: device))
    }

    private mutating func update() throws {
        meter = UpdateMeter(transformer.device, smooth: run.history.last?.smoothLoss)
        lastSaving = .now
        try serve()
        if isEvaluationDue { try evaluate() }
        if step == 0, isValidationDue { try validate() }
        while try goesOn() {
            guard let (loss, clips, levels) = try accumulate() else { return }
            try optimizer.takeGradients(times: scaler?.inverse())
            let rate = schedule.rate(settings.optimization.learningRate, step: step)
            let clip = try GradientClip.apply(
                to: optimizer.trained, maxNorm: settings.optimization.maxGradNorm, loss: loss)
            try optimizer.update(rate: rate, skip: clip.notFinite)
            try optimizer.trained.clearGradients()
            try scaler?.update(overflow: clip.notFinite)
            try average?.add(optimizer.trained)
            step += 1
            meter.add(
                UpdateMeter.Update(
                    step: step, rate: rate, loss: loss, norm: clip.norm, notFinite: clip.notFinite, norms: clip.norms,
                    levels: levels, clips: clips.map { plan.data.items[$0].name }))
            if meter.isDue || step == settings.optimization.steps { try read() }
            // Before it is saved: what a state was taken after is in the log that goes with it.
            if isEvaluationDue { try evaluate() }
            if isSavingDue { try save() }
            if isValidationDue { try validate() }
            try serve()
        }
    }

    /// The gradients of one update's micro-batches: their mean loss and their clips. Nil when the run was asked to stop in between:
    /// what there was of the update is dropped, so that nobody waits for the rest of it. Then, and when it throws, nothing has been
    /// drawn.
    private mutating func accumulate() throws -> (loss: Tensor, clips: [Int], levels: NoiseLevelLosses)? {
        let optimization = settings.optimization, count = optimization.gradientAccumulationSteps
        let before = try draws(), share = 1 / Double(count * ranks.count)
        var losses: [Tensor] = [], clips: [Int] = [], levels = NoiseLevelLosses()
        var sum: ((_ figures: Tensor) throws -> Void)?
        do {
            for micro in 0..<count {
                if micro > 0, ranks.count == 1, run.job.shouldStop {
                    try undo(before)
                    return nil
                }
                if drawsApart { try drawApart(micro * ranks.count + ranks.rank) }
                let (drawn, batch) = try draw()
                if ranks.count > 1, micro == count - 1 {
                    sum = try ranks.sum(
                        gradientsOf: trainable.parameters, in: plan.configuration.acceleration.communicationDtype.dtype)
                }
                let (velocity, loss) = try TrainingStep.gradients(
                    transformer, batch, share: share, scale: scaler?.scale,
                    checkpointing: Recomputation(settings, auto: plan.recomputation))
                try levels.add(batch, velocity)
                losses.append(loss)
                clips += drawn
            }
            if let sum { (losses, levels) = try finish(sum, losses, levels) }
        } catch {
            try undo(before)
            throw error
        }
        guard var total = losses.first else { return nil }
        for loss in losses.dropFirst() { total = try total + loss }
        return (losses.count == 1 ? total : try total / Double(losses.count), clips, levels)
    }

    /// The clips of the next micro-batch, and it with its noise. Draws in the reference's order: plain runs toss the
    /// coin first, reference-video runs last; what the reference does not draw comes before. The clips are those of all ranks.
    mutating func draw() throws -> (clips: [Int], batch: NoisyBatch) {
        let (clips, all) = try nextClips(), read = try source.take(clips)
        // It comes again in every epoch.
        for name in read.broken where toldClips.insert(name).inserted {
            run.note("'\(name)' has values that are not finite; preprocess it again, or leave it out")
        }
        let batch = try TrainingBatch(
            droppingCaptions(read.samples.value), references: plan.usesReference, path: plan.data.path,
            device: transformer.device)
        let count = clips.count
        var firstFrame = plan.usesReference ? [] : firstFrames(count)
        let sigmas = try plan.sampler.sample(
            batch: count, tokens: batch.grid.tokens, device: transformer.device, generator: device)
        let noise = try Tensor.randn(
            batch.latents.shape, dtype: batch.latents.dtype, device: transformer.device, generator: device)
        if plan.usesReference { firstFrame = firstFrames(count) }
        let noisy = try NoisyBatch(
            batch, sigmas: sigmas, noise: noise, firstFrame: firstFrame, width: transformer.configuration.width)
        return (all, noisy)
    }
    /// The clips of this rank's next micro-batch, and of all ranks' in their order: every rank draws every batch.
    private mutating func nextClips() throws -> (own: [Int], all: [Int]) {
        var own: [Int] = [], all: [Int] = []
        for place in 0..<ranks.count {
            let clips = try nextBatch(place)
            if place == ranks.rank { own = clips }
            all += clips
        }
        return (own, all)
    }
    private mutating func nextBatch(_ place: Int) throws -> [Int] {
        while true {
            if let clips = order.next() { return clips }
            try order.shuffle(host)
            expectClips(from: place)
        }
    }
    /// Has this rank's batches of the epoch read ahead; the first of it is that of rank `place`.
    func expectClips(from place: Int = 0) {
        guard ranks.count > 1 else { return source.expect(order.rest) }
        source.expect(order.rest.enumerated().filter { (place + $0.offset) % ranks.count == ranks.rank }.map(\.element))
    }
}
