import Base
import NN
import Torch
import VisionLanguage

/// `qwen3.*` and `qwen3_523.*`: tokens, frames, pictures, features, positions and generation of Qwen3-VL.
public struct Qwen3Stage: ParityStage {
    /// What `--stage` takes.
    public let name = "qwen3"

    /// One of them.
    public init() {}

    /// One row a value. Nothing for the folder of another model.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.isOf("qwen3_dir", model.folder) else { return [] }
        let family = try Qwen3Family(folder: model.folder, nil)
        let qwen = try Qwen3Model.load(model.folder, .init(.float32, on: model.device))
        let generation = CaptionGeneration(language: qwen.language, settings: family.settings, goldens: goldens)
        var rows = try goldens.tokens(name, family.tokenizer.encode)
        rows += try goldens.frameChoices(name) { family.frames(of: $0, fps: $1, wanted: $2) }
        try withoutGradients {
            for prefix in ["qwen3", "qwen3.img"] where goldens.has("\(prefix).gen_ids") {
                rows += try generated(family, qwen, generation, prefix, "qwen3")
            }
            if goldens.has("qwen3_523.gen_ids") {
                let new = try Qwen3Family(folder: model.folder, .five)
                rows += try generated(new, qwen, generation, "qwen3_523", "qwen3").map { $0.named("523.\($0.label)") }
            }
        }
        return rows
    }
    /// `source`: where the video is.
    private func generated(
        _ family: Qwen3Family, _ model: Qwen3Model, _ generation: CaptionGeneration, _ prefix: String, _ source: String
    ) throws -> [ParityRow] {
        let goldens = generation.goldens, isVideo = !prefix.hasSuffix("img"), label = isVideo ? "" : "img."
        let pictures = try isVideo ? goldens["\(source).frames"] : goldens["\(prefix).image"].unsqueezed(0)
        var shown = try ShownPictures(of: pictures, isVideo: isVideo, family)
        let taken = goldens.metadata["\(source).video_metadata"]
        if isVideo, let fps = taken?["fps"]?.number {
            shown.times = (taken?["frames_indices"]?.array ?? []).compactMap { $0.number.map { $0 / fps } }
        }
        let (patches, grid) = try family.values(shown), features = try model.features(patches, grid)
        let ids = try family.tokenizer.encode(family.text(CaptionInstruction.usual, shown))
        let positions = try model.positions(ids, [grid])
        var rows = [
            try ParityRow.compare(
                label + "input_ids", Tensor(ids), goldens["\(prefix).input_ids"].select(0, 0), Tolerance.exact),
            try .compare(
                label + "position_ids", Tensor(positions.axes.flatMap { $0 }, shape: [3, 1, ids.count]),
                goldens["\(prefix).position_ids"], Tolerance.exact),
        ]
        let key = isVideo ? "pixel_values_videos" : "pixel_values"
        let stored = [key: patches, "features": features.tokens].merging(
            features.deep.enumerated().map { ("deepstack.\($0)", $1) }
        ) { $1 }
        for (key, ours) in stored.sorted(by: { $0.key < $1.key }) where goldens.has("\(prefix).\(key)") {
            rows.append(try .compare(label + key, ours, goldens["\(prefix).\(key)"], Tolerance.forward))
        }
        return try rows
            + generation.rows(label, prefix, model.prompt(ids, [features], positions), Tolerance.forward)
    }
}
