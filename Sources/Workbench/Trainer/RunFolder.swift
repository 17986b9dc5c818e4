import Base
import Configuration
import Foundation
import Glibc

/// The files of a run: `checkpoints/`, `config.yaml`, `metrics.jsonl`. One run owns a folder; nobody else writes to it.
struct RunFolder: Sendable {
    let path: String
    private let keep: Int
    /// What claiming has made, to be taken away again when the run is refused.
    private let made: [String]

    /// Claims `wanted`, or `wanted_2`, `wanted_3`, … when that is another run's, whatever became of it.
    ///
    /// Making `checkpoints` in it is the claim: of all programs that try at once the system lets one succeed.
    static func claim(_ wanted: String, keepLast: Int) throws -> RunFolder {
        var number = 1
        while true {
            let path = number == 1 ? wanted : "\(wanted)_\(number)"
            let isNew = !Files.exists(path)
            try Files.makeFolder(path)
            let checkpoints = Path.join(path, "checkpoints")
            if mkdir(checkpoints, 0o777) == 0 {
                let isEmpty = !["config.yaml", "metrics.jsonl"].contains { Files.exists(Path.join(path, $0)) }
                if isEmpty { return RunFolder(path, keepLast: keepLast, made: [checkpoints] + (isNew ? [path] : [])) }
                rmdir(checkpoints)
            } else if errno != EEXIST {
                let error = FileError.last("create", checkpoints)
                if isNew { rmdir(path) }
                throw error
            }
            number += 1
        }
    }
    /// The run was refused: what claiming has made goes, and nothing else.
    func giveBack() {
        unlink(Path.join(path, "config.yaml"))
        for folder in made { rmdir(folder) }
    }

    /// A folder that the caller knows to be its own.
    init(_ path: String, keepLast: Int, made: [String] = []) { (self.path, keep, self.made) = (path, keepLast, made) }

    static func checkpointName(_ step: Int) -> String {
        let digits = String(step)
        return "lora_weights_step_\(String(repeating: "0", count: max(0, 5 - digits.count)))\(digits).safetensors"
    }
    func checkpoint(_ step: Int) -> String { Path.join(path, "checkpoints/\(Self.checkpointName(step))") }

    /// Makes the folder of checkpoints where somebody has cleaned up: what was trained is still in memory.
    func makeCheckpoints() throws { try Files.makeFolder(Path.join(path, "checkpoints")) }

    /// Removes the oldest of `files` beyond the number to keep, never the newest. Returns what stays.
    func prune(_ files: [String]) -> [String] {
        guard keep > 0, files.count > keep else { return files }
        for old in files.dropLast(keep) { Files.remove(old) }
        return Array(files.suffix(keep))
    }

    /// Adds finished steps to `metrics.jsonl`, one JSON object a line. What is not finite is null.
    func log(_ steps: [Run.Step]) throws {
        func number(_ value: Double) -> JSON { value.isFinite ? .number(value) : .null }
        let lines = steps.map { step in
            var fields: [(key: String, value: JSON)] = [
                ("step", .integer(step.step)), ("loss", number(step.loss)),
                ("learning_rate", number(step.learningRate)), ("grad_norm", number(step.gradientNorm)),
                ("seconds", number(step.seconds)),
            ]
            if step.isSkipped { fields.append(("skipped", .bool(true))) }
            return JSON.object(JSONObject(fields)).compactText + "\n"
        }
        try Files.makeFolder(path)
        try Files.append(lines.joined(), to: Path.join(path, "metrics.jsonl"))
    }
}
