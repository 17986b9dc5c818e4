import Base
import NN
import Torch

/// The videos that a run shows its progress by.
extension TrainingLoop {
    /// So many updates have passed since the last ones.
    var isValidationDue: Bool {
        let wanted = shared.validation
        guard let interval = wanted.interval, !wanted.prompts.isEmpty else { return false }
        return step == 0 ? !wanted.skipInitialValidation : step % interval == 0
    }

    /// Makes the videos of this step, each rank what it comes to; or rank 0 all of them, where the model is in parts. What goes wrong is a
    /// note: nothing that is shown is worth the training.
    mutating func validate() throws {
        // They lend their parts of the model when they next hear from rank 0.
        if isLed, !ranks.isFirst { return }
        try read()
        let began = ContinuousClock.now
        trainable.attach(strength: 1, dropout: nil)
        func own(_ ranks: any Ranks) -> Validation.Videos {
            validation.sample(shared.validation, transformer, step: step, ranks, monitor: run.job.monitor)
        }
        let videos = try isLed ? leading { own(OneRank()) } : collect(own(ranks))
        goOn(since: began)
        guard ranks.isFirst else { return }
        for note in videos.notes { run.note(note) }
        let written = videos.written.sorted { $0.key < $1.key }.map(\.value)
        guard !written.isEmpty else { return }
        do { try validation.drawSheet() } catch { run.note("\(error); training goes on") }
        run.add(samples: written)
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
