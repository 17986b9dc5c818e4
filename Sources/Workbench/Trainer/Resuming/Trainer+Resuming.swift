import Base
import Configuration

extension Trainer {
    /// Goes on with the run in an output folder from its newest whole state: with the same configuration bit for bit as if it had never
    /// stopped. `changed` has another rate, more steps, other intervals and the like; what the state is made of cannot be changed.
    ///
    /// Throws before anything is touched: `TrainingStateError` when there is no state that is whole, `TrainerError` while the run lives,
    /// when it was trained on other clips than there are, or for a change that cannot be made.
    public func resume(_ folder: String, _ changed: TrainingConfiguration? = nil) throws -> Run {
        let ranks = try joinedRanks(), folder = Path.absolute(folder)
        let files = ranks.isFirst ? try RunFolder.reopen(folder) : RunFolder(folder)
        do {
            let (state, remarks) = try newestState(files, ranks)
            let configuration = try ResumedConfiguration.of(state, in: folder, changed)
            let (plan, policy) = try placed(plan(configuration, state, folder), ranks)
            let refresh = try refresh(plan, changed: false)
            return try runs.add { number in
                try ranks.meet()
                let isChanged = configuration != state.configuration && ranks.isFirst
                // From here on the folder is changed.
                let aside = isChanged ? try files.setAside(after: state.step) : []
                if isChanged { try configuration.save(Path.join(folder, "config.yaml")) }
                let run = try Run(
                    number, configuration, folder: folder, trainer: self,
                    past: ranks.isFirst
                        ? past(state, files, keep: configuration.checkpoints.keepLastN) : Run.Past(step: state.step))
                for remark in remarks { run.note(remark) }
                if let note = ranks.note(after: state, configuration) { run.note(note) }
                if !aside.isEmpty {
                    run.note(
                        "\(aside.nameList) of after step \(state.step) went into a folder of \(aside.count == 1 ? "its" : "their") "
                            + "own beside the checkpoints: the run goes on otherwise")
                }
                let steps = configuration.optimization.steps
                run.note(
                    state.step < steps
                        ? "goes on after step \(state.step) of \(steps)"
                        : "has done its \(steps) steps; a configuration with more of them goes on")
                begin(run, plan, policy, files, refresh, ranks)
                return run
            }
        } catch {
            files.giveBack()
            throw error
        }
    }

    /// A new run, in a folder of its own, that goes on from where `run` is now with other settings: bit for bit as resuming it with them
    /// would. A run that has not ended goes on, too; the new one waits for it, since the model is one. Throws as `resume`, and
    /// `ConfigurationError` for a setting out of its range.
    public func fork(_ run: Run, _ changes: Run.Changes, into output: String? = nil) throws -> Run {
        try SessionRanks.requireAlone("run:fork")
        var state = try run.currentState()
        var configuration = state.configuration
        try changes.apply(to: &configuration)
        configuration.outputDir = output ?? run.folder + "_fork"
        configuration = try ResumedConfiguration.of(state, in: configuration.outputFolder, configuration)
        (state.configuration, state.checkpoints) = (configuration, [])
        let (plan, policy) = try placed(plan(configuration, state, run.folder), OneRank())
        let history = run.history.filter { $0.step <= state.step }
        let evaluations = run.evaluations.filter { $0.step <= state.step }
        let refresh = try refresh(plan, changed: false)
        return try runs.add { number in
            let files = try RunFolder.claim(configuration.outputFolder)
            do {
                try configuration.save(Path.join(files.path, "config.yaml"))
                try files.log(history)
                for evaluation in evaluations { try files.log(evaluation) }
                try files.makeFolder(of: files.state(state.step))
                try state.write(to: files.state(state.step))
            } catch {
                files.giveBack()
                throw error
            }
            let fork = Run(
                number, configuration, folder: files.path, trainer: self,
                past: Run.Past(step: state.step, history: history, evaluations: evaluations))
            begin(fork, plan, policy, files, refresh, OneRank())
            return fork
        }
    }

    private func plan(
        _ configuration: TrainingConfiguration, _ state: TrainingState, _ folder: String
    ) throws -> TrainingPlan {
        if let own = try? ModelFolder(finding: configuration.model.modelSource), own.identity != model.identity {
            throw TrainerError.fixed(
                folder, [("model.model_source", has: own.identity, wanted: model.identity)])
        }
        return try TrainingPlan(configuration, model: model, goingOnFrom: state, in: folder)
    }
    /// What the folder holds of what came before: the log without what is about to be done again, and the checkpoints, of which a killed
    /// run may not have come to removing the oldest.
    private func past(_ state: TrainingState, _ files: RunFolder, keep: Int) throws -> Run.Past {
        let names = state.checkpoints.map { Path.join(files.path, "checkpoints/\($0)") }
        let log = try files.cutLog(after: state.step)
        return Run.Past(
            step: state.step, history: log.steps, evaluations: log.evaluations,
            checkpoints: files.prune(names, keep: keep))
    }
}
