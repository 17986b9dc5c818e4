import Base
import Configuration
import Foundation
import Glibc

/// The files of a run: `checkpoints/`, `states/`, `config.yaml`, `metrics.jsonl`. One run owns a folder; nobody else writes to it
/// while it lives.
struct RunFolder: Sendable {
    let path: String
    /// Nil for a folder that the caller knows to be its own.
    private let lock: RunLock?
    /// What claiming has made, to be taken away again when the run is refused.
    private let made: [String]

    /// Claims `wanted`, or `wanted_2`, `wanted_3`, … when that is another run's, whatever became of it.
    ///
    /// Making `checkpoints` in it is the claim: of all programs that try at once the system lets one succeed.
    static func claim(_ wanted: String) throws -> RunFolder {
        var number = 1
        while true {
            let path = number == 1 ? wanted : "\(wanted)_\(number)"
            let isNew = !Files.exists(path)
            try Files.makeFolder(path)
            let checkpoints = Path.join(path, "checkpoints")
            if mkdir(checkpoints, 0o777) == 0 {
                let isEmpty = !["config.yaml", "metrics.jsonl"].contains { Files.exists(Path.join(path, $0)) }
                if isEmpty, let lock = try? RunLock(path) {
                    return RunFolder(path, lock: lock, made: [checkpoints] + (isNew ? [path] : []))
                }
                rmdir(checkpoints)
            } else if errno != EEXIST {
                let error = FileError.last("create", checkpoints)
                if isNew { rmdir(path) }
                throw error
            }
            number += 1
        }
    }
    /// The folder of a run that is over, to go on in it. What a killed one has left half written goes. Throws
    /// `TrainerError.alive` while a run writes into it.
    static func reopen(_ path: String) throws -> RunFolder {
        guard Files.isFolder(path) else { throw FileError.missing(path) }
        let folder = RunFolder(path, lock: try RunLock(path))
        for part in [path, folder.states, Path.join(path, "checkpoints"), Path.join(path, "ema")] {
            AtomicFile.removeRemains(in: part)
            AtomicFolder.removeRemains(in: part)
        }
        return folder
    }
    /// The run was refused: what claiming has made goes, and nothing else.
    func giveBack() {
        release()
        if !made.isEmpty { unlink(Path.join(path, "config.yaml")) }
        for folder in made { rmdir(folder) }
    }
    /// The run is over: another one may go on here.
    func release() { lock?.release() }

    /// A folder that the caller knows to be its own.
    init(_ path: String, lock: RunLock? = nil, made: [String] = []) {
        (self.path, self.lock, self.made) = (path, lock, made)
    }

    // MARK: Checkpoints

    static func checkpointName(_ step: Int) -> String { "lora_weights_step_\(digits(step)).safetensors" }
    private static func digits(_ step: Int) -> String {
        let digits = String(step)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    /// Of a LoRA, or of a whole model.
    func checkpoint(_ step: Int, isWhole: Bool = false) -> String {
        Path.join(path, "checkpoints/" + (isWhole ? ModelWeights.name(Self.digits(step)) : Self.checkpointName(step)))
    }
    /// The same with the moving average, under the same name in another folder.
    func average(_ checkpoint: String) -> String { Path.join(path, "ema/\(Path.name(checkpoint))") }

    /// Makes a folder of the run where somebody has cleaned up: what was trained is still in memory.
    func makeFolder(of file: String) throws { try Files.makeFolder(Path.folder(file)) }

    /// Removes the oldest of `files` beyond the number to keep, never the newest; 0 and below keep all. Returns what stays.
    func prune(_ files: [String], keep: Int) -> [String] {
        guard keep > 0, files.count > keep else { return files }
        for old in files.dropLast(keep) {
            AtomicFolder.remove(old)
            AtomicFolder.remove(average(old))
        }
        return Array(files.suffix(keep))
    }
    /// Puts checkpoints of after `step` away, where the newest checkpoint is not looked for. They are of a run that went on
    /// otherwise.
    func setAside(after step: Int) throws -> [String] {
        let folder = Path.join(path, "checkpoints"), aside = Path.join(folder, "other_than_from_step_\(step)")
        guard Files.isFolder(folder) else { return [] }
        let later = try Files.list(folder).filter { name in
            let plain = name.hasPrefix("comfy_") ? String(name.dropFirst(6)) : name
            return (CheckpointSource.step(of: plain) ?? ModelWeights.step(of: name)).map { $0 > step } ?? false
        }
        if !later.isEmpty { try Files.makeFolder(aside) }
        for name in later {
            let from = Path.join(folder, name)
            guard rename(from, Path.join(aside, name)) == 0 else { throw FileError.last("move", from) }
        }
        return later
    }

    // MARK: States

    private var states: String { Path.join(path, "states") }
    func state(_ step: Int) -> String { Path.join(states, "state_step_\(Self.digits(step)).safetensors") }

    /// Files of states, the newest first.
    func allStates() throws -> [String] {
        guard Files.isFolder(states) else { return [] }
        return try Files.list(states).compactMap { name in
            CheckpointSource.step(of: name).map { (step: $0, name: name) }
        }
        .sorted { $0.step > $1.step }.map { Path.join(states, $0.name) }
    }
    /// The newest state that is whole, and a sentence for each that is not. Throws `TrainingStateError`.
    func newestState() throws -> (state: TrainingState, remarks: [String]) {
        var failures: [any Error] = []
        for file in try allStates() {
            do {
                let state = try TrainingState(reading: file)
                return (
                    state, failures.map { "\($0); the run goes on from the state before it, of step \(state.step)" }
                )
            } catch let error as TrainingStateError { failures.append(error) } catch let error as FileError {
                failures.append(error)
            }
        }
        if let first = failures.first { throw first }
        throw TrainingStateError.none(path, hasCheckpoints: (try? CheckpointSource(path)) != nil)
    }
    /// Removes all states but `kept`, also those that turned out to be damaged.
    func pruneStates(kept: [String]) {
        for file in (try? allStates()) ?? [] where !kept.contains(file) { Files.remove(file) }
    }
}
