import Base
import NN
import Text
import Torch

/// LLaVA-NeXT-Video: the captioner of the community's guides.
public struct LlavaFamily: VisionLanguageFamily {
    /// See `VisionLanguageFamily`.
    public static let modelType = "llava_next_video", title = "LLaVA-NeXT-Video"
    /// See `VisionLanguageFamily`.
    public let tokenizer: any PromptTokenizer
    /// See `VisionLanguageFamily`.
    public let settings: GenerationConfiguration
    /// The sizes.
    public let config: LlavaConfiguration
    private let pictures: LlavaPictures
    private let folder: String
    private let compatibility: Compatibility?

    /// See `VisionLanguageFamily`.
    public init(folder: String, _ compatibility: Compatibility?) throws {
        let path = Path.join(folder, "config.json")
        try self.init(folder: folder, compatibility, config: LlavaConfiguration(json: Files.json(path), path: path))
    }
    /// The files of a folder with other sizes.
    init(folder: String, _ compatibility: Compatibility?, config: LlavaConfiguration) throws {
        self.config = config
        tokenizer = try LlamaTokenizer(folder: folder, prefix: compatibility == .five ? .first : nil)
        settings = try GenerationConfiguration(folder: folder)
        pictures = LlavaPictures(config)
        (self.folder, self.compatibility) = (folder, compatibility)
    }
    /// See `VisionLanguageFamily`.
    public var context: Int { config.text.context }
    /// See `VisionLanguageFamily`.
    public let marks = ["<image>", "<video>"]
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
    public func tokens(_ shape: PictureShape) -> Int? {
        guard shape.height > 0, shape.width > 0 else { return nil }
        let side = config.vision.side
        if let frames = shape.frames { return frames * (side / config.pooling) * (side / config.pooling) }
        let shown = pictures.shown(height: shape.height, width: shape.width, patches: side)
        return side * side + shown.rows.count * (shown.columns.count + 1)
    }
    /// See `VisionLanguageFamily`.
    public func prepared(_ picture: Tensor, _ shape: PictureShape) throws -> Tensor {
        shape.frames == nil ? picture : try pictures.middle(picture)
    }
    /// See `VisionLanguageFamily`.
    public func text(_ question: String, _ shown: ShownPictures?) -> String {
        let place = shown.map { $0.shape.frames == nil ? "<image>" : "<video>" } ?? ""
        let picture = String(repeating: place, count: shown.flatMap { tokens($0.shape) } ?? 0)
        return "USER: \(picture)\(picture.isEmpty ? "" : "\n")\(question) ASSISTANT:"
    }
    /// What the tower takes: (pictures, 3, pixels, pixels), normalised; of an image its tiles, the whole first.
    public func values(_ shown: ShownPictures) throws -> Tensor {
        try pictures.normalized(shown.shape.frames == nil ? pictures.tiles(shown.pictures) : shown.pictures)
    }
    /// See `VisionLanguageFamily`.
    public func byteCount(_ policy: WeightPolicy) throws -> Int { try LlavaModel.byteCount(config, policy) }
    /// See `VisionLanguageFamily`.
    public func load(_ policy: WeightPolicy) throws -> VisionLanguageModel {
        let model = try LlavaModel.load(folder, policy)
        return VisionLanguageModel(model.language, byteCount: model.byteCount) { question, shown in
            let ids = try tokenizer.encode(text(question, shown))
            return try model.prompt(ids, shown.map { [try features($0, model)] } ?? [])
        }
    }
    private func features(_ shown: ShownPictures, _ model: LlavaModel) throws -> Tensor {
        let values = try self.values(shown)
        guard shown.shape.frames == nil else { return try model.video(values) }
        return try model.image(values, height: shown.shape.height, width: shown.shape.width)
    }
}
