import Base
import NN
import Text
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
        guard let folder = goldens.metadata[folderKey]?.string, Path.name(folder) == Path.name(model.folder) else {
            return []
        }
        let qwen = try QwenModel.load(model.folder, .init(.float32, on: model.device))
        let tokenizer = try ByteLevelTokenizer(file: Path.join(model.folder, "tokenizer.json"))
        var rows = try tokens(tokenizer, goldens) + positions(qwen, goldens)
        let cases = goldens.keys(after: "\(name).").filter {
            $0 == "gen_ids" || $0.hasSuffix(".gen_ids") && !$0.contains("row")
        }
        try withoutGradients {
            for key in cases {
                let prefix = key == "gen_ids" ? name : "\(name).\(key.dropLast(".gen_ids".count))"
                // Rows of a batch are compared with the same rows alone.
                if prefix.hasSuffix("batch") { continue }
                rows += try generation(qwen, tokenizer, goldens, prefix, model.folder)
            }
        }
        return rows
    }

    private func tokens(_ tokenizer: ByteLevelTokenizer, _ goldens: Goldens) throws -> [ParityRow] {
        guard let prompts = goldens.metadata["prompts"]?.object else { return [] }
        return try prompts.members.compactMap { prompt, text in
            let key = "\(name).tok.\(prompt)"
            guard goldens.has(key), let text = text.string else { return nil }
            return try .compare("tok.\(prompt)", Tensor(tokenizer.encode(text)), goldens[key], Tolerance.exact)
        }
    }

    /// Position ids alone, of larger grids than the pictures here have.
    private func positions(_ model: QwenModel, _ goldens: Goldens) throws -> [ParityRow] {
        try goldens.keys(after: "\(name).pos.").compactMap { key in
            guard key.hasSuffix(".position_ids") else { return nil }
            let prefix = "\(name).pos.\(key.dropLast(".position_ids".count))"
            guard try goldens["\(prefix).input_ids"].size(0) == 1 else { return nil }
            return try position(model, goldens, prefix)
        }
    }
    private func position(_ model: QwenModel, _ goldens: Goldens, _ prefix: String) throws -> ParityRow {
        let ids = try goldens["\(prefix).input_ids"].ints()
        let ours = try model.positions(ids, media(model, goldens, prefix, ids))
        let shape = [3, 1, ids.count]
        return try .compare(
            "\(prefix.dropFirst(name.count + 1)).position_ids", Tensor(ours.axes.flatMap { $0 }, shape: shape),
            goldens["\(prefix).position_ids"], Tolerance.exact)
    }
    /// Images and videos in the order in which the prompt shows them.
    private func media(
        _ model: QwenModel, _ goldens: Goldens, _ prefix: String, _ ids: [Int]
    ) throws -> [(grid: VisualGrid, seconds: Double?)] {
        func grids(_ key: String) throws -> [VisualGrid] {
            guard goldens.has(key) else { return [] }
            return try goldens[key].unbound(0).map {
                let sizes = try $0.ints()
                return VisualGrid(frames: sizes[0], height: sizes[1], width: sizes[2])
            }
        }
        var images = try grids("\(prefix).image_grid_thw")[...], videos = try grids("\(prefix).video_grid_thw")[...]
        let key = "\(prefix).second_per_grid_ts"
        // 4.52 cuts them to whole seconds.
        var seconds = try (goldens.has(key) ? goldens[key].floats() : []).map { Double(Int($0)) }[...]
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

    private func generation(
        _ model: QwenModel, _ tokenizer: ByteLevelTokenizer, _ goldens: Goldens, _ prefix: String, _ folder: String
    ) throws -> [ParityRow] {
        let label = prefix == name ? "" : "\(prefix.dropFirst(name.count + 1))."
        let ids = try goldens["\(prefix).input_ids"].ints()
        var rows = [try position(model, goldens, prefix)], features: [Tensor] = []
        if let pictures = try pictures(goldens, prefix) {
            let (patches, grid) = try QwenPatches(model.config.vision)(pictures)
            let key = goldens.has("\(prefix).pixel_values") ? "pixel_values" : "pixel_values_videos"
            rows.append(try .compare(label + key, patches, goldens["\(prefix).\(key)"], Tolerance.forward))
            let tower = try model.features(patches, grid)
            rows.append(try .compare(label + "features", tower, goldens["\(prefix).features"], Tolerance.forward))
            let prompt = goldens.metadata["\(prefix).prompt"]?.string ?? ""
            let shown = QwenPrompt.expanded(prompt, [grid.tokens(model.config.vision.merge)])
            rows.append(
                try .compare(
                    label + "input_ids", Tensor(tokenizer.encode(shown)), goldens["\(prefix).input_ids"].select(0, 0),
                    Tolerance.exact))
            features = [tower]
        } else {
            // Several media: their features as the reference has them, the image first.
            for key in ["image_features", "features"] where goldens.has("\(prefix).\(key)") {
                features.append(try goldens["\(prefix).\(key)"])
            }
        }
        let positions = try model.positions(ids, media(model, goldens, prefix, ids))
        let settings = try GenerationConfiguration(folder: folder)
        let reference = try goldens["\(prefix).gen_ids"].ints(), logits = try goldens["\(prefix).logits"]
        var session = try model.start(ids, features, positions, room: reference.count + 1)
        var chooser = TokenChooser(penalty: settings.penalty), said: [Int] = [], ours: [Tensor] = []
        while said.count < reference.count {
            ours.append(session.logits)
            let id = chooser.choose(try session.logits.floats(), after: Set(ids + said))
            said.append(id)
            if settings.ends.contains(id) { break }
            try session.append(id)
        }
        rows.append(try .compare(label + "gen_ids", Tensor(said), Tensor(reference), Tolerance.exact))
        rows.append(try .compare(label + "logits", stacked(ours), logits, Tolerance.forward))
        if goldens.has("\(prefix).gen_ids_rp1") {
            let plain = try goldens["\(prefix).gen_ids_rp1"].ints()
            session = try model.start(ids, features, positions, room: plain.count + 1)
            chooser = TokenChooser()
            said = []
            while said.count < plain.count {
                let id = chooser.choose(try session.logits.floats(), after: [])
                said.append(id)
                if settings.ends.contains(id) { break }
                try session.append(id)
            }
            rows.append(try .compare(label + "gen_ids_rp1", Tensor(said), Tensor(plain), Tolerance.exact))
        }
        return rows
    }
    /// (count, height, width, 3), where the file has pictures and what became of them.
    private func pictures(_ goldens: Goldens, _ prefix: String) throws -> Tensor? {
        if goldens.has("\(prefix).pixel_values_videos") { return try goldens["\(prefix).frames"] }
        return try goldens.has("\(prefix).pixel_values") ? goldens["\(prefix).image"].unsqueezed(0) : nil
    }
}
