import Base
import NN
import Torch

/// The loss over held-out clips, between two updates.
extension TrainingLoop {
    /// At the start, at the end, and when so many updates have passed. A run that is taken up again has what it measured before.
    var isEvaluationDue: Bool {
        guard ranks.isFirst, plan.heldOut != nil, evaluated != step else { return false }
        if evaluated == nil || step >= settings.optimization.steps { return true }
        return settings.validation.lossInterval.map { step % $0 == 0 } ?? false
    }

    /// Measures the model as it is now. What goes wrong is a note: no figure is worth the training.
    mutating func evaluate() throws {
        guard let heldOut = plan.heldOut else { return }
        try read()
        let began = ContinuousClock.now
        trainable.attach(strength: 1, dropout: nil)
        defer { goOn(since: began) }
        do {
            let job = run.job, count = heldOut.data.items.count
            let losses = try leading {
                try heldOut.losses(transformer, shouldStop: { job.shouldStop }) { done in
                    job.monitor.report(Progress("held-out loss", done, of: count, "clips"))
                }
            }
            // Asked to stop: it is measured when the run goes on.
            guard let losses else { return }
            let evaluation = Run.Evaluation(
                step: step, loss: losses.reduce(0, +) / Double(losses.count),
                levels: zip(HeldOut.levels, losses).map { Run.Evaluation.Level(sigma: $0, loss: $1) },
                seconds: began.duration(to: .now) / .seconds(1))
            run.add(evaluation)
            log { folder, events in
                try folder.log(evaluation)
                try events.add(evaluation)
            }
        } catch { run.note("the held-out loss of step \(step) was not measured: \(error); training goes on") }
        evaluated = step
    }
}
