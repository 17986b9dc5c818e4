import Base
import NN
import Torch

/// LLaVA-NeXT-Video, as Hugging Face publishes it: the names of its checkpoints and those of transformers 5.
public final class LlavaModel: FolderModel {
    /// transformers' name.
    public static var weightsName: String { "model" }
    /// The sizes.
    public let config: LlavaConfiguration
    /// What answers.
    public let language: LanguageModel
    /// Bytes of its weights.
    public let byteCount: Int
    private let tower: ClipTower
    private let first: Linear, second: Linear
    private let newline: Tensor
    private let pictures: LlavaPictures

    /// Takes its tensors out of `w`, which stands at the top of the checkpoint. Throws `WeightsError`.
    public init(_ w: Weights, _ config: LlavaConfiguration) throws {
        self.config = config
        pictures = LlavaPictures(config)
        let isNew = (w / "model").has("image_newline"), top = (isNew ? w / "model" : w).unquantized
        let named = top / "vision_tower" / "vision_model"
        tower = try ClipTower(
            (named / "embeddings").has("class_embedding") || !isNew ? named : top / "vision_tower", config)
        let projector = top / "multi_modal_projector"
        first = try Linear(projector / "linear_1", config.vision.width, config.text.width)
        second = try Linear(projector / "linear_2", config.text.width, config.text.width)
        newline = try top.take("image_newline", config.text.width)
        language = try LanguageModel(
            isNew ? w / "model" / "language_model" : w / "language_model" / "model",
            head: isNew ? w / "lm_head" : w / "language_model" / "lm_head", config.text)
        byteCount = w.byteCount
    }

    /// Tokens (tokens, width) of a video's pictures (count, 3, pixels, pixels), normalised.
    public func video(_ pictures: Tensor) throws -> Tensor {
        let side = config.vision.side, count = pictures.size(0), pool = config.pooling, pooled = side / pool
        let used = 0..<(pooled * pool)
        let patches = try seen(pictures).reshaped(count, side, side, config.vision.width)
        let x = try patches.slice(1, used).slice(2, used)
            .reshaped([count, pooled, pool, pooled, pool, config.vision.width]).mean(2, 4)
        return try projected(x.reshaped(count * pooled * pooled, config.vision.width))
    }
    /// Tokens (tokens, width) of an image's tiles (tiles, 3, pixels, pixels), normalised, the whole first: what shows the image, with the
    /// end of each row marked.
    public func image(_ tiles: Tensor, height: Int, width: Int) throws -> Tensor {
        try packed(projected(seen(tiles)), height: height, width: width)
    }
    /// Of tiles (tiles, patches, width), the whole first.
    func packed(_ x: Tensor, height: Int, width: Int) throws -> Tensor {
        let side = config.vision.side, size = config.text.width
        let whole = try x.select(0, 0), end = try newline.reshaped(1, size)
        let best = pictures.best(height: height, width: width),
            shown = pictures.shown(height: height, width: width, patches: side)
        let down = best.height / config.vision.picture, across = best.width / config.vision.picture
        let frame = try x.slice(0, from: 1).reshaped([down, across, side, side, size]).permuted(0, 2, 1, 3, 4)
            .reshaped(down * side, across * side, size).slice(0, shown.rows).slice(1, shown.columns)
        let ends = try end.unsqueezed(0).expanded([frame.size(0), 1, size])
        return try concatenated([whole, concatenated([frame, ends], axis: 1).flattened(from: 0, to: 1)], axis: 0)
    }
    private func seen(_ pictures: Tensor) throws -> Tensor {
        try tower(pictures.to(language.device).to(language.dtype))
    }
    private func projected(_ x: Tensor) throws -> Tensor {
        try second.frozen(first.frozen(x).gelu(approximate: false))
    }

    /// A prompt with pictures in its places.
    public func prompt(_ ids: [Int], _ features: [Tensor]) throws -> VisualPrompt {
        try VisualPrompt(
            ids, VisualPositions(text: ids.count), places: [config.imageToken, config.videoToken], features: features)
    }
}
