import Base

/// The checkpoint that a path means: the file itself, or the last one of an output folder.
enum CheckpointSource {
    /// A file stands for itself. In an output folder, its `checkpoints` or the GUI fork's `ckpt`, the
    /// `*step_N.safetensors` with the highest N is taken; copies for ComfyUI and temporary files do not count.
    ///
    /// Throws `FileError` or `ExporterError`.
    static func file(_ path: String) throws -> String {
        let path = Path.expandingTilde(path)
        guard Files.isFolder(path) else {
            guard Files.exists(path) else { throw FileError.missing(path) }
            return path
        }
        for folder in [Path.join(path, "checkpoints"), Path.join(path, "ckpt"), path] where Files.isFolder(folder) {
            let steps = try Files.list(folder).compactMap { name in step(of: name).map { (step: $0, name: name) } }
            if let last = steps.max(by: { $0.step < $1.step }) { return Path.join(folder, last.name) }
        }
        throw ExporterError.noCheckpoint(folder: path)
    }

    /// The number behind `step_`; `nil` for a file that is no checkpoint of a run.
    static func step(of name: String) -> Int? {
        let stem = Path.stem(name)
        guard Path.fileExtension(name) == "safetensors", !name.hasPrefix("."), !stem.hasPrefix("comfy_"),
            !stem.hasSuffix("_comfy"), !stem.hasSuffix("_diffusers"), let place = stem.ranges(of: "step_").last
        else { return nil }
        return Int(stem[place.upperBound...])
    }
}
