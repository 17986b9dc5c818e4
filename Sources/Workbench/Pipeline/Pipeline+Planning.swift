import Base
import Configuration

// MARK: The plan

extension Pipeline {
    /// Every step: what there is of it, what it would take. Nothing is made, moved or loaded.
    ///
    /// Throws what the steps would throw before they begin: clips that are too short for the size, a configuration that does not fit
    /// its data, a disk that has no room for what would be written.
    public func plan(monitor: Monitor = Monitor()) throws -> [PipelineStep] {
        var steps: [PipelineStep] = []
        for step in Step.allCases {
            try monitor.checkpoint()
            let before = steps.last(where: \.isDue)?.step
            steps.append(try look(at: step, after: before, reckons: true, monitor))
        }
        let needed = steps.reduce(0) { $0 + ($1.isDue ? $1.bytes ?? 0 : 0) }
        if let free = Files.freeSpace(at: source.folder), needed > free {
            throw PipelineError.disk(source.folder, needed: needed, free: free)
        }
        return steps
    }

    /// One step as it is now.
    ///
    /// - Parameters:
    ///   - before: the last step that is to be done before it: what it will find is then not known to the end.
    ///   - reckons: what it would take is looked into, too.
    func look(at step: Step, after before: Step?, reckons: Bool, _ monitor: Monitor) throws -> PipelineStep {
        switch step {
        case .split: try lookAtSplit(monitor)
        case .caption: try lookAtCaptions(after: before, reckons: reckons, monitor)
        case .preprocess: try lookAtPreprocessing(after: before, monitor)
        case .train: try lookAtTraining(after: before, reckons: reckons, monitor)
        case .export: try lookAtExport(after: before, monitor)
        }
    }
    private func off(_ step: Step, _ reason: String = "not asked for") -> PipelineStep {
        PipelineStep(step, .off, reason)
    }

    private func lookAtSplit(_ monitor: Monitor) throws -> PipelineStep {
        guard options.steps.contains(.split) else { return off(.split) }
        guard isSplitting else { return off(.split, "images are not cut") }
        let plan = try source.splitPlan(options.split, monitor: monitor)
        if plan.isDone { return PipelineStep(.split, .done, "\(counted(plan.videos, "video")) cut so") }
        let due = counted(plan.videos - plan.done, "video")
        let reason =
            plan.changed > 0
            ? "\(due) to cut, \(plan.changed) of them cut otherwise, or of other files, before" : "\(due) to cut"
        return PipelineStep(.split, plan.changed > 0 ? .stale : .due, reason, bytes: plan.bytes)
            .paced("split", plan.seconds, pace)
    }

    private func lookAtCaptions(after before: Step?, reckons: Bool, _ monitor: Monitor) throws -> PipelineStep {
        guard options.steps.contains(.caption) else { return off(.caption) }
        let clips = try clips(monitor)
        let wanted = (clips?.clips ?? []).filter { !$0.isExcluded }, bare = wanted.filter { !$0.isCaptioned }
        if before != nil {
            let nobody = options.describer == nil && options.preprocessing?.takesUncaptioned != true
            let reason = "clips without one, after the split"
            return PipelineStep(.caption, .due, reason + (nobody ? "; nobody is named to describe them" : ""))
        }
        if bare.isEmpty { return PipelineStep(.caption, .done, "all of \(counted(wanted.count, "clip")) have one") }
        let reason = "\(bare.count) of \(counted(wanted.count, "clip")) have none"
        guard options.describer != nil else {
            if options.preprocessing?.takesUncaptioned == true { return off(.caption, reason + ", and are taken so") }
            return PipelineStep(.caption, .due, reason + ", and nobody is named to describe them")
        }
        var seconds: Double?
        if reckons, let clips, case .captioner(let captioner) = options.describer {
            seconds = try captioner.estimate(clips, options.captions).minutes * 60
        }
        return PipelineStep(.caption, .due, reason, seconds: seconds)
            .paced("caption \(describer)", Double(bare.count), pace)
    }

    private func lookAtPreprocessing(after before: Step?, _ monitor: Monitor) throws -> PipelineStep {
        guard options.steps.contains(.preprocess), var wanted = options.preprocessing else { return off(.preprocess) }
        guard before != .split, let clips = try clips(monitor) else {
            return PipelineStep(.preprocess, .due, "after the split")
        }
        // Those that have none now get one before.
        if before != nil { wanted.takesUncaptioned = true }
        wanted.trigger = trigger(clips)
        let plan = try preprocessor().plan(clips, wanted, monitor: monitor)
        let size = "\(counted(plan.items, "clip")) at \(wanted.rules.sizes)"
        if plan.isDone, before == nil { return PipelineStep(.preprocess, .done, size) }
        var reasons: [String] = []
        if plan.captions > 0 { reasons.append(counted(plan.captions, "caption")) }
        if plan.videos > 0 { reasons.append(counted(plan.videos, "video")) }
        var reason = reasons.isEmpty ? size : "\(reasons.joined(separator: " and ")) to encode"
        if plan.stale > 0 { reason += ", \(plan.stale) of them encoded of something else before" }
        if plan.gone > 0 { reason += "; \(counted(plan.gone, "file")) of clips that are gone to put away" }
        // A caption weighs as many tokens as it is padded to.
        let units = Double(plan.tokens + plan.captions * CaptionEncoder.length)
        return PipelineStep(.preprocess, plan.stale + plan.gone > 0 ? .stale : .due, reason, bytes: plan.bytes)
            .paced("preprocess \(model.map { Path.name($0.identity) } ?? "") \(options.device)", units, pace)
    }

    private func lookAtTraining(after before: Step?, reckons: Bool, _ monitor: Monitor) throws -> PipelineStep {
        guard options.steps.contains(.train) else { return off(.train) }
        let clips = try clips(monitor), configuration = try configuration(clips)
        let known = try before == nil ? EarlierRun.find(configuration) : nil
        if let known, known.standing == .done {
            return PipelineStep(.train, .done, "\(counted(known.step, "step")) in '\(known.folder)'")
        }
        let steps = configuration.optimization.steps, cost = try reckons ? trainingCost(configuration) : nil
        let left = known?.standing == .goesOn ? steps - (known?.step ?? 0) : steps
        var reason = counted(steps, "step")
        if let before { reason += ", after \(before.rawValue)" }
        if let known {
            switch known.standing {
            case .goesOn: reason = "goes on after step \(known.step) of \(steps) in '\(known.folder)'"
            case .other(let differences): reason += "; trained before with \(differences.joined(separator: ", "))"
            case .done: break
            }
        }
        if let note = cost?.note { reason += "; \(note)" }
        let isStale = if case .other = known?.standing { true } else { false }
        return PipelineStep(
            .train, isStale ? .stale : .due, reason, seconds: cost?.seconds.map { $0 * Double(left) },
            bytes: cost?.bytes)
    }

    private func lookAtExport(after before: Step?, _ monitor: Monitor) throws -> PipelineStep {
        guard options.steps.contains(.export) else { return off(.export) }
        if options.configuration?.model.trainingMode == .full { return off(.export, "a whole model is used as it is") }
        let title = "for \(options.format.title)"
        guard before == nil else { return PipelineStep(.export, .due, "\(title), after \(before?.rawValue ?? "")") }
        guard let output = try trained(clips(monitor)) else {
            throw PipelineError.nothing(.export, options.configuration?.outputFolder ?? source.folder)
        }
        if let path = ExportRecord(output).path(options.format) {
            return PipelineStep(.export, .done, "'\(path)'")
        }
        let source = try CheckpointSource.file(output)
        return PipelineStep(
            .export, ExportRecord(output).isStale(options.format) ? .stale : .due, title, bytes: Files.size(source))
    }

    // MARK: Reckoning

    private var pace: PipelinePace { PipelinePace(source.folder) }
    private var describer: String {
        switch options.describer {
        case .captioner(let captioner): captioner.title
        case .named(let name): name
        case nil: ""
        }
    }
    /// Seconds of an update, bytes of a whole run on the disk, and whether it fits the device.
    private func trainingCost(
        _ configuration: TrainingConfiguration
    ) throws -> (seconds: Double?, bytes: Int, note: String?) {
        var request = PlanOptions()
        if (try? Precomputed(opening: configuration.data.preprocessedDataRoot)) == nil {
            request.size = options.preprocessing?.rules.sizes.sizes.max {
                $0.grid.tokens < $1.grid.tokens
            }
        }
        let plan = try Trainer.plan(configuration, request, device: options.device)
        func bytes(_ names: String...) -> Int {
            plan.parts.filter { names.contains($0.name) }.reduce(0) { $0 + $1.bytes }
        }
        let checkpoints = configuration.checkpoints, steps = configuration.optimization.steps
        var files = checkpoints.interval.map { (steps + $0 - 1) / max(1, $0) } ?? 1
        if checkpoints.keepLastN > 0 { files = min(files, checkpoints.keepLastN) }
        let weights = bytes("adapters"), state = weights + bytes("optimizer", "average")
        var note: String?
        if plan.fits == false {
            note =
                "\(ByteCount(max(plan.total, plan.validation ?? 0))) do not fit into the device's \(ByteCount(plan.room ?? 0))"
                + (plan.choices.first.map { ": \(plan.changes($0).joined(separator: ", ")) would" } ?? "")
        }
        return (plan.seconds, files * weights + checkpoints.keepStates * state, note)
    }
}
