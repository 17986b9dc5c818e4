import Base

/// `metrics.jsonl`: one JSON object an update, and one a measurement of the held-out loss. What is not finite is null.
extension RunFolder {
    private var metrics: String { Path.join(path, "metrics.jsonl") }

    /// Adds finished steps.
    func log(_ steps: [Run.Step]) throws { try append(steps.map(\.json)) }
    /// Adds a held-out loss.
    func log(_ evaluation: Run.Evaluation) throws { try append([evaluation.json]) }
    private func append(_ lines: [JSON]) throws {
        try Files.makeFolder(path)
        try Files.append(lines.map { $0.compactText + "\n" }.joined(), to: metrics)
    }
    /// Has what was logged on the disk before a state says that it is there.
    func flushLog() throws { if Files.exists(metrics) { try AtomicFile.synchronize(metrics, naming: metrics) } }

    /// What was logged up to `step`. The rest is about to be done again, and a line may be torn: it goes from the file, so that no
    /// step is in it twice.
    func cutLog(after step: Int) throws -> (steps: [Run.Step], evaluations: [Run.Evaluation]) {
        guard Files.exists(metrics) else { return ([], []) }
        let lines = try Files.text(metrics).split(separator: "\n", omittingEmptySubsequences: false)
        var steps: [Run.Step] = [], evaluations: [Run.Evaluation] = [], kept: [Substring] = []
        for line in lines {
            guard let json = try? JSON(parsing: String(line)) else { continue }
            if let found = Run.Evaluation(json) {
                guard found.step <= step, found.step > evaluations.last?.step ?? -1 else { continue }
                evaluations.append(found)
            } else {
                guard let found = Run.Step(json), found.step <= step, found.step > steps.last?.step ?? 0 else {
                    continue
                }
                steps.append(found)
            }
            kept.append(line)
        }
        if kept.count + 1 != lines.count || lines.last != "" {
            try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: metrics)
        }
        return (steps, evaluations)
    }
}

private func number(_ value: Double) -> JSON { value.isFinite ? .number(value) : .null }

extension Run.Step {
    fileprivate var json: JSON {
        var fields: [(key: String, value: JSON)] = [
            ("step", .integer(step)), ("loss", number(loss)), ("smooth_loss", number(smoothLoss)),
            ("learning_rate", number(learningRate)), ("grad_norm", number(gradientNorm)), ("seconds", number(seconds)),
            ("samples_per_second", number(samplesPerSecond)),
        ]
        if let memory { fields.append(("memory", .integer(memory))) }
        if !levels.isEmpty { fields.append(("levels", levels.json)) }
        if isSkipped { fields.append(("skipped", .bool(true))) }
        return .object(JSONObject(fields))
    }
    fileprivate init?(_ json: JSON) {
        guard let step = json["step"]?.integer else { return nil }
        func number(_ name: String) -> Double { json[name]?.number ?? .nan }
        self.init(
            step: step, loss: number("loss"), learningRate: number("learning_rate"), gradientNorm: number("grad_norm"),
            seconds: number("seconds"), isSkipped: json["skipped"]?.bool ?? false, smoothLoss: number("smooth_loss"),
            samplesPerSecond: number("samples_per_second"), memory: json["memory"]?.integer,
            levels: [Run.Evaluation.Level](json["levels"]))
    }
}

extension [Run.Evaluation.Level] {
    /// `{"0.1": loss, …}`.
    fileprivate var json: JSON { .object(JSONObject(map { ("\($0.sigma)", number($0.loss)) })) }
    fileprivate init(_ json: JSON?) {
        self = (json?.object?.members ?? []).compactMap { member in
            Double(member.key).map { Element(sigma: $0, loss: member.value.number ?? .nan) }
        }
    }
}

extension Run.Evaluation {
    fileprivate var json: JSON {
        let fields: [(key: String, value: JSON)] = [
            ("step", .integer(step)), ("held_out_loss", number(loss)),
            ("held_out_levels", levels.json),
            ("seconds", number(seconds)),
        ]
        return .object(JSONObject(fields))
    }
    fileprivate init?(_ json: JSON) {
        guard let step = json["step"]?.integer, let loss = json["held_out_loss"] else { return nil }
        self.init(
            step: step, loss: loss.number ?? .nan, levels: [Level](json["held_out_levels"]),
            seconds: json["seconds"]?.number ?? .nan)
    }
}
