import Base
import Configuration
import NN
import Torch

/// What a run is asked for while it goes on.
extension TrainingLoop {
    /// Does what the run was asked for, and waits here while it is paused.
    mutating func serve() throws {
        var requests = run.requests.take(), isPaused = false
        // The others do as rank 0 does.
        if !ranks.isFirst { requests = requests.filter { if case .state = $0 { true } else { false } } }
        while true {
            for request in requests {
                switch request {
                case .set(let changed): change(to: changed)
                case .pause: isPaused = true
                case .resume: isPaused = false
                case .save: try saveNow()
                case .sample(let options, let give): give(Result { try sample(options) })
                case .state(let give):
                    try read()
                    give(HandedOver(try state().copied()))
                }
            }
            guard isPaused, !run.job.shouldStop else { break }
            if run.state != .paused {
                try read()
                run.job.enter(.paused)
                run.note("paused after step \(step); run:resume() goes on")
                run.job.monitor.report(Progress("paused", step, of: settings.optimization.steps, "steps"))
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
    mutating func change(to changed: TrainingConfiguration) {
        settings = changed
        schedule = LearningRateSchedule(changed.optimization)
        let type = changed.optimization.optimizerType
        optimizer.weightDecay = type.weightDecay.value(in: changed.optimization.optimizerParams)
        attach()
    }
}

extension TrainingState {
    /// With tensors of its own, for whoever keeps it while the run goes on.
    fileprivate func copied() throws -> TrainingState {
        TrainingState(
            step: step, configuration: configuration, rest: rest, waiting: waiting, coins: coins,
            ranks: ranks,
            alphas: alphas, skips: skips,
            averaged: averaged, checkpoints: checkpoints, data: data, tensors: try tensors.mapValues { try $0.cloned() }
        )
    }
}
