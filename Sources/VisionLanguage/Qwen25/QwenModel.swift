import Base
import NN
import Torch

/// Qwen2.5-VL, as Hugging Face publishes it: the names of its first checkpoints and those of transformers 5.
public final class QwenModel: FolderModel {
    /// transformers' name.
    public static var weightsName: String { "model" }
    /// The sizes.
    public let config: QwenConfiguration
    /// What answers.
    public let language: LanguageModel
    /// Bytes of its weights.
    public let byteCount: Int
    private let tower: QwenVisionTower

    /// Takes its tensors out of `w`, which stands at the top of the checkpoint. Throws `WeightsError`.
    public init(_ w: Weights, _ config: QwenConfiguration) throws {
        self.config = config
        let isNew = (w / "model" / "language_model" / "embed_tokens").has("weight")
        // A small part of the whole, whose errors every word would inherit.
        tower = try QwenVisionTower((isNew ? w / "model" / "visual" : w / "visual").unquantized, config.vision)
        language = try LanguageModel(
            isNew ? w / "model" / "language_model" : w / "model", head: w / "lm_head", config.text)
        byteCount = w.byteCount
    }

    /// Tokens (tokens, width) of the patches of one image or video.
    public func features(_ patches: Tensor, _ grid: VisualGrid) throws -> Tensor {
        try tower(patches.to(language.device).to(language.dtype), grid)
    }

    /// Positions of a prompt in which image and video tokens stand for `media`, in order.
    ///
    /// - Parameter seconds: between two grids of frames, one a medium; nil for an image.
    public func positions(
        _ ids: [Int], _ media: [(grid: VisualGrid, seconds: Double?)],
        _ following: VisualPositions.Following = .everything
    ) throws -> VisualPositions {
        var positions = VisualPositions(following), place = 0, rest = media[...]
        let merge = config.vision.merge
        while place < ids.count {
            guard [config.imageToken, config.videoToken].contains(ids[place]) else {
                positions.addText(1)
                place += 1
                continue
            }
            guard let next = rest.popFirst() else { throw TorchError.failed("the prompt shows more than there is") }
            let step = (next.seconds ?? 0) * Double(config.vision.tokensPerSecond)
            positions.add(
                times: (0..<next.grid.frames).map { Int(Double($0) * step) }, height: next.grid.height / merge,
                width: next.grid.width / merge)
            place += next.grid.tokens(merge)
        }
        return positions
    }
    /// A prompt with pictures in its places.
    public func prompt(_ ids: [Int], _ features: [Tensor], _ positions: VisualPositions) throws -> VisualPrompt {
        try VisualPrompt(ids, positions, places: [config.imageToken, config.videoToken], features: features)
    }
}
