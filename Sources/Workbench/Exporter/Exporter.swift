import Base
import Torch

/// LoRA files for other programs: every spelling that is known is read, strength is kept.
public enum Exporter {
    /// Writes a LoRA under ComfyUI's names; returns the path.
    ///
    /// ComfyUI's loaders disagree on where an alpha is to be found, so each B carries its alpha / rank and the file tells none.
    ///
    /// - Parameters:
    ///   - source: a file, or an output folder whose last checkpoint is taken.
    ///   - destination: a file, a folder, or `nil` for `NAME_comfy.safetensors` beside the source. A file that is ComfyUI's
    ///     already is then left alone, and its own path returned.
    /// Throws `FileError`, `SafetensorsError`, `LoRAFileError` or `ExporterError`.
    public static func comfyui(_ source: String, to destination: String? = nil) throws -> String {
        try convert(source, to: destination, into: .comfyui, suffix: "_comfy")
    }

    /// The same under the names of diffusers, with `NAME_diffusers.safetensors` as the default.
    public static func diffusers(_ source: String, to destination: String? = nil) throws -> String {
        try convert(source, to: destination, into: .diffusers, suffix: "_diffusers")
    }

    /// What is in a LoRA file, or in the last checkpoint of an output folder. Of a whole LoRA the values are looked at, too.
    ///
    /// Throws `FileError`, `SafetensorsError` or `ExporterError`.
    public static func inspect(_ source: String) throws -> LoRAInspection {
        try LoRAInspection(Safetensors.File(CheckpointSource.file(source)))
    }

    private static func convert(
        _ source: String, to destination: String?, into format: LoRAFormat, suffix: String
    ) throws -> String {
        let file = try LoRAFile(source)
        try file.requireFinite()
        if destination?.isEmpty ?? true, file.format == format, file.adapters.allSatisfy({ $0.strength == 1 }) {
            return file.path
        }
        let output = try output(for: file.path, destination, suffix)
        var tensors: [String: Tensor] = [:]
        for adapter in file.adapters {
            tensors[format.key(adapter.module, .down)] = adapter.a
            tensors[format.key(adapter.module, .up)] = try adapter.foldedB
        }
        try Safetensors.write(tensors, metadata: metadata(of: file), to: output)
        return output
    }

    /// What the source says that is still true, and what its reader would otherwise have to guess.
    private static func metadata(of file: LoRAFile) -> [String: String] {
        // Folded: every alpha is the rank now.
        let adapters = file.adapters.map { (module: $0.module, rank: $0.rank, alpha: Double($0.rank)) }
        let outdated = ["ss_network_alpha", "rank", "alpha"]
        return file.metadata.filter { !outdated.contains($0.key) }.merging(LoRAMetadata.texts(adapters)) { $1 }
    }

    /// The file to write: beside the source under its name with a suffix, which takes the place of an earlier one.
    private static func output(for source: String, _ destination: String?, _ suffix: String) throws -> String {
        var stem = Path.stem(source)
        for old in ["_comfy", "_diffusers"] where stem.hasSuffix(old) { stem = String(stem.dropLast(old.count)) }
        let name = stem + suffix + ".safetensors"
        guard let destination, !destination.isEmpty else {
            let path = Path.join(Path.folder(source), name)
            // A file of that name may hold an alpha that is to be folded.
            return Path.absolute(path) == Path.absolute(source)
                ? Path.join(Path.folder(source), stem + suffix + "_folded.safetensors") : path
        }
        let path = Path.expandingTilde(destination)
        if Files.isFolder(path) { return Path.join(path, name) }
        if path.hasSuffix("/") {
            try Files.makeFolder(path)
            return Path.join(path, name)
        }
        guard Path.fileExtension(path) == "safetensors" else { throw ExporterError.wrongExtension(path: path) }
        guard Path.absolute(path) != Path.absolute(source) else { throw ExporterError.sameFile(path: path) }
        try Files.makeFolder(Path.folder(path))
        return path
    }
}

extension LoRAFile.Adapter {
    /// B times alpha / rank, rounded once; B itself where that is 1.
    var foldedB: Tensor {
        get throws { strength == 1 ? b : try (b.to(.float32) * strength).to(b.dtype) }
    }
}

/// Why a LoRA cannot be exported or inspected.
public enum ExporterError: UserError {
    /// A folder without checkpoints.
    case noCheckpoint(folder: String)
    /// The output would replace the input.
    case sameFile(path: String)
    /// The output is no `.safetensors` file.
    case wrongExtension(path: String)

    /// `"export.no_checkpoint"` and its kin.
    public var kind: String {
        switch self {
        case .noCheckpoint: "export.no_checkpoint"
        case .sameFile, .wrongExtension: "export.output"
        }
    }
    /// The file or folder.
    public var path: String? {
        switch self {
        case .noCheckpoint(let path), .sameFile(let path), .wrongExtension(let path): path
        }
    }
    /// One line with the file and the way out.
    public var description: String {
        switch self {
        case .noCheckpoint(let folder):
            "no checkpoint in '\(folder)' (looked for *step_N.safetensors in it, in checkpoints and in ckpt)"
        case .sameFile(let path): "'\(path)' is the file to convert; give the result another name"
        case .wrongExtension(let path): "'\(path)' must end in .safetensors"
        }
    }
}
