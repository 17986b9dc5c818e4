import Base
import Configuration
import Torch

/// A state in one file, which appears whole: a safetensors file with the tensors, and the rest as JSON in its header together
/// with one sum over everything.
extension TrainingState {
    /// Of the format, in the header. A reader takes this and what came before.
    private static let version = 2
    /// The first that knows of draws apart; a state without them is one that older readers take.
    private var version: Int { drawsApart ? 2 : 1 }

    /// Throws `FileError` or `TorchError`; what was there before is then untouched.
    func write(to path: String) throws {
        let facts = json.compactText
        let sum = Checksum.text(try Self.checksum(version, facts, tensors))
        try Safetensors.write(
            tensors, metadata: ["ltxsh_state": "\(version)", "state": facts, "checksum": sum], to: path)
    }

    /// Reads a state and checks every byte of it. Throws `TrainingStateError` with the path.
    init(reading path: String) throws {
        func damaged(_ reason: String) -> TrainingStateError { .damaged(path, reason) }
        let tensors: [String: Tensor], metadata: [String: String]
        do {
            let file = try Safetensors.File(path)
            (tensors, metadata) = (try file.tensors(), file.header.metadata)
        } catch let error as SafetensorsError {
            if case .truncated = error { throw damaged("it is cut off") }
            throw damaged("its header does not fit its contents")
        }
        guard let version = metadata["ltxsh_state"].flatMap(Int.init), let facts = metadata["state"] else {
            throw damaged("it is no training state")
        }
        guard version <= Self.version else { throw TrainingStateError.newer(path, version) }
        guard Set(metadata.keys) == ["ltxsh_state", "state", "checksum"],
            metadata["checksum"] == Checksum.text(try Self.checksum(version, facts, tensors))
        else { throw damaged("its checksum does not fit") }
        try self.init(JSON(parsing: facts), tensors)
    }

    /// Over the facts, and over name, type, shape and bytes of every tensor.
    private static func checksum(
        _ version: Int, _ facts: String, _ tensors: [String: Tensor]
    ) throws -> UInt32 {
        try tensors.sorted { $0.key < $1.key }.reduce(Checksum.of("\(version) \(facts)")) { sum, entry in
            let head = Checksum.of("\(entry.key) \(entry.value.dtype) \(entry.value.shape)\n", after: sum)
            return try entry.value.contiguous().withBytes { Checksum.of($0, after: head) }
        }
    }

    private var json: JSON {
        var fields: [(key: String, value: JSON)] = [
            ("step", .integer(step)), ("configuration", .string(configuration.text)),
            ("rest", .array(rest.map { .array($0.map(JSON.integer)) })),
            ("waiting", .array(waiting.map(JSON.integer))),
            ("coins", .array(coins.words.map { .integer(Int($0)) })), ("coins_used", .integer(coins.used)),
            (
                "alphas",
                .object(JSONObject(alphas.sorted { $0.key < $1.key }.map { (key: $0, value: .number($1)) }))
            ),
            ("skips", .array(skips.map(\.json))), ("averaged", .integer(averaged)),
            ("checkpoints", .array(checkpoints.map(JSON.string))), ("data", data.json),
        ]
        if let ranks { fields.append(("ranks", .integer(ranks))) }
        return .object(JSONObject(fields))
    }

    private init(_ json: JSON, _ tensors: [String: Tensor]) throws {
        func required<Value>(_ name: String, _ value: Value?) throws -> Value {
            guard let value else { throw TrainingStateError.missing(name) }
            return value
        }
        step = try required("step", json["step"]?.integer)
        configuration = try TrainingConfiguration(
            YAML(parsing: required("configuration", json["configuration"]?.string)))
        rest = try required("rest", json["rest"]?.array).map { $0.array?.compactMap(\.integer) ?? [] }
        waiting = json["waiting"]?.array?.compactMap(\.integer) ?? []
        let words = json["coins"]?.array?.compactMap { $0.integer.flatMap { UInt32(exactly: $0) } }
        coins = try required(
            "coins", PythonRandom(words: required("coins", words), used: required("coins", json["coins_used"]?.integer))
        )
        ranks = json["ranks"]?.integer
        alphas = Dictionary(
            uniqueKeysWithValues: (json["alphas"]?.object?.members ?? []).compactMap { member in
                member.value.number.map { (member.key, $0) }
            })
        skips = (json["skips"]?.array ?? []).compactMap(UpdateMeter.Skipped.init)
        averaged = json["averaged"]?.integer ?? 0
        checkpoints = (json["checkpoints"]?.array ?? []).compactMap(\.string)
        data = try required("data", DataIdentity(json["data"]))
        self.tensors = tensors
    }
}

extension UpdateMeter.Skipped {
    fileprivate var json: JSON {
        .object(
            JSONObject([
                ("step", .integer(step)), ("clips", .array(clips.map(JSON.string))),
                ("parameter", parameter.map(JSON.integer) ?? .null),
            ]))
    }
    fileprivate init?(_ json: JSON) {
        guard let step = json["step"]?.integer else { return nil }
        self.init(
            step: step, clips: json["clips"]?.array?.compactMap(\.string) ?? [], parameter: json["parameter"]?.integer)
    }
}
