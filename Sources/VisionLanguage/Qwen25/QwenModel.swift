import Base
import NN
import Torch

/// Qwen2.5-VL, as Hugging Face publishes it: the names of its first checkpoints and those of transformers 5.
public final class QwenModel: FolderModel {
    /// transformers' name.
    public static var weightsName: String { "model" }
    /// The sizes.
    public let config: QwenConfiguration
    /// Bytes of its weights.
    public let byteCount: Int
    private let tower: QwenVisionTower
    private let decoder: QwenDecoder
    private let head: Linear?

    /// Takes its tensors out of `w`, which stands at the top of the checkpoint. Throws `WeightsError`.
    public init(_ w: Weights, _ config: QwenConfiguration) throws {
        self.config = config
        let isNew = (w / "model" / "language_model" / "embed_tokens").has("weight")
        tower = try QwenVisionTower(isNew ? w / "model" / "visual" : w / "visual", config.vision)
        decoder = try QwenDecoder(isNew ? w / "model" / "language_model" : w / "model", config)
        head = config.isTied ? nil : try Linear(w / "lm_head", config.width, config.vocabulary, bias: false)
        byteCount = w.byteCount
    }
    /// The dtype of the weights.
    public var dtype: DType { decoder.table.dtype }
    /// Where the weights are.
    public var device: Device { decoder.table.device }

    /// Tokens (tokens, width) of the patches of one image or video.
    public func features(_ patches: Tensor, _ grid: VisualGrid) throws -> Tensor {
        try tower(patches.to(device).to(dtype), grid)
    }

    /// Positions of a prompt in which image and video tokens stand for `media`, in order.
    ///
    /// - Parameter seconds: between two grids of frames, one a medium; nil for an image.
    public func positions(_ ids: [Int], _ media: [(grid: VisualGrid, seconds: Double?)]) throws -> VisualPositions {
        var positions = VisualPositions(), place = 0, rest = media[...]
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

    /// A prompt being continued.
    public func start(
        _ ids: [Int], _ features: [Tensor], _ positions: VisualPositions, room: Int
    ) throws -> QwenSession {
        try QwenSession(self, ids, features, positions, room: room)
    }
    fileprivate func embedded(_ ids: [Int]) throws -> Tensor {
        try decoder.table.embedding(Tensor(ids, shape: [1, ids.count], device: device))
    }
    fileprivate func cache(room: Int) throws -> [LayerCache] { try decoder.cache(room: room) }
    /// Logits (vocabulary) after the last token, fp32.
    fileprivate func logits(_ x: Tensor, _ positions: VisualPositions, _ cache: [LayerCache]) throws -> Tensor {
        let states = try decoder(x, positions, cache), last = try states.select(1, states.size(1) - 1)
        return try (head.map { try $0(last) } ?? last.linear(decoder.table)).select(0, 0).to(.float32)
    }
}

/// One prompt and what comes after it.
public final class QwenSession {
    /// After the last token, fp32 (vocabulary).
    public private(set) var logits: Tensor
    private let model: QwenModel
    private let cache: [LayerCache]
    private var positions: VisualPositions

    fileprivate init(
        _ model: QwenModel, _ ids: [Int], _ features: [Tensor], _ positions: VisualPositions, room: Int
    ) throws {
        self.model = model
        self.positions = positions
        cache = try model.cache(room: ids.count + room)
        let visual = [model.config.imageToken, model.config.videoToken]
        let shown = features.reduce(0) { $0 + $1.size(0) }, places = ids.count { visual.contains($0) }
        guard shown == places else {
            throw TorchError.failed("the prompt has \(places) places for \(shown) tokens of pictures")
        }
        // Runs of text and of pictures, in order.
        let texts = try model.embedded(ids), pictures = features.isEmpty ? nil : try concatenated(features, axis: 0)
        var parts: [Tensor] = [], place = 0, taken = 0
        while place < ids.count {
            let isVisual = visual.contains(ids[place])
            let end = ids[place...].firstIndex { visual.contains($0) != isVisual } ?? ids.count
            if isVisual, let pictures {
                parts.append(try pictures.slice(0, taken..<taken + end - place).unsqueezed(0))
                taken += end - place
            } else {
                parts.append(try texts.slice(1, place..<end))
            }
            place = end
        }
        logits = try model.logits(concatenated(parts, axis: 1), positions, cache)
    }
    /// Takes the next token.
    public func append(_ id: Int) throws {
        let position = positions.advance()
        logits = try model.logits(model.embedded([id]), position, cache)
    }
}
