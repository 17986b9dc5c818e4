import Base
import NN
import Text
import Torch

/// Qwen2.5-VL: upstream's usual captioner.
public struct QwenFamily: VisionLanguageFamily {
    /// See `VisionLanguageFamily`.
    public static let modelType = "qwen2_5_vl", title = "Qwen2.5-VL"
    /// See `VisionLanguageFamily`.
    public let tokenizer: any PromptTokenizer
    /// See `VisionLanguageFamily`.
    public let settings: GenerationConfiguration
    /// The sizes.
    public let config: QwenConfiguration
    private let patches: QwenPatches
    private let folder: String
    private let compatibility: Compatibility?

    /// See `VisionLanguageFamily`.
    public init(folder: String, _ compatibility: Compatibility?) throws {
        let path = Path.join(folder, "config.json")
        config = try QwenConfiguration(json: Files.json(path), path: path)
        tokenizer = try ByteLevelTokenizer(file: Path.join(folder, "tokenizer.json"))
        settings = try GenerationConfiguration(folder: folder)
        patches = QwenPatches(config.vision)
        (self.folder, self.compatibility) = (folder, compatibility)
    }
    /// See `VisionLanguageFamily`.
    public var context: Int { config.text.context }
    /// See `VisionLanguageFamily`.
    public let marks = QwenPrompt.marks
    /// Upstream's three a second.
    private static let rate = 3.0, most = 768

    /// See `VisionLanguageFamily`.
    public func frames(of total: Int, fps: Double, wanted: Double?) -> [Int] {
        let count = FrameChoice.count(total, fps: fps, wanted: wanted ?? Self.rate)
        return frames(min(max(1, count), Self.most, max(1, total)), of: total)
    }
    /// See `VisionLanguageFamily`.
    public func frames(_ count: Int, of total: Int) -> [Int] {
        compatibility == .four ? FrameChoice.stepping(count, of: total) : FrameChoice.even(count, of: total)
    }
    /// See `VisionLanguageFamily`.
    public func tokens(_ shape: PictureShape) -> Int? { patches.grid(shape)?.tokens(config.vision.merge) }
    /// See `VisionLanguageFamily`.
    public func prepared(_ picture: Tensor, _ shape: PictureShape) throws -> Tensor {
        try patches.resized(picture, shape)
    }
    /// See `VisionLanguageFamily`.
    public func text(_ question: String, _ shown: ShownPictures?) -> String {
        let picture = shown.map { shown in
            let place = shown.shape.frames == nil ? QwenPrompt.image : QwenPrompt.video
            return QwenPrompt.start + String(repeating: place, count: tokens(shown.shape) ?? 0) + QwenPrompt.end
        }
        return QwenPrompt.text(question, shown: picture ?? "", system: "You are a helpful assistant.")
    }
    /// What the tower takes: patches (patches, values), and how they lie.
    public func values(_ shown: ShownPictures) throws -> (patches: Tensor, grid: VisualGrid) {
        try patches(shown.pictures)
    }
    /// See `VisionLanguageFamily`.
    public func byteCount(_ policy: WeightPolicy) throws -> Int { try QwenModel.byteCount(config, policy) }
    /// See `VisionLanguageFamily`.
    public func load(_ policy: WeightPolicy) throws -> VisionLanguageModel {
        let model = try QwenModel.load(folder, policy)
        return VisionLanguageModel(model.language, byteCount: model.byteCount) { question, shown in
            try prompt(question, shown, model)
        }
    }
    private func prompt(_ question: String, _ shown: ShownPictures?, _ model: QwenModel) throws -> VisualPrompt {
        let ids = try tokenizer.encode(text(question, shown))
        guard let shown else { return try model.prompt(ids, [], VisualPositions(text: ids.count)) }
        let (patches, grid) = try values(shown)
        // 4.52 has 2 / 2.0, whatever the frame rate.
        let seconds = compatibility == .four ? 1 : shown.spacing * Double(config.vision.frames)
        let positions = try model.positions(
            ids, [(grid, shown.shape.frames == nil ? nil : seconds)], compatibility == .five ? .sides : .everything)
        return try model.prompt(ids, [model.features(patches, grid)], positions)
    }
}

extension QwenPatches {
    /// Qwen2.5-VL's. The limits are upstream's: 12,544 to 50,176 pixels a picture.
    init(_ vision: QwenConfiguration.Vision) {
        let limits = Limits(least: 16 * 28 * 28, most: 64 * 28 * 28)
        self.init(
            patch: vision.patch, frames: vision.frames, merge: vision.merge, image: limits, video: limits,
            mean: ClipColors.mean, deviation: ClipColors.deviation)
    }
}

/// What CLIP's pictures were normalised with.
enum ClipColors {
    static let mean = [0.48145466, 0.4578275, 0.40821073], deviation = [0.26862954, 0.26130258, 0.27577711]
}
