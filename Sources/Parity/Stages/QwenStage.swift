import Base
import NN
import Torch
import VisionLanguage

/// `qwen.*` and `qwenr.*`: tokens, pictures, features, positions and generation of Qwen2.5-VL, as transformers 4.52 has them.
public struct QwenStage: ParityStage {
    /// What `--stage` takes.
    public let name: String
    /// What the golden file calls the folder that its values came out of.
    private let folderKey: String

    /// config.json as it was first published, and as transformers saves it again.
    public static let all = [
        QwenStage(name: "qwen", folderKey: "qwen_dir"), QwenStage(name: "qwenr", folderKey: "qwen_resaved_dir"),
    ]

    /// One row a value. Nothing for the folder of another model.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.isOf(folderKey, model.folder) else { return [] }
        let family = try QwenFamily(folder: model.folder, nil)
        let qwen = try QwenModel.load(model.folder, .init(.float32, on: model.device))
        var rows = try goldens.tokens(name, family.tokenizer.encode) + positions(qwen, goldens)
        let generation = CaptionGeneration(language: qwen.language, settings: family.settings, goldens: goldens)
        let cases = goldens.keys(after: "\(name).").filter {
            $0 == "gen_ids" || $0.hasSuffix(".gen_ids") && !$0.contains("row")
        }
        try withoutGradients {
            for key in cases {
                let prefix = key == "gen_ids" ? name : "\(name).\(key.dropLast(".gen_ids".count))"
                rows +=
                    try prefix.hasSuffix(".batch")
                    ? batch(qwen, generation, prefix) : one(family, qwen, generation, prefix)
            }
        }
        return rows
    }

    // MARK: Positions

    /// Position ids alone, of larger grids than the pictures here have; where the file has them, transformers 5's, too.
    private func positions(_ model: QwenModel, _ goldens: Goldens) throws -> [ParityRow] {
        try goldens.keys(after: "\(name).pos.").filter { $0.hasSuffix(".position_ids") }.flatMap { key in
            let place = "pos.\(key.dropLast(".position_ids".count))"
            guard try goldens["\(name).\(place).input_ids"].size(0) == 1 else { return [ParityRow]() }
            return try position(model, goldens, "\(name).\(place)") + newPosition(model, goldens, place)
        }
    }
    private func position(_ model: QwenModel, _ goldens: Goldens, _ prefix: String) throws -> [ParityRow] {
        let ids = try goldens["\(prefix).input_ids"].ints()
        let ours = try model.positions(ids, media(model, goldens, prefix, ids))
        return [
            try .compare(
                String("\(prefix.dropFirst(name.count + 1)).position_ids".trimmingPrefix(".")),
                Tensor(ours.axes.flatMap { $0 }, shape: [3, 1, ids.count]), goldens["\(prefix).position_ids"],
                Tolerance.exact)
        ]
    }
    private func newPosition(_ model: QwenModel, _ goldens: Goldens, _ place: String) throws -> [ParityRow] {
        let prefix = "\(name)523.\(place)"
        guard goldens.has("\(prefix).position_ids") else { return [] }
        let ids = try goldens["\(name).\(place).input_ids"].ints()
        var ours = try model.positions(
            ids, media(model, goldens, "\(name).\(place)", ids, areWhole: false), .sides)
        let axes = ours.axes.flatMap { $0 }, next = ours.advance().axes[0][0] - ids.count
        return [
            try .compare(
                "523.\(place).position_ids", Tensor(axes, shape: [3, 1, ids.count]), goldens["\(prefix).position_ids"],
                Tolerance.exact),
            try .compare(
                "523.\(place).rope_deltas", Tensor([next], shape: [1, 1]), goldens["\(prefix).rope_deltas"],
                Tolerance.exact),
        ]
    }
    /// Images and videos in the order in which the prompt shows them. 4.52 cuts seconds to whole ones.
    private func media(
        _ model: QwenModel, _ goldens: Goldens, _ prefix: String, _ ids: [Int], areWhole: Bool = true
    ) throws -> [(grid: VisualGrid, seconds: Double?)] {
        var images = try goldens.grids("\(prefix).image_grid_thw")[...]
        var videos = try goldens.grids("\(prefix).video_grid_thw")[...]
        let key = "\(prefix).second_per_grid_ts"
        var seconds = try (goldens.has(key) ? goldens[key].floats() : []).map {
            areWhole ? Double(Int($0)) : Double($0)
        }[...]
        var media: [(grid: VisualGrid, seconds: Double?)] = [], place = 0
        while place < ids.count {
            if ids[place] == model.config.imageToken, let grid = images.popFirst() {
                media.append((grid, nil))
                place += grid.tokens(model.config.vision.merge)
            } else if ids[place] == model.config.videoToken, let grid = videos.popFirst() {
                media.append((grid, seconds.popFirst() ?? 1))
                place += grid.tokens(model.config.vision.merge)
            } else {
                place += 1
            }
        }
        return media
    }

    // MARK: Generation

    private func one(
        _ family: QwenFamily, _ model: QwenModel, _ generation: CaptionGeneration, _ prefix: String
    ) throws -> [ParityRow] {
        let goldens = generation.goldens, label = prefix == name ? "" : "\(prefix.dropFirst(name.count + 1))."
        let ids = try goldens["\(prefix).input_ids"].ints()
        var rows = try position(model, goldens, prefix), features: [Tensor] = []
        if let shown = try shown(family, goldens, prefix) {
            let (patches, grid) = try family.values(shown), tower = try model.features(patches, grid)
            let key = shown.shape.frames == nil ? "pixel_values" : "pixel_values_videos"
            let text = try family.tokenizer.encode(family.text(CaptionInstruction.usual, shown))
            rows += [
                try .compare(label + key, patches, goldens["\(prefix).\(key)"], Tolerance.forward),
                try .compare(label + "features", tower, goldens["\(prefix).features"], Tolerance.forward),
                try .compare(
                    label + "input_ids", Tensor(text), goldens["\(prefix).input_ids"].select(0, 0), Tolerance.exact),
            ]
            features = [tower]
        } else {
            // Several media: their features as the reference has them, the image first.
            for key in ["image_features", "features"] where goldens.has("\(prefix).\(key)") {
                features.append(try goldens["\(prefix).\(key)"])
            }
        }
        let positions = try model.positions(ids, media(model, goldens, prefix, ids))
        return try rows + generation.rows(label, prefix, model.prompt(ids, features, positions), Tolerance.forward)
    }
    /// Prompts padded to one length: row 0 with an image, row 1 with a video.
    private func batch(_ model: QwenModel, _ generation: CaptionGeneration, _ prefix: String) throws -> [ParityRow] {
        let goldens = generation.goldens, all = try goldens.prompts(prefix)
        let media = try [
            (goldens.grids("\(prefix).image_grid_thw"), nil as Double?), (goldens.grids("\(prefix).video_grid_thw"), 1),
        ]
        let prompts = try zip(all, zip(media, ["image_features", "features"])).map { ids, shown in
            let positions = try model.positions(ids, shown.0.0.map { ($0, shown.0.1) })
            return try model.prompt(ids, [goldens["\(prefix).\(shown.1)"]], positions)
        }
        return try generation.compared(
            "batch.", prompts.indices.map { "\(prefix).row\($0)" }, prompts, generation.settings.penalty,
            Tolerance.forward)
    }
    /// The pictures, where the file has them and what became of them.
    private func shown(_ family: QwenFamily, _ goldens: Goldens, _ prefix: String) throws -> ShownPictures? {
        let isVideo = goldens.has("\(prefix).pixel_values_videos")
        guard isVideo || goldens.has("\(prefix).pixel_values") else { return nil }
        let pictures = try isVideo ? goldens["\(prefix).frames"] : goldens["\(prefix).image"].unsqueezed(0)
        return try ShownPictures(of: pictures, isVideo: isVideo, family)
    }
}

extension ShownPictures {
    /// Pictures (count, height, width, 3) out of a golden file, as a family looks at them.
    init(of pictures: Tensor, isVideo: Bool, _ family: some VisionLanguageFamily) throws {
        let shape = PictureShape(
            frames: isVideo ? pictures.size(0) : nil, height: pictures.size(1), width: pictures.size(2))
        self.init(try family.prepared(pictures, shape), shape)
    }
}
/// What the reference asked.
enum CaptionInstruction {
    static let usual = "Shortly describe the content of this video in two sentences."
}
