import Base
import LTXVideo
import Torch

/// The weights of a whole transformer under diffusers' names, whoever saved them.
struct ModelWeights {
    /// The file, or the folder of the files.
    let path: String
    let tensors: [String: Tensor]

    /// A file, a folder as diffusers has a transformer, a model's folder with one in it, or a run's output folder, whose newest
    /// checkpoint is taken. Names may be Lightricks' own, and those of a compiled model (`_orig_mod.`). Throws `FileError`,
    /// `SafetensorsError` or `ModelWeightsError`.
    init(_ source: String) throws {
        let source = Path.expandingTilde(source)
        guard Files.exists(source) else { throw FileError.missing(source) }
        path = try Self.place(source)
        let found =
            try Files.isFolder(path)
            ? Checkpoint.read(path, stem: Transformer.weightsName) : Safetensors.read(path)
        if LoRAFormat(keys: Array(found.keys)) != .weights { throw ModelWeightsError.lora(path) }
        var tensors: [String: Tensor] = [:]
        for (key, tensor) in found {
            guard let name = CheckpointKeys.transformer(key.replacing("_orig_mod.", with: "")) else { continue }
            let plain = name.hasPrefix("transformer.") ? String(name.dropFirst(12)) : name
            guard tensors.updateValue(tensor, forKey: plain) == nil else {
                throw SafetensorsError.tensor(path, key, "is there twice, as '\(plain)'")
            }
        }
        self.tensors = tensors
    }

    /// The file or folder that a source means.
    private static func place(_ source: String) throws -> String {
        guard Files.isFolder(source) else { return source }
        for folder in [Path.join(source, "checkpoints"), source] where Files.isFolder(folder) {
            let steps = try Files.list(folder).compactMap { name in step(of: name).map { (step: $0, name: name) } }
            if let newest = steps.max(by: { $0.step < $1.step }) { return Path.join(folder, newest.name) }
        }
        for folder in [source, Path.join(source, "transformer")] {
            let files = (try? Files.list(folder)) ?? []
            if files.contains(where: { $0.hasPrefix(Transformer.weightsName) }) { return folder }
        }
        throw ModelWeightsError.none(source)
    }

    /// Whether a run that trains the whole model has left a checkpoint in its output folder.
    static func isThere(in folder: String) -> Bool {
        [Path.join(folder, "checkpoints"), folder].contains { folder in
            ((try? Files.list(folder)) ?? []).contains { step(of: $0) != nil }
        }
    }

    // MARK: Checkpoints of runs

    /// Of a checkpoint of a run that trains the whole model.
    static func name(_ digits: String) -> String { "model_weights_step_\(digits)" }
    /// The number behind `step_`; nil for anything else. The reference writes one file, this trainer a folder.
    static func step(of name: String) -> Int? {
        guard name.hasPrefix("model_weights_step_") else { return nil }
        return Int(Path.fileExtension(name) == "safetensors" ? Path.stem(name).dropFirst(19) : name.dropFirst(19))
    }

    /// Writes a folder that diffusers' `from_pretrained` reads: `config.json` and the weights, in several files where they are large.
    /// It appears whole or not at all.
    static func write(
        _ tensors: [(name: String, tensor: Tensor)], _ sizes: TransformerConfiguration, metadata: [String: String],
        to path: String, shardBytes: Int = 10_000_000_000
    ) throws {
        var shards: [[(name: String, tensor: Tensor)]] = [[]], filled = 0, total = 0
        for entry in tensors {
            let bytes = entry.tensor.byteCount
            if filled + bytes > shardBytes, filled > 0 {
                shards.append([])
                filled = 0
            }
            shards[shards.count - 1].append(entry)
            (filled, total) = (filled + bytes, total + bytes)
        }
        let stem = Transformer.weightsName
        try AtomicFolder.replace(path) { folder in
            try AtomicFile.write(sizes.json.text() + "\n", to: Path.join(folder, "config.json"))
            var map = JSONObject()
            for (number, shard) in shards.enumerated() {
                let name =
                    shards.count == 1
                    ? "\(stem).safetensors" : "\(stem)-\(digits(number + 1))-of-\(digits(shards.count)).safetensors"
                for entry in shard { map[entry.name] = .string(name) }
                let onHost = try shard.map { ($0.name, try $0.tensor.detached().to(.cpu)) }
                try Safetensors.write(
                    Dictionary(uniqueKeysWithValues: onHost), metadata: metadata, to: Path.join(folder, name))
            }
            guard shards.count > 1 else { return }
            let index: JSON = .object(
                JSONObject([
                    ("metadata", .object(JSONObject([("total_size", .integer(total))]))), ("weight_map", .object(map)),
                ]))
            try AtomicFile.write(index.text() + "\n", to: Path.join(folder, "\(stem).safetensors.index.json"))
        }
    }
    private static func digits(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}

extension TransformerConfiguration {
    /// As diffusers writes `config.json`.
    var json: JSON {
        .object(
            JSONObject([
                ("_class_name", .string("LTXVideoTransformer3DModel")),
                ("activation_fn", .string("gelu-approximate")),
                ("attention_bias", .bool(attentionBias)), ("attention_head_dim", .integer(headSize)),
                ("attention_out_bias", .bool(attentionOutBias)), ("caption_channels", .integer(captionChannels)),
                ("cross_attention_dim", .integer(crossAttentionWidth)), ("in_channels", .integer(inChannels)),
                ("norm_elementwise_affine", .bool(false)), ("norm_eps", .number(1e-6)),
                ("num_attention_heads", .integer(heads)), ("num_layers", .integer(layers)),
                ("out_channels", .integer(outChannels)), ("patch_size", .integer(1)), ("patch_size_t", .integer(1)),
                ("qk_norm", .string("rms_norm_across_heads")),
            ]))
    }
}

/// Weights that are none of a whole transformer.
enum ModelWeightsError: UserError {
    case none(String)
    case lora(String)

    var kind: String { "model.weights" }
    var path: String? {
        switch self {
        case .none(let path), .lora(let path): path
        }
    }
    var key: String? { "model.load_checkpoint" }
    var description: String {
        switch self {
        case .none(let path):
            "'\(path)' holds no weights of a transformer: no checkpoint model_weights_step_N of a run, and no "
                + "\(Transformer.weightsName).safetensors"
        case .lora(let path):
            "'\(path)' is a LoRA, and model.training_mode = full begins with a whole transformer; take "
                + "model.training_mode = lora to train it further"
        }
    }
}
