import Base
import NN
import Torch

/// The videos that a run shows its progress by.
extension TrainingLoop {
    /// So many updates have passed since the last ones.
    var isValidationDue: Bool {
        guard ranks.isFirst, let interval = settings.validation.interval, !settings.validation.prompts.isEmpty else {
            return false
        }
        return step == 0 ? !settings.validation.skipInitialValidation : step % interval == 0
    }

    /// Makes the videos of this step. What goes wrong is a note: nothing that is shown is worth the training.
    mutating func validate() throws {
        try read()
        let began = ContinuousClock.now
        trainable.attach(strength: 1, dropout: nil)
        let written = validation.sample(settings.validation, transformer, step: step, monitor: run.job.monitor)
        goOn(since: began)
        if !written.isEmpty { run.add(samples: written) }
    }

    /// Makes the video that somebody asked for, with the adapters as they are now.
    mutating func sample(_ options: SampleOptions) throws -> String {
        try read()
        let began = ContinuousClock.now
        trainable.attach(strength: options.loraStrength, dropout: nil)
        defer { goOn(since: began) }
        return try validation.sample(options, transformer, monitor: run.job.monitor)
    }

    /// The adapters hang on the model as for training again, and the time since is not the training's.
    mutating func goOn(since began: ContinuousClock.Instant) {
        attach()
        meter.exclude(since: began)
    }
}
