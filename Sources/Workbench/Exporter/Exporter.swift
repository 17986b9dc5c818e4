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
        try convert(source, into: .comfyui, to: destination)
    }
    /// The same under the names of diffusers, with `NAME_diffusers.safetensors` as the default.
    public static func diffusers(_ source: String, to destination: String? = nil) throws -> String {
        try convert(source, into: .diffusers, to: destination)
    }
    /// The same as Kohya's scripts write it, with an alpha a module; `NAME_kohya.safetensors` by default.
    public static func kohya(_ source: String, to destination: String? = nil) throws -> String {
        try convert(source, into: .kohya, to: destination)
    }
    /// A folder as peft writes it, `adapter_model.safetensors` with `adapter_config.json`; `NAME_peft` by default.
    public static func peft(_ source: String, to destination: String? = nil) throws -> String {
        try convert(source, into: .peft, to: destination)
    }

    /// What is in a LoRA file, or in the last checkpoint of an output folder. Of a whole LoRA the values are looked at, too.
    ///
    /// Throws `FileError`, `SafetensorsError` or `ExporterError`.
    public static func inspect(_ source: String) throws -> LoRAInspection {
        try LoRAInspection(Safetensors.File(CheckpointSource.file(source)))
    }

    /// Writes a LoRA in one of the spellings that others read; returns the path. See `comfyui`.
    public static func convert(_ source: String, into format: LoRAFormat, to destination: String? = nil) throws
        -> String
    {
        let file = try LoRAFile(source)
        try file.requireFinite()
        let isFolded = file.adapters.allSatisfy { $0.strength == 1 }
        if destination?.isEmpty ?? true, file.format == format, isFolded || format.statesAlpha { return file.path }
        let output = try LoRAOutput(for: file.path, destination, format)
        try output.write(file.adapters, metadata: file.metadata)
        return output.path
    }

    /// A LoRA that is nothing but products of two matrices. Throws `ExporterError.decomposed`, and as `LoRAFile`.
    static func plain(_ source: String, _ done: String) throws -> LoRAFile {
        let file = try LoRAFile(source)
        guard file.adapters.allSatisfy({ $0.magnitude == nil }) else {
            throw ExporterError.decomposed(path: file.path, done)
        }
        return file
    }

    /// What became of one file of a folder.
    public struct Converted: Sendable {
        /// The file, and what it was written to.
        public let source: String, path: String?
        /// Why it was not.
        public let failure: (any Error)?
    }
    /// Every LoRA of a folder in another spelling. What cannot be converted does not keep the others from it.
    ///
    /// - Parameter destination: a folder; nil for the files' own.
    /// Throws `FileError` for the folder, and `Cancelled`.
    public static func batch(
        _ folder: String, into format: LoRAFormat, to destination: String? = nil, monitor: Monitor = Monitor()
    ) throws -> [Converted] {
        let folder = Path.expandingTilde(folder)
        let names = try Files.list(folder).filter { name in
            // What was written by an earlier call is no source.
            name.hasSuffix(".safetensors") && !name.hasPrefix(".")
                && !LoRAFormat.written.contains { Path.stem(name).hasSuffix($0.suffix) }
        }
        if let destination { try Files.makeFolder(Path.expandingTilde(destination)) }
        return try names.enumerated().map { index, name in
            try monitor.checkpoint()
            monitor.report(Progress("converting", index, of: names.count, "files", [("file", name)]))
            let source = Path.join(folder, name)
            do {
                return Converted(source: source, path: try convert(source, into: format, to: destination), failure: nil)
            } catch {
                return Converted(source: source, path: nil, failure: error)
            }
        }
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
    /// A folder of a run that trained the whole model.
    case wholeModel(folder: String)
    /// The output would replace the input.
    case sameFile(path: String)
    /// The output is no `.safetensors` file.
    case wrongExtension(path: String)
    /// The output is a file where it must be a folder.
    case noFolder(path: String)
    /// An option that makes no sense.
    case option(String, String)
    /// A DoRA where the product of two matrices is all that there may be, and what was to be done to it.
    case decomposed(path: String, String)

    /// `"export.no_checkpoint"` and its kin.
    public var kind: String {
        switch self {
        case .noCheckpoint: "export.no_checkpoint"
        case .wholeModel: "export.whole_model"
        case .sameFile, .wrongExtension, .noFolder: "export.output"
        case .option: "export.option"
        case .decomposed: "lora.kind"
        }
    }
    /// The file or folder.
    public var path: String? {
        switch self {
        case .noCheckpoint(let path), .wholeModel(let path), .sameFile(let path), .wrongExtension(let path),
            .noFolder(let path), .decomposed(let path, _):
            path
        case .option: nil
        }
    }
    /// The option.
    public var key: String? { if case .option(let name, _) = self { name } else { nil } }
    /// One line with the file and the way out.
    public var description: String {
        switch self {
        case .noCheckpoint(let folder):
            "no checkpoint in '\(folder)' (looked for *step_N.safetensors in it, in checkpoints and in ckpt)"
        case .wholeModel(let folder):
            "'\(folder)' holds whole models and no LoRA; diffusers reads its model_weights_step_N folders as they are"
        case .sameFile(let path): "'\(path)' is the file to convert; give the result another name"
        case .wrongExtension(let path): "'\(path)' must end in .safetensors"
        case .noFolder(let path): "'\(path)' must be a folder: peft's form has two files"
        case .option(let name, let reason): "'\(name)' \(reason)"
        case .decomposed(let path, let what):
            "'\(path)' is a DoRA, which cannot be \(what): its weights are not a sum; use it as it is"
        }
    }
}
