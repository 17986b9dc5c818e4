import Base
import NN
import Torch

/// Encodes the captions that have changed since preprocessing before a run begins: edit, train again.
struct CaptionRefresh: Sendable {
    /// What stays as it was: another video, another VAE, a clip that has gone.
    let rest: [Precomputed.Change]
    private let due: [Precomputed.Change]
    private let folder: String
    private let model: ModelFolder, policy: WeightPolicy
    private let lease: ModelLease<CaptionEncoder>

    /// Takes the text encoder at once, in the format that it has in memory, else in that of `policy`; `nil` where no caption has
    /// changed. Throws `ModelStoreError` when it is in use.
    init?(_ plan: TrainingPlan, model: ModelFolder, policy: WeightPolicy) throws {
        func isDue(_ change: Precomputed.Change) -> Bool {
            change.text != nil && change.reasons.contains { [.caption, .trigger, .textEncoder].contains($0) }
        }
        due = plan.changes.filter(isDue)
        guard !due.isEmpty else { return nil }
        rest = plan.changes.compactMap { change in
            let reasons = change.reasons.filter { !isDue(change) || [.source, .gone, .vae].contains($0) }
            return reasons.isEmpty
                ? nil
                : Precomputed.Change(item: change.item, reasons: reasons, text: change.text, trigger: change.trigger)
        }
        (folder, self.model) = (plan.data.path, model)
        let resident = ModelStore.shared.resident.first {
            $0.key.part == .textEncoder && $0.key.source == model.identity(of: .textEncoder)
                && $0.key.device == policy.device
        }
        self.policy = resident?.key.policy ?? policy
        lease = try model.lease(.textEncoder, self.policy, for: "the captions of a run")
    }

    /// Throws as encoding does, and `Cancelled`; captions that are done stay done.
    func run(_ monitor: Monitor) throws {
        defer { lease.release() }
        let encoder = try lease.model(monitor)
        let texts = due.map { (name: $0.item.name, text: $0.text ?? "") }
        if let note = CaptionLimit(encoder.tokenizer).note(texts) { monitor.note(note) }
        var record = Fingerprints(folder)
        let encoderName = Fingerprints.textModel(model, policy), identity = ModelIdentity.text(model)
        defer { try? record.save() }
        for (place, change) in due.enumerated() {
            try monitor.checkpoint()
            let text = change.text ?? "", file = "conditions/\(change.item.name).pt"
            guard let condition = try encoder.encode([text], masked: false).first else { continue }
            try ConditionFile.write(condition, to: change.item.condition)
            record[file]?.mark = Fingerprints.hash("\(text)|\(encoderName)")
            let inputs = [
                "text": Fingerprints.hash(text), "trigger": change.trigger ?? "", "text_encoder": identity,
            ]
            record[file]?.inputs.merge(inputs) { $1 }
            monitor.report(Progress("captions", place + 1, of: due.count, "captions"))
        }
        monitor.note("\(counted(due.count, "caption")) encoded anew: \(due.map(\.item.name).nameList)")
    }
}
