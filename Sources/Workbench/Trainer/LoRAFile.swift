import Foundations
import Torch

/// A LoRA checkpoint of this trainer or upstream's: `transformer.PATH.lora_{A,B}.weight`.
struct LoRAFile {
    let path: String
    /// By key without the prefix.
    let tensors: [String: Tensor]

    /// Opens a file, or the newest checkpoint of a run's folder. ComfyUI files are read as well.
    init(_ source: String) throws {
        path = try Self.newest(source)
        var tensors: [String: Tensor] = [:]
        for (key, tensor) in try Safetensors.read(path) {
            let bare = ["transformer.", "diffusion_model."].first { key.hasPrefix($0) }.map { String(key.dropFirst($0.count)) }
            guard let bare, bare.hasSuffix(".lora_A.weight") || bare.hasSuffix(".lora_B.weight") else {
                throw LoRAFileError.foreign(path, key: key)
            }
            tensors[bare] = tensor
        }
        self.tensors = tensors
    }

    /// Writes the ComfyUI form: the prefix is `diffusion_model.`, nothing else changes.
    func writeComfy(to file: String) throws {
        try Safetensors.write(
            Dictionary(uniqueKeysWithValues: tensors.map { ("diffusion_model.\($0.key)", $0.value) }), metadata: [:], to: file)
    }

    /// `source` itself when it is a file; in a folder the checkpoint with the highest step.
    private static func newest(_ source: String) throws -> String {
        guard Files.isFolder(source) else { return source }
        let folder = Files.isFolder(Path.join(source, "checkpoints")) ? Path.join(source, "checkpoints") : source
        let found = try Files.list(folder).compactMap { name -> (step: Int, name: String)? in
            guard name.hasPrefix("lora_weights_step_"), name.hasSuffix(".safetensors") else { return nil }
            return Int(name.dropFirst(18).dropLast(12)).map { ($0, name) }
        }
        guard let last = found.max(by: { $0.step < $1.step }) else { throw LoRAFileError.none(source) }
        return Path.join(folder, last.name)
    }
}

/// A LoRA file that cannot be used.
enum LoRAFileError: UserError {
    case foreign(String, key: String)
    case none(String)

    var kind: String { "lora.file" }
    var path: String? {
        switch self {
        case .foreign(let path, _), .none(let path): path
        }
    }
    var key: String? { if case .foreign(_, let key) = self { key } else { nil } }
    var description: String {
        switch self {
        case .foreign(let path, let key): "'\(path)' is no LoRA of the LTX-Video transformer: it has the tensor '\(key)'"
        case .none(let path): "'\(path)' holds no checkpoint (lora_weights_step_NNNNN.safetensors)"
        }
    }
}
