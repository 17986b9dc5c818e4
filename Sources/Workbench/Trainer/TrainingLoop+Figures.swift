import Base
import Foundation
import Torch

/// What a run tells of itself.
extension TrainingLoop {
    /// Updates one after the other that may be left out: one is a bad clip, a row of them is a training that has come apart.
    private static let patience = 5
    /// In fp16 a loss scale that is too large makes a row of overflows until it has come down.
    private var patience: Int { scaler == nil ? Self.patience : Self.patience + 16 }

    /// Turns finished updates into history, log and progress. Throws when the training has come apart.
    mutating func read() throws {
        let (steps, skipped) = try meter.read()
        guard let last = steps.last else { return }
        run.add(steps)
        // What there is to tell, one rank tells.
        guard ranks.isFirst else { return }
        log { folder, events in
            try folder.log(steps)
            try events.add(steps)
        }
        let figures = [
            ("loss", Self.short(run.loss ?? last.loss, 4)), ("lr", String(format: "%.2e", last.learningRate)),
            ("grad", Self.short(last.gradientNorm, 3)),
        ]
        run.job.monitor.report(
            Base.Progress(
                "training", last.step, of: settings.optimization.steps, "steps",
                figures.map { (name: $0.0, value: $0.1) }))
        try look(at: skipped)
    }
    /// Writes figures. A list of them is not worth the training.
    mutating func log(_ write: (RunFolder, inout EventFile) throws -> Void) {
        do { try write(folder, &events) } catch {
            if !isLogBroken { run.note("\(error); training goes on without all of its figures on the disk") }
            isLogBroken = true
        }
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
            guard skips.count >= patience else { continue }
            throw TrainerError.notFinite(
                first: skips[0].step, last: skip.step, clips: Set(skips.flatMap(\.clips)).sorted(),
                parameter: skips[0].parameter.map { trainable.parameters[$0].name })
        }
    }
    private mutating func tell(_ skip: UpdateMeter.Skipped) {
        toldSkips += 1
        // A clip that is broken comes again in every epoch.
        guard toldSkips <= 5 || toldSkips % 100 == 0 else { return }
        if scaler != nil, skips.count < Self.patience {
            return run.note(
                "step \(skip.step) was left out: its gradient does not fit fp16, and the loss scale is halved")
        }
        let place = skip.parameter.map { " (first of '\(trainable.parameters[$0].name)')" } ?? ""
        run.note(
            "step \(skip.step) was left out: its gradient is not finite\(place); "
                + "its \(skip.clips.count == 1 ? "clip is" : "clips are") \(skip.clips.nameList)")
    }
    /// The first parameter with values that are not finite; nil when all are.
    func brokenParameter() throws -> String? {
        if try totalNorm(trainable.parameters.map(\.tensor)).item().isFinite { return nil }
        // The squares may overflow where the values do not.
        return try trainable.parameters.first { try $0.tensor.detached().to(.cpu).nonFiniteCount() > 0 }?.name
    }
}
