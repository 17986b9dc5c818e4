import Base
import Torch

/// A LoRA checkpoint of this trainer or upstream's: `transformer.PATH.lora_{A,B}.weight`.
struct LoRAFile {
    let path: String
    /// By key without the prefix.
    let tensors: [String: Tensor]

    /// Opens a file, or the newest checkpoint of a run's folder. ComfyUI files are read as well.
    init(_ source: String) throws {
        path = try CheckpointSource.file(source)
        var tensors: [String: Tensor] = [:]
        for (key, tensor) in try Safetensors.read(path) {
            // ComfyUI's names become those of diffusers, which the modules have here.
            let name = key.hasPrefix(LoRAFormat.diffusers.prefix) ? key : LoRAFormat.diffusers.converting(key)
            let bare = name.map { String($0.dropFirst(LoRAFormat.diffusers.prefix.count)) }
            guard let bare, bare.hasSuffix(".lora_A.weight") || bare.hasSuffix(".lora_B.weight") else {
                throw LoRAFileError.foreign(path, key: key)
            }
            tensors[bare] = tensor
        }
        self.tensors = tensors
    }
}

/// A LoRA file that cannot be used.
enum LoRAFileError: UserError {
    case foreign(String, key: String)

    var kind: String { "lora.file" }
    var path: String? {
        switch self {
        case .foreign(let path, _): path
        }
    }
    var key: String? { if case .foreign(_, let key) = self { key } else { nil } }
    var description: String {
        switch self {
        case .foreign(let path, let key):
            "'\(path)' is no LoRA of the LTX-Video transformer: it has the tensor '\(key)'"
        }
    }
}
