import Base
import NN
import Torch
import VisionLanguage

/// `cap.*`, `capbf16.*` and `cap523.*`: tokens, frames, pictures, features and generation of LLaVA-NeXT-Video.
public struct LlavaStage: ParityStage {
    /// What `--stage` takes.
    public let name = "cap"

    /// One of them.
    public init() {}

    /// One row a value. Nothing for the folder of another model.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.isOf("llava_dir", model.folder) else { return [] }
        let family = try LlavaFamily(folder: model.folder, nil), old = try LlavaFamily(folder: model.folder, .four)
        let new = try LlavaFamily(folder: model.folder, .five)
        var rows = try goldens.tokens("cap", family.tokenizer.encode)
        rows += try goldens.tokens("cap523", new.tokenizer.encode).map { $0.named("523.\($0.label)") }
        rows += try goldens.frameChoices("cap") { old.frames(of: $0, fps: $1, wanted: $2) }
        rows += try goldens.frameChoices("cap523") { new.frames(of: $0, fps: $1, wanted: $2) }
            .map { $0.named("523.\($0.label)") }
        try withoutGradients {
            rows += try generated(family, "cap", model, goldens, .float32, Tolerance.forward)
            rows += try generated(family, "capbf16", model, goldens, .bfloat16, Tolerance.bf16)
            for kind in ["", "img."] where goldens.has("cap523.\(kind)input_ids") {
                let shown = try shown(family, "cap", kind, goldens)
                rows.append(try tokens(new, "cap523", kind, shown, goldens, "523."))
            }
        }
        return rows
    }
    private func generated(
        _ family: LlavaFamily, _ prefix: String, _ folder: ParityModel, _ goldens: Goldens, _ dtype: DType,
        _ tolerance: Double
    ) throws -> [ParityRow] {
        guard goldens.has("\(prefix).gen_ids") || goldens.has("\(prefix).img.gen_ids") else { return [] }
        let model = try LlavaModel.load(folder.folder, .init(dtype, on: folder.device)), isWhole = dtype == .float32
        let generation = CaptionGeneration(language: model.language, settings: family.settings, goldens: goldens)
        var rows: [ParityRow] = []
        for kind in ["", "img."] where goldens.has("\(prefix).\(kind)gen_ids") {
            let shown = try shown(family, "cap", kind, goldens), isVideo = kind.isEmpty
            let label = (isWhole ? "" : "bf16.") + kind
            let values = try family.values(shown), tokens: Tensor
            if isVideo {
                tokens = try model.video(values)
            } else {
                tokens = try model.image(values, height: shown.shape.height, width: shown.shape.width)
            }
            if isWhole {
                let key = isVideo ? "pixel_values_videos" : "pixel_values"
                if goldens.has("cap.\(kind)\(key)") {
                    rows.append(
                        try .compare(label + key, values.unsqueezed(0), goldens["cap.\(kind)\(key)"], Tolerance.forward)
                    )
                }
                rows.append(try self.tokens(family, "cap", kind, shown, goldens, ""))
                rows.append(
                    try .compare(
                        label + (isVideo ? "features" : "packed"), tokens,
                        goldens["cap.\(kind)\(isVideo ? "features" : "packed")"], tolerance))
            }
            let prompt = try model.prompt(goldens["cap.\(kind)input_ids"].ints(), [tokens])
            rows += try generation.rows(label, "\(prefix).\(kind)".trimmed("."), prompt, tolerance)
        }
        return rows
    }
    private func tokens(
        _ family: LlavaFamily, _ prefix: String, _ kind: String, _ shown: ShownPictures, _ goldens: Goldens,
        _ label: String
    ) throws -> ParityRow {
        let text = family.text(CaptionInstruction.usual, shown)
        return try .compare(
            "\(label)\(kind)input_ids", Tensor(family.tokenizer.encode(text)),
            goldens["\(prefix).\(kind)input_ids"].select(0, 0), Tolerance.exact)
    }
    private func shown(
        _ family: LlavaFamily, _ prefix: String, _ kind: String, _ goldens: Goldens
    ) throws -> ShownPictures {
        let pictures = try kind.isEmpty ? goldens["\(prefix).frames"] : goldens["\(prefix).img.image"].unsqueezed(0)
        return try ShownPictures(of: pictures, isVideo: kind.isEmpty, family)
    }
}
extension ParityRow {
    /// Under another name.
    func named(_ label: String) -> ParityRow {
        ParityRow(label: label, shape: shape, maxAbsolute: maxAbsolute, relative: relative, tolerance: tolerance)
    }
}
extension String {
    /// Without a mark at its end.
    fileprivate func trimmed(_ mark: String) -> String { hasSuffix(mark) ? String(dropLast(mark.count)) : self }
}
