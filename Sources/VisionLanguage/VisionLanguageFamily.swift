import Base
import NN
import Text
import Torch

/// Everything of a model that describes pictures but its weights: how it looks at a clip and how it is asked.
public protocol VisionLanguageFamily: Sendable {
    /// What `config.json` calls it.
    static var modelType: String { get }
    /// How people call it.
    static var title: String { get }
    /// Reads the files of a Hugging Face folder. Throws for what is missing, damaged or not supported.
    init(folder: String, _ compatibility: Compatibility?) throws

    var tokenizer: any PromptTokenizer { get }
    var settings: GenerationConfiguration { get }
    /// Tokens of question and answer together, at most.
    var context: Int { get }
    /// What a question cannot have in it: it would stand for a picture, or end it.
    var marks: [String] { get }

    /// Which frames of a clip of `total` frames at `fps` to look at; nil frames a second: as the model is used to.
    func frames(of total: Int, fps: Double, wanted: Double?) -> [Int]
    /// So many of them, where there is no room for more.
    func frames(_ count: Int, of total: Int) -> [Int]
    /// Tokens that pictures become; nil for pictures that are too thin to be looked at.
    func tokens(_ shape: PictureShape) -> Int?
    /// What is kept of one picture (1, height, width, 3), uint8: what the tower will see of it.
    func prepared(_ picture: Tensor, _ shape: PictureShape) throws -> Tensor
    /// The question in the words of the model's template; without pictures it is about the text alone.
    func text(_ question: String, _ shown: ShownPictures?) -> String

    /// Bytes of the weights under a policy, from the sizes alone.
    func byteCount(_ policy: WeightPolicy) throws -> Int
    /// Throws `WeightsError` for weights that are not those of the configuration.
    func load(_ policy: WeightPolicy) throws -> VisionLanguageModel
}

/// Pictures that are to be looked at.
public struct PictureShape: Sendable, Equatable {
    /// Of a video; nil for an image.
    public var frames: Int?
    public var height: Int, width: Int
    /// As they are in the file.
    public init(frames: Int?, height: Int, width: Int) {
        (self.frames, self.height, self.width) = (frames, height, width)
    }
}

/// Pictures that a model is shown.
public struct ShownPictures {
    /// As `prepared` gives them: (count, height, width, 3), uint8.
    public var pictures: Tensor
    /// As they were in the file.
    public var shape: PictureShape
    /// Seconds of each from the beginning, and between two of them; for a video.
    public var times: [Double] = [], spacing = 0.0
    /// An image, unless there are times.
    public init(_ pictures: Tensor, _ shape: PictureShape, times: [Double] = [], spacing: Double = 0) {
        (self.pictures, self.shape, self.times, self.spacing) = (pictures, shape, times, spacing)
    }
}

/// A model that describes pictures, in memory.
public final class VisionLanguageModel {
    /// What answers.
    public let language: LanguageModel
    /// Bytes of its weights.
    public let byteCount: Int
    private let ask: (String, ShownPictures?) throws -> VisualPrompt

    /// `prompt` looks at pictures and puts them into a question.
    init(
        _ language: LanguageModel, byteCount: Int, prompt: @escaping (String, ShownPictures?) throws -> VisualPrompt
    ) {
        (self.language, self.byteCount, ask) = (language, byteCount, prompt)
    }
    /// A question about pictures, or about its text alone.
    public func prompt(_ question: String, _ shown: ShownPictures?) throws -> VisualPrompt { try ask(question, shown) }
}

/// The families that can be loaded.
public enum VisionLanguageFamilies {
    /// In the order in which they are named.
    public static let all: [any VisionLanguageFamily.Type] = [LlavaFamily.self, QwenFamily.self, Qwen3Family.self]

    /// The family of a Hugging Face folder; nil for one of another.
    public static func open(_ folder: String, _ compatibility: Compatibility?) throws -> (any VisionLanguageFamily)? {
        let type = try Files.json(Path.join(folder, "config.json"))["model_type"]?.string
        return try all.first { $0.modelType == type }?.init(folder: folder, compatibility)
    }
}

extension FolderModel {
    /// Bytes of the weights under a policy, from the sizes alone.
    static func byteCount(_ configuration: Configuration, _ policy: WeightPolicy) throws -> Int {
        let dtype = policy.dtype ?? .bfloat16
        let meta = WeightPolicy(dtype, on: .meta, quantization: policy.quantization)
        let weights = Weights(policy: meta) { _, shape in try Tensor.empty(shape, dtype: dtype, device: .meta) }
        _ = try Self(weights, configuration)
        return weights.byteCount
    }
}
