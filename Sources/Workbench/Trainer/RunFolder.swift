import Base
import NN
import Torch

/// The files of a run: `checkpoints/`, `config.yaml`, `metrics.jsonl`.
struct RunFolder: Sendable {
    let path: String
    private let keep: Int

    /// A folder that holds no other run: `wanted`, or `wanted_2`, `wanted_3`, … when that has checkpoints.
    static func free(_ wanted: String) -> String {
        func isTaken(_ path: String) -> Bool {
            guard let names = try? Files.list(Path.join(path, "checkpoints")) else { return false }
            return names.contains { $0.hasSuffix(".safetensors") }
        }
        guard isTaken(wanted) else { return wanted }
        var number = 2
        while isTaken("\(wanted)_\(number)") { number += 1 }
        return "\(wanted)_\(number)"
    }

    init(_ path: String, keepLast: Int) throws {
        (self.path, keep) = (path, keepLast)
        try Files.makeFolder(Path.join(path, "checkpoints"))
    }

    static func checkpointName(_ step: Int) -> String {
        let digits = String(step)
        return "lora_weights_step_\(String(repeating: "0", count: max(0, 5 - digits.count)))\(digits).safetensors"
    }

    /// Writes the adapters under upstream's names. Nothing but `format` goes into the metadata, as upstream does,
    /// except what its consumers would otherwise get wrong: alpha is folded into B when it differs from the rank,
    /// since no consumer reads an alpha.
    func save(_ adapters: AdapterSet, step: Int) throws -> String {
        let file = Path.join(path, "checkpoints/\(Self.checkpointName(step))")
        // Somebody may have cleaned up; what was trained is still in memory.
        try Files.makeFolder(Path.folder(file))
        try Safetensors.write(adapters.folded(prefix: "transformer."), metadata: ["format": "pt"], to: file)
        return file
    }

    /// Removes the oldest of `files` beyond the number to keep, never the newest. Returns what stays.
    func prune(_ files: [String]) -> [String] {
        guard keep > 0, files.count > keep else { return files }
        for old in files.dropLast(keep) { Files.remove(old) }
        return Array(files.suffix(keep))
    }

    /// Adds finished steps to `metrics.jsonl`, one JSON object a line.
    func log(_ steps: [Run.Step]) throws {
        let lines = steps.map { step in
            JSON.object(
                JSONObject([
                    ("step", .integer(step.step)), ("loss", .number(step.loss)),
                    ("learning_rate", .number(step.learningRate)),
                    ("grad_norm", .number(step.gradientNorm)), ("seconds", .number(step.seconds)),
                ])
            ).compactText + "\n"
        }
        try Files.makeFolder(path)
        try Files.append(lines.joined(), to: Path.join(path, "metrics.jsonl"))
    }
}
