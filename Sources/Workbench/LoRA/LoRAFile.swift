import Base
import Torch

/// A LoRA of the LTX-Video transformer, whatever program wrote it: adapters by the path of their module in diffusers.
struct LoRAFile {
    /// The file that was read.
    let path: String
    /// In the order of the modules' names.
    let adapters: [Adapter]
    /// How its keys are spelt.
    let format: LoRAFormat
    /// Texts that the writer left.
    let metadata: [String: String]
    /// What is worth a sentence: that a newer checkpoint is damaged.
    let remark: String?

    /// The matrices of one module.
    struct Adapter {
        let module: String
        /// (rank, inputs) and (outputs, rank), over the mapped file.
        let a: Tensor, b: Tensor
        /// (outputs), for DoRA; nil for a plain LoRA.
        var magnitude: Tensor?
        /// As the file says; nil when it says nothing, which every consumer takes for the rank.
        let alpha: Double?

        var rank: Int { a.size(0) }
        /// What headers and configurations tell of it.
        var facts: LoRAMetadata.Facts { (module, rank, alpha ?? Double(rank)) }
        /// alpha / rank.
        var strength: Double { (alpha ?? Double(rank)) / Double(rank) }
    }

    /// Opens a file, or the newest checkpoint of a run's folder. The matrices are checked for shape and for values that are
    /// not finite. Throws `LoRAFileError`.
    init(_ source: String) throws {
        let checkpoint = try CheckpointSource(source), file = try Safetensors.File(checkpoint.path)
        (path, metadata, remark) = (file.path, file.header.metadata, checkpoint.remark)
        // By name, so that the same file gives the same sentence every time.
        let names = file.header.entries.map(\.name).sorted()
        format = LoRAFormat(keys: names)
        if let kind = names.lazy.compactMap(LoRAKey.otherKind).first { throw LoRAFileError.kind(path, kind) }
        guard format != .weights else { throw LoRAFileError.noAdapters(path, tensors: names.count) }
        var parts: [String: (a: Tensor?, b: Tensor?, magnitude: Tensor?, alpha: Double?)] = [:]
        for name in names {
            guard let key = LoRAKey(name), key.isOfTransformer else { throw LoRAFileError.foreign(path, key: name) }
            var part = parts[key.module] ?? (nil, nil, nil, nil)
            switch key.role {
            case .down where part.a == nil: part.a = try file.tensor(name)
            case .up where part.b == nil: part.b = try file.tensor(name)
            case .magnitude where part.magnitude == nil:
                let lengths = try file.tensor(name)
                part.magnitude = try lengths.reshaped(lengths.count)
            case .alpha where part.alpha == nil: part.alpha = try LoRAInspection.scalar(name, of: file)
            default: throw LoRAFileError.twice(path, key: name, module: key.module)
            }
            parts[key.module] = part
        }
        let stated = try Self.configuration(beside: path) ?? LoRAMetadata(metadata)
        let path = path
        adapters = try parts.sorted { $0.key < $1.key }.map { module, part in
            guard let a = part.a, let b = part.b else {
                throw LoRAFileError.incomplete(path, module: module, missing: part.a == nil ? "lora_A" : "lora_B")
            }
            guard a.rank == 2, b.rank == 2, a.size(0) > 0, a.size(0) == b.size(1) else {
                throw LoRAFileError.shapes(path, module: module, a.shape, b.shape)
            }
            if let magnitude = part.magnitude, magnitude.count != b.size(0) {
                throw LoRAFileError.shapes(path, module: module, b.shape, magnitude.shape)
            }
            return Adapter(
                module: module, a: a, b: b, magnitude: part.magnitude,
                alpha: part.alpha ?? stated?.alpha(of: module, rank: a.size(0)))
        }
        if stated?.isDecomposed == true, let plain = adapters.first(where: { $0.magnitude == nil }) {
            throw LoRAFileError.incomplete(path, module: plain.module, missing: "lora_magnitude_vector")
        }
        guard adapters.contains(where: { $0.a.count > 0 }) else {
            throw LoRAFileError.noAdapters(path, tensors: names.count)
        }
    }

    /// What peft keeps beside its file.
    private static func configuration(beside path: String) throws -> LoRAMetadata? {
        let config = Path.join(Path.folder(path), "adapter_config.json")
        guard Path.name(path) == "adapter_model.safetensors", Files.exists(config) else { return nil }
        let json = try Files.json(config)
        return LoRAMetadata(json)
    }

    /// Throws for the first matrix with values that are not finite; reads all of them.
    func requireFinite() throws {
        for adapter in adapters {
            let matrices = [("lora_A", adapter.a), ("lora_B", adapter.b)]
            for (name, tensor) in matrices + (adapter.magnitude.map { [("lora_magnitude_vector", $0)] } ?? []) {
                let bad = try tensor.nonFiniteCount()
                if bad > 0 {
                    throw LoRAFileError.notFinite(path, "\(adapter.module).\(name)", bad: bad, of: tensor.count)
                }
            }
        }
    }
    /// Whether every B is zero and no magnitude is there, so that the LoRA changes nothing.
    func hasNoEffect() throws -> Bool {
        try adapters.allSatisfy { try $0.magnitude == nil && $0.b.to(.float32).abs().max().item() == 0 }
    }

    /// What `AdapterSet` takes: `MODULE.lora_A.weight` and `MODULE.lora_B.weight`.
    var tensors: [String: Tensor] {
        var all: [String: Tensor] = [:]
        for adapter in adapters {
            all["\(adapter.module).lora_A.weight"] = adapter.a
            all["\(adapter.module).lora_B.weight"] = adapter.b
            all["\(adapter.module).lora_magnitude_vector"] = adapter.magnitude
        }
        return all
    }
    /// The alpha of each module that the file tells one of.
    var alphas: [String: Double] {
        Dictionary(uniqueKeysWithValues: adapters.compactMap { adapter in adapter.alpha.map { (adapter.module, $0) } })
    }
    /// The ranks that occur, ascending.
    var ranks: [Int] { Set(adapters.map(\.rank)).sorted() }
    /// Endings of the modules' names as `lora.target_modules` takes them, sorted.
    var targets: [String] { Set(adapters.map { LoRAKey.target(of: $0.module) }).sorted() }
}

extension Tensor {
    /// How many elements are NaN or infinite. Waits for the device.
    func nonFiniteCount() throws -> Int {
        guard dtype.isFloating, count > 0 else { return 0 }
        // x − x is 0 for a number and NaN for everything else; NaN differs from itself. A sum is one pass and mostly all.
        let wide = try to(.float32)
        let sum = try wide.sum().item()
        if sum.isFinite { return 0 }
        return try wide.floats().reduce(0) { $0 + ($1.isFinite ? 0 : 1) }
    }
}

/// A LoRA file that cannot be used.
enum LoRAFileError: UserError {
    case foreign(String, key: String)
    case twice(String, key: String, module: String)
    case noAdapters(String, tensors: Int)
    case kind(String, String)
    case incomplete(String, module: String, missing: String)
    case shapes(String, module: String, [Int], [Int])
    case notFinite(String, String, bad: Int, of: Int)

    var kind: String { if case .notFinite = self { "lora.not_finite" } else { "lora.file" } }
    var path: String? {
        switch self {
        case .foreign(let path, _), .twice(let path, _, _), .noAdapters(let path, _), .kind(let path, _),
            .incomplete(let path, _, _),
            .shapes(let path, _, _, _), .notFinite(let path, _, _, _):
            path
        }
    }
    var key: String? {
        switch self {
        case .foreign(_, let key), .twice(_, let key, _), .notFinite(_, let key, _, _): key
        case .incomplete(_, let module, _), .shapes(_, let module, _, _): module
        case .noAdapters, .kind: nil
        }
    }
    var description: String {
        switch self {
        case .foreign(let path, let key):
            "'\(path)' is no LoRA of the LTX-Video transformer: it has the tensor '\(key)'"
        case .twice(let path, let key, let module):
            "'\(path)' has two adapters for '\(module)'; the second is '\(key)'"
        case .noAdapters(let path, let tensors):
            tensors == 0
                ? "'\(path)' is no LoRA: there is no tensor in it"
                : "'\(path)' is no LoRA: none of its \(tensors) tensors is called lora_A, lora_B, lora_down or lora_up"
        case .kind(let path, let kind): "'\(path)' is a \(kind), not a plain LoRA; it is not supported yet"
        case .incomplete(let path, let module, let missing):
            "'\(path)' is not a whole LoRA: '\(module)' has no \(missing)"
        case .shapes(let path, let module, let a, let b):
            "'\(path)': the matrices of '\(module)' have the shapes \(a) and \(b), which do not belong together"
        case .notFinite(let path, _, _, _): "'\(path)' is broken: \(reason); take an older checkpoint"
        }
    }
    /// What is wrong, without the file where the sentence begins with it.
    var reason: String {
        if case .notFinite(_, let name, let bad, let count) = self {
            return "\(bad) of \(count) values of '\(name)' are not finite"
        }
        let file = "'\(path ?? "")' "
        return description.hasPrefix(file) ? "it " + description.dropFirst(file.count) : description
    }
}
