import Base
import Torch

/// The checkpoint that a path means: the file itself, or the newest whole one of an output folder.
struct CheckpointSource {
    /// The file to read.
    let path: String
    /// What is worth a sentence: that a newer file is damaged.
    let remark: String?

    /// A file stands for itself. In an output folder, its `checkpoints` or the GUI fork's `ckpt`, the
    /// `*step_N.safetensors` with the highest N that can be opened is taken; copies for ComfyUI and temporary files do not
    /// count. In a folder without any, the only `.safetensors` file.
    ///
    /// Throws `FileError`, `ExporterError`, or what is wrong with the newest file when no other can be opened either.
    init(_ source: String) throws {
        let source = Path.expandingTilde(source)
        guard Files.isFolder(source) else {
            guard Files.exists(source) else { throw FileError.missing(source) }
            (path, remark) = (source, nil)
            return
        }
        let candidates = try Self.candidates(in: source)
        guard let newest = candidates.first else {
            throw ModelWeights.isThere(in: source)
                ? ExporterError.wholeModel(folder: source) : ExporterError.noCheckpoint(folder: source)
        }
        var failure: (any Error)?
        for candidate in candidates {
            do { _ = try Safetensors.File(candidate) } catch {
                failure = failure ?? error
                continue
            }
            path = candidate
            remark = failure.map { "\($0); '\(candidate)' is taken instead" }
            return
        }
        throw failure ?? FileError.missing(newest)
    }

    /// The path that a source means.
    static func file(_ source: String) throws -> String { try CheckpointSource(source).path }

    /// The newest first.
    private static func candidates(in source: String) throws -> [String] {
        for folder in [Path.join(source, "checkpoints"), Path.join(source, "ckpt"), source] where Files.isFolder(folder)
        {
            let steps = try Files.list(folder).compactMap { name in step(of: name).map { (step: $0, name: name) } }
            if !steps.isEmpty { return steps.sorted { $0.step > $1.step }.map { Path.join(folder, $0.name) } }
        }
        let others = try Files.list(source).filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }
        return others.count == 1 ? [Path.join(source, others[0])] : []
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
