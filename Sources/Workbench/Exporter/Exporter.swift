import Base
import Torch

/// LoRA files for other programs. Tensors are copied as they are, so nothing but the header is understood,
/// and libtorch is not needed.
public enum Exporter {
    /// Writes a LoRA of this trainer or the reference's under ComfyUI's names; returns the path.
    ///
    /// - Parameters:
    ///   - source: a file, or an output folder whose last checkpoint is taken.
    ///   - destination: a file, a folder, or `nil` for `NAME_comfy.safetensors` beside the source.
    /// Throws `FileError`, `SafetensorsError` or `ExporterError`.
    public static func comfyui(_ source: String, to destination: String? = nil) throws -> String {
        try convert(source, to: destination, into: .comfyui, suffix: "_comfy")
    }

    /// Writes a LoRA in ComfyUI's names under those of diffusers; returns the path. As `comfyui`, the other way round,
    /// with `NAME_diffusers.safetensors` as the default.
    public static func diffusers(_ source: String, to destination: String? = nil) throws -> String {
        try convert(source, to: destination, into: .diffusers, suffix: "_diffusers")
    }

    /// What is in a LoRA file, or in the last checkpoint of an output folder. Reads headers only.
    ///
    /// Throws `FileError`, `SafetensorsError` or `ExporterError`.
    public static func inspect(_ source: String) throws -> LoRAInspection {
        try LoRAInspection(Safetensors.File(CheckpointSource.file(source)))
    }

    private static func convert(
        _ source: String, to destination: String?, into format: LoRAFormat, suffix: String
    ) throws -> String {
        let path = try CheckpointSource.file(source), file = try Safetensors.File(path)
        let output = try output(for: path, destination, suffix)
        var names: Set<String> = []
        let entries = file.header.entries
        guard entries.contains(where: { $0.name.hasPrefix(format.other.prefix) }) else {
            let found = LoRAFormat(keys: entries.map(\.name))
            throw ExporterError.nothingToConvert(path: path, wanted: format.other, found: found)
        }
        let items = try entries.map { entry in
            guard let name = format.converting(entry.name) else {
                throw ExporterError.foreignKey(path: path, tensor: entry.name, wanted: format.other)
            }
            guard names.insert(name).inserted else { throw ExporterError.collision(path: path, tensor: name) }
            return SafetensorsWriter.Item(entry, of: file, name: name)
        }
        // As the reference's converter: no metadata.
        try SafetensorsWriter.write(items, to: output)
        return output
    }

    /// The file to write: beside the source under its name with a suffix, which takes the place of an earlier one.
    private static func output(for source: String, _ destination: String?, _ suffix: String) throws -> String {
        var stem = Path.stem(source)
        for old in ["_comfy", "_diffusers"] where stem.hasSuffix(old) { stem = String(stem.dropLast(old.count)) }
        let name = stem + suffix + ".safetensors"
        guard let destination, !destination.isEmpty else { return Path.join(Path.folder(source), name) }
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
