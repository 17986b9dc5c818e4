import Base
import Foundation
import NN
import Torch

/// What a run leaves on the disk.
extension TrainingLoop {
    /// So many updates, or so many minutes, have passed.
    var isSavingDue: Bool {
        if let interval = settings.checkpoints.interval, step % interval == 0 { return true }
        guard let minutes = settings.checkpoints.intervalMinutes else { return false }
        return lastSaving.duration(to: .now) >= .seconds(minutes * 60)
    }

    /// Saves what is trained under upstream's names, as it is: alpha is in the metadata and not in the weights, so that a LoRA can be
    /// trained further any number of times; then the state, which names the files that are there. Only then older ones go. Never
    /// writes weights that are not finite.
    ///
    /// - Parameter isAlone: the other ranks may be anywhere. Of an optimizer that they share there is then no state.
    mutating func save(isAlone: Bool = false) throws {
        guard step > saved, ranks.isFirst else { return }
        try read()
        if let bad = try brokenParameter() { throw TrainerError.brokenWeights(step: step, parameter: bad) }
        let began = ContinuousClock.now
        defer {
            meter.exclude(since: began)
            lastSaving = .now
        }
        let file = folder.checkpoint(step, isWhole: plan.lora == nil)
        if let average { try write(average.averages, to: folder.average(file)) }
        try write(trainable.parameters, to: file)
        saved = step
        let files = run.checkpoints.filter { $0 != file } + [file]
        if isAlone, optimizer is ShardedOptimizer {
            run.note(
                "what the optimizer of \(ranks.count) ranks goes on from is not saved: a resumed run goes on from its last state"
            )
        } else {
            try saveState(files)
        }
        run.add(checkpoint: file, kept: folder.prune(files, keep: settings.checkpoints.keepLastN))
    }
    private func write(_ parameters: [Parameter], to file: String) throws {
        try whenThereIsRoom(for: file) {
            try folder.makeFolder(of: file)
            try write(checkpoint: parameters, to: file)
        }
    }
    /// The state of now beside the one before, which is there in case that this one is damaged.
    private mutating func saveState(_ checkpoints: [String]) throws {
        let keep = settings.checkpoints.keepStates
        guard keep > 0 else { return folder.pruneStates(kept: []) }
        var state = try state()
        state.checkpoints = checkpoints.map(Path.name)
        let file = folder.state(step)
        try whenThereIsRoom(for: file) {
            try folder.makeFolder(of: file)
            try folder.flushLog()
            try state.write(to: file)
        }
        states = states.filter { $0 != file }.suffix(keep - 1) + [file]
        folder.pruneStates(kept: states)
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
    mutating func keepWhatIsTrained(after error: any Error) {
        // Its figures first. That they tell of a fault, too, changes nothing.
        do { try read() } catch {}
        do { try save(isAlone: true) } catch let second {
            if "\(second)" != "\(error)" { run.note("\(second)") }
        }
    }
    /// The ComfyUI copy that upstream leaves beside the last checkpoint: `comfy_NAME`. The run is finished without it, too.
    func exportComfy() {
        guard ranks.isFirst, plan.lora != nil, let last = run.checkpoints.last else { return }
        do { _ = try Exporter.comfyui(last, to: Path.join(Path.folder(last), "comfy_\(Path.name(last))")) } catch {
            run.note("the copy for ComfyUI was not written: \(error); Exporter.comfyui(run) makes it")
        }
    }
}
