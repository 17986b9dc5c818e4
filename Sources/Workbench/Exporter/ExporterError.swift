import Base

/// Why a LoRA cannot be exported or inspected.
public enum ExporterError: UserError {
    /// A folder without checkpoints.
    case noCheckpoint(folder: String)
    /// Not one key has the prefix that is to be replaced.
    case nothingToConvert(path: String, wanted: LoRAFormat, found: LoRAFormat)
    /// Some keys have the prefix and some do not.
    case foreignKey(path: String, tensor: String, wanted: LoRAFormat)
    /// Two keys that would get the same name.
    case collision(path: String, tensor: String)
    /// The output would replace the input.
    case sameFile(path: String)
    /// The output is no `.safetensors` file.
    case wrongExtension(path: String)

    /// `"export.no_checkpoint"` and its kin.
    public var kind: String {
        switch self {
        case .noCheckpoint: "export.no_checkpoint"
        case .nothingToConvert: "export.nothing_to_convert"
        case .foreignKey, .collision: "export.foreign_key"
        case .sameFile, .wrongExtension: "export.output"
        }
    }
    /// The file or folder.
    public var path: String? {
        switch self {
        case .noCheckpoint(let path), .nothingToConvert(let path, _, _), .foreignKey(let path, _, _),
            .collision(let path, _), .sameFile(let path), .wrongExtension(let path):
            path
        }
    }
    /// The tensor, where there is one.
    public var key: String? {
        switch self {
        case .foreignKey(_, let tensor, _), .collision(_, let tensor): tensor
        default: nil
        }
    }
    /// One line with the file and the way out.
    public var description: String {
        switch self {
        case .noCheckpoint(let folder):
            "no checkpoint in '\(folder)' (looked for *step_N.safetensors in it, in checkpoints and in ckpt)"
        case .nothingToConvert(let path, let wanted, let found):
            found == wanted.other
                ? "'\(path)' is already in \(found.title) format; nothing to convert"
                : "'\(path)' has no key that starts with '\(wanted.prefix)'; it is \(found.title), not a \(wanted.title) LoRA"
        case .foreignKey(let path, let tensor, let wanted):
            "'\(path)': the key '\(tensor)' does not start with '\(wanted.prefix)' as the others do"
        case .collision(let path, let tensor): "'\(path)': two keys would both become '\(tensor)'"
        case .sameFile(let path): "'\(path)' is the file to convert; give the result another name"
        case .wrongExtension(let path): "'\(path)' must end in .safetensors"
        }
    }
}
