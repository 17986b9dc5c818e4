import Base
import NN
import Torch

/// Qwen3-VL, as Hugging Face publishes it.
public final class Qwen3Model: FolderModel {
    /// transformers' name.
    public static var weightsName: String { "model" }
    /// The sizes.
    public let config: Qwen3Configuration
    /// What answers.
    public let language: LanguageModel
    /// Bytes of its weights.
    public let byteCount: Int
    private let tower: Qwen3VisionTower

    /// Takes its tensors out of `w`, which stands at the top of the checkpoint. Throws `WeightsError`.
    public init(_ w: Weights, _ config: Qwen3Configuration) throws {
        self.config = config
        tower = try Qwen3VisionTower((w / "model" / "visual").unquantized, config.vision)
        language = try LanguageModel(w / "model" / "language_model", head: w / "lm_head", config.text)
        byteCount = w.byteCount
    }

    /// Tokens (tokens, width) of the patches of one image or video, and what is added behind the first layers.
    public func features(_ patches: Tensor, _ grid: VisualGrid) throws -> (tokens: Tensor, deep: [Tensor]) {
        try tower(patches.to(language.device).to(language.dtype), grid)
    }
    /// Positions of a prompt in which image and video tokens stand for the frames of `grids`, each by itself, in order.
    public func positions(_ ids: [Int], _ grids: [VisualGrid]) throws -> VisualPositions {
        let merge = config.vision.merge
        var positions = VisualPositions(.sides), place = 0
        var rest = grids.flatMap { grid in
            Array(repeating: VisualGrid(frames: 1, height: grid.height, width: grid.width), count: grid.frames)
        }[...]
        while place < ids.count {
            guard [config.imageToken, config.videoToken].contains(ids[place]) else {
                positions.addText(1)
                place += 1
                continue
            }
            guard let next = rest.popFirst() else { throw TorchError.failed("the prompt shows more than there is") }
            positions.add(times: [0], height: next.height / merge, width: next.width / merge)
            place += next.tokens(merge)
        }
        return positions
    }
    /// A prompt with pictures in its places.
    public func prompt(
        _ ids: [Int], _ features: [(tokens: Tensor, deep: [Tensor])], _ positions: VisualPositions
    ) throws -> VisualPrompt {
        try VisualPrompt(
            ids, positions, places: [config.imageToken, config.videoToken], features: features.map(\.tokens),
            deep: features.map(\.deep))
    }
}
