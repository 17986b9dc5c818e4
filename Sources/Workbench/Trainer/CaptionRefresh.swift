import Base
import NN
import Torch

/// Encodes, before a run begins, what its clips' captions lack: those that have changed since preprocessing (edit, train again), and the
/// empty caption where captions are to be dropped.
struct CaptionRefresh: Sendable {
    /// What stays as it was: another video, another VAE, a clip that has gone.
    let rest: [Precomputed.Change]
    private let due: [Precomputed.Change]
    private let lacksEmptyCaption: Bool
    private let folder: String
    private let model: ModelFolder, policy: WeightPolicy
    private let lease: ModelLease<CaptionEncoder>

    /// Takes the text encoder at once, in the format that it has in memory, else in that of `policy`; `nil` where nothing is to be
    /// encoded. Throws `ModelStoreError` when it is in use.
    ///
    /// - Parameter changed: whether captions that have changed are.
    init?(_ plan: TrainingPlan, changed: Bool, model: ModelFolder, policy: WeightPolicy) throws {
        func isDue(_ change: Precomputed.Change) -> Bool {
            change.text != nil && change.reasons.contains { [.caption, .trigger, .textEncoder].contains($0) }
        }
        due = changed ? plan.changes.filter(isDue) : []
        lacksEmptyCaption = plan.lacksEmptyCaption
        guard !due.isEmpty || lacksEmptyCaption else { return nil }
        rest = plan.changes.compactMap { change in
            let reasons = change.reasons.filter { !changed || !isDue(change) || [.source, .gone, .vae].contains($0) }
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

    /// Another rank does it.
    func leave() { lease.release() }

    /// Throws as encoding does, and `Cancelled`; captions that are done stay done.
    func run(_ monitor: Monitor) throws {
        defer { lease.release() }
        let encoder = try lease.model(monitor)
        var record = Fingerprints(folder)
        let encoderName = Fingerprints.textModel(model, policy), identity = ModelIdentity.text(model)
        defer { try? record.save() }
        if lacksEmptyCaption {
            try EmptyCaption.encode(encoder, mark: EmptyCaption.mark(encoderName), to: folder, &record)
        }
        guard !due.isEmpty else { return }
        let texts = due.map { (name: $0.item.name, text: $0.text ?? "") }
        if let note = CaptionLimit(encoder.tokenizer).note(texts) { monitor.note(note) }
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
