import Base
import Configuration
import Torch

// MARK: Doing it

extension Pipeline {
    /// Does every step that is to be done, one after the other, each looked at again when its turn comes.
    ///
    /// A step that fails or is stopped ends it; what is done stays, and the same call goes on there.
    ///
    /// - Parameter told: called with each step that was done, or had nothing to do.
    /// Throws what the steps throw, and `Cancelled`.
    public func run(
        monitor: Monitor = Monitor(), told: (PipelineStep) -> Void = { _ in }
    ) throws -> Results {
        var results = Results()
        for step in Step.allCases {
            try monitor.checkpoint()
            var now = try look(at: step, after: nil, reckons: false, monitor)
            if now.isDue {
                let began = ContinuousClock.now
                now.outcome = try make(step, &results, monitor)
                let seconds = began.duration(to: .now) / .seconds(1)
                if let work = now.work { PipelinePace(source.folder).note(work.name, seconds, for: work.units) }
                (now.state, now.seconds) = (.done, seconds)
            }
            try take(step, &results, monitor)
            told(now)
        }
        return results
    }

    /// Does one step; returns what came of it in a few words.
    private func make(_ step: Step, _ results: inout Results, _ monitor: Monitor) throws -> String {
        switch step {
        case .split: try split(monitor)
        case .caption: try caption(monitor)
        case .preprocess: try preprocess(monitor)
        case .train: try train(&results, monitor)
        case .export: try export(results.output, monitor)
        }
    }
    /// What there is after a step, whoever made it.
    private func take(_ step: Step, _ results: inout Results, _ monitor: Monitor) throws {
        switch step {
        case .split: break
        case .caption: results.clips = try clips(monitor)
        case .preprocess:
            // Where none is wanted there may be none.
            results.precomputed = try? Precomputed(opening: precomputedFolder(results.clips))
        case .train:
            let isWanted = options.steps.contains(.train) || options.steps.contains(.export)
            results.output = try results.output ?? (isWanted ? trained(results.clips) : nil)
        case .export: results.exported = results.output.flatMap { ExportRecord($0).path(options.format) }
        }
    }

    private func split(_ monitor: Monitor) throws -> String {
        let clips = try source.split(options.split, monitor: monitor)
        return "\(counted(clips.count, "clip")) in '\(clips.folder)'"
    }

    private func caption(_ monitor: Monitor) throws -> String {
        guard let clips = try clips(monitor) else { throw PipelineError.nothing(.caption, clipsFolder) }
        guard let describer = options.describer else {
            throw PipelineError.uncaptioned(clips.metadataPath, clips.clips.count { !$0.isExcluded && !$0.isCaptioned })
        }
        let captioner: Captioner
        switch describer {
        case .captioner(let given): captioner = given
        case .named(let name):
            if Captioner.presets.contains(name), !Files.exists(name) {
                var server = Captioner.APIOptions()
                server.preset = name
                captioner = try .api(server, monitor: monitor)
            } else {
                captioner = try .load(name, device: options.device, monitor: monitor)
            }
        }
        // One that was made here goes from memory again: training needs the room.
        defer { if case .named = describer { _ = try? captioner.unload() } }
        let run = try captioner.start(clips, options.captions)
        try follow(run.job, monitor, stop: run.stop)
        let left = clips.clips.count { !$0.isExcluded && !$0.isCaptioned }
        if left > 0, options.preprocessing?.takesUncaptioned != true {
            throw PipelineError.uncaptioned(clips.metadataPath, left)
        }
        return run.result.summary
    }

    private func preprocess(_ monitor: Monitor) throws -> String {
        guard let clips = try clips(monitor), let wanted = options.preprocessing else {
            throw PipelineError.nothing(.preprocess, clipsFolder)
        }
        // Noted with the clips, so that whoever preprocesses or looks at them later takes the same word.
        if let trigger = options.trigger, clips.trigger != trigger { try clips.setTrigger(trigger) }
        let preprocessor = try preprocessor(), before = Set(ModelStore.shared.resident.map(\.key))
        defer {
            // What was loaded for this goes again: training needs the room.
            _ = try? ModelStore.shared.unload { key in
                (key.part == .textEncoder || key.part == .vae) && !before.contains(key)
            }
        }
        let made = try preprocessor.run(clips, wanted, monitor: monitor)
        return "\(counted(made.items.count, "clip")) in '\(made.path)'"
    }

    private func train(_ results: inout Results, _ monitor: Monitor) throws -> String {
        let configuration = try configuration(results.clips), known = try EarlierRun.find(configuration)
        let trainer = try Trainer(configuration, device: options.device, monitor: monitor)
        try trainer.requireNobodyPaused()
        let run: Run
        if let known, known.standing == .goesOn {
            run = try trainer.resume(known.folder, configuration)
        } else {
            run = try trainer.start(configuration)
        }
        results.run = run
        results.output = run.folder
        try follow(run.job, monitor, stop: run.stop) { detail in
            switch detail {
            case .checkpoint(let path): "saved \(path)"
            case .samples(let paths): "sampled \(paths.joined(separator: ", "))"
            case .evaluation(let found): "held-out loss \(found.loss) after step \(found.step)"
            case .steps: nil
            }
        }
        return "\(counted(run.step, "step")) in '\(run.folder)'"
    }

    private func export(_ output: String?, _ monitor: Monitor) throws -> String {
        guard let output else {
            throw PipelineError.nothing(.export, options.configuration?.outputFolder ?? source.folder)
        }
        let checkpoint = try CheckpointSource.file(output)
        let path = try Exporter.convert(checkpoint, into: options.format)
        var record = ExportRecord(output)
        try record.note(options.format, of: checkpoint, path)
        return "'\(path)'"
    }

    /// The folder of the run that is the one asked for.
    func trained(_ clips: Dataset?) throws -> String? {
        guard options.configuration != nil else { return nil }
        let known = try EarlierRun.find(configuration(clips))
        return known.flatMap { if case .other = $0.standing { nil } else { $0.folder } }
    }

    /// Waits for a job and passes on what it tells, and to it that it is to stop. Throws why it failed, and `Cancelled` where it was stopped.
    private func follow<Detail: Sendable>(
        _ job: Job<Detail>, _ monitor: Monitor, stop: () -> Void, _ words: ((Detail) -> String?)? = nil
    ) throws {
        var isAsked = false
        while true {
            let isOver = job.wait(seconds: 0.05)
            for event in job.events.take() {
                switch event {
                case .progress(let progress): monitor.report(progress)
                case .note(let text): monitor.note(text)
                case .detail(let detail): if let text = words?(detail) { monitor.note(text) }
                case .ended: break
                }
            }
            if isOver { break }
            if monitor.shouldStop, !isAsked {
                isAsked = true
                stop()
            }
        }
        if let failure = job.failure { throw failure }
        if job.state == .stopped { throw Cancelled() }
    }
}
