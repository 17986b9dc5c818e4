import Base

/// `metrics.jsonl`: one JSON object an update. What is not finite is null.
extension RunFolder {
    private var metrics: String { Path.join(path, "metrics.jsonl") }

    /// Adds finished steps.
    func log(_ steps: [Run.Step]) throws {
        try Files.makeFolder(path)
        try Files.append(steps.map { $0.json.compactText + "\n" }.joined(), to: metrics)
    }
    /// Has what was logged on the disk before a state says that it is there.
    func flushLog() throws { if Files.exists(metrics) { try AtomicFile.synchronize(metrics, naming: metrics) } }

    /// The steps up to `step`. Later ones are about to be done again, and a line may be torn: they go from the file, so that no
    /// step is in it twice.
    func cutLog(after step: Int) throws -> [Run.Step] {
        guard Files.exists(metrics) else { return [] }
        let lines = try Files.text(metrics).split(separator: "\n", omittingEmptySubsequences: false)
        var steps: [Run.Step] = [], kept: [Substring] = []
        for line in lines {
            guard let found = (try? JSON(parsing: String(line))).flatMap(Run.Step.init), found.step <= step,
                found.step > steps.last?.step ?? 0
            else { continue }
            steps.append(found)
            kept.append(line)
        }
        if kept.count + 1 != lines.count || lines.last != "" {
            try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: metrics)
        }
        return steps
    }
}

extension Run.Step {
    fileprivate var json: JSON {
        func number(_ value: Double) -> JSON { value.isFinite ? .number(value) : .null }
        var fields: [(key: String, value: JSON)] = [
            ("step", .integer(step)), ("loss", number(loss)), ("smooth_loss", number(smoothLoss)),
            ("learning_rate", number(learningRate)), ("grad_norm", number(gradientNorm)), ("seconds", number(seconds)),
            ("samples_per_second", number(samplesPerSecond)),
        ]
        if isSkipped { fields.append(("skipped", .bool(true))) }
        return .object(JSONObject(fields))
    }
    fileprivate init?(_ json: JSON) {
        guard let step = json["step"]?.integer else { return nil }
        func number(_ name: String) -> Double { json[name]?.number ?? .nan }
        self.init(
            step: step, loss: number("loss"), learningRate: number("learning_rate"), gradientNorm: number("grad_norm"),
            seconds: number("seconds"), isSkipped: json["skipped"]?.bool ?? false, smoothLoss: number("smooth_loss"),
            samplesPerSecond: number("samples_per_second"))
    }
}
