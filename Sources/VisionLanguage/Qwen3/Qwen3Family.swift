import Base
import Foundation
import NN
import Text
import Torch

/// Qwen3-VL: the times of its frames stand in the prompt, before each pair.
public struct Qwen3Family: VisionLanguageFamily {
    /// See `VisionLanguageFamily`.
    public static let modelType = "qwen3_vl", title = "Qwen3-VL"
    /// See `VisionLanguageFamily`.
    public let tokenizer: any PromptTokenizer
    /// See `VisionLanguageFamily`.
    public let settings: GenerationConfiguration
    /// The sizes.
    public let config: Qwen3Configuration
    private let patches: QwenPatches
    private let folder: String
    private let compatibility: Compatibility?

    /// See `VisionLanguageFamily`.
    public init(folder: String, _ compatibility: Compatibility?) throws {
        let path = Path.join(folder, "config.json")
        config = try Qwen3Configuration(json: Files.json(path), path: path)
        tokenizer = try ByteLevelTokenizer(file: Path.join(folder, "tokenizer.json"))
        settings = try GenerationConfiguration(folder: folder)
        patches = try QwenPatches(config.vision, folder: folder, isCapped: compatibility != .five)
        (self.folder, self.compatibility) = (folder, compatibility)
    }
    /// See `VisionLanguageFamily`.
    public var context: Int { config.text.context }
    /// See `VisionLanguageFamily`.
    public let marks = QwenPrompt.marks
    /// Its authors' two a second.
    private static let rate = 2.0, least = 4, most = 768

    /// See `VisionLanguageFamily`.
    public func frames(of total: Int, fps: Double, wanted: Double?) -> [Int] {
        let count = FrameChoice.count(total, fps: fps, wanted: wanted ?? Self.rate)
        return frames(min(max(count, Self.least), Self.most, max(1, total)), of: total)
    }
    /// See `VisionLanguageFamily`.
    public func frames(_ count: Int, of total: Int) -> [Int] { FrameChoice.spanning(count, of: total) }
    /// See `VisionLanguageFamily`.
    public func tokens(_ shape: PictureShape) -> Int? {
        guard let grid = patches.grid(shape) else { return nil }
        // "<10.5 seconds>" and the marks around a pair of frames.
        return grid.tokens(config.vision.merge) + (shape.frames == nil ? 0 : 12 * grid.frames)
    }
    /// See `VisionLanguageFamily`.
    public func prepared(_ picture: Tensor, _ shape: PictureShape) throws -> Tensor {
        try patches.resized(picture, shape)
    }
    /// What the tower takes: patches (patches, values), and how they lie.
    public func values(_ shown: ShownPictures) throws -> (patches: Tensor, grid: VisualGrid) {
        try patches(shown.pictures)
    }
    /// See `VisionLanguageFamily`.
    public func byteCount(_ policy: WeightPolicy) throws -> Int { try Qwen3Model.byteCount(config, policy) }
    /// See `VisionLanguageFamily`.
    public func load(_ policy: WeightPolicy) throws -> VisionLanguageModel {
        let model = try Qwen3Model.load(folder, policy)
        return VisionLanguageModel(model.language, byteCount: model.byteCount) { question, shown in
            let ids = try tokenizer.encode(text(question, shown))
            guard let shown else { return try model.prompt(ids, [], VisualPositions(text: ids.count)) }
            let (patches, grid) = try values(shown)
            return try model.prompt(ids, [model.features(patches, grid)], model.positions(ids, [grid]))
        }
    }

    /// The question in the words of its template.
    public func text(_ question: String, _ shown: ShownPictures?) -> String {
        guard let shown, let grid = patches.grid(shown.shape) else {
            return QwenPrompt.text(question, shown: "", system: nil)
        }
        let tokens = grid.height * grid.width / (config.vision.merge * config.vision.merge)
        func picture(_ place: String) -> String {
            QwenPrompt.start + String(repeating: place, count: tokens) + QwenPrompt.end
        }
        if shown.shape.frames == nil {
            return QwenPrompt.text(question, shown: picture(QwenPrompt.image), system: nil)
        }
        let pairs = Self.times(shown.times, of: config.vision.frames).map { time in
            "<\(String(format: "%.1f", time)) seconds>" + picture(QwenPrompt.video)
        }.joined()
        // transformers 5 leaves the marks around the whole that its template has; the model was trained without.
        let whole = compatibility == .five ? QwenPrompt.start + pairs + QwenPrompt.end : pairs
        return QwenPrompt.text(question, shown: whole, system: nil)
    }
    /// The middle of each pair; an odd frame stands twice.
    static func times(_ times: [Double], of frames: Int) -> [Double] {
        stride(from: 0, to: times.count, by: frames).map { start in
            (times[start] + times[min(start + frames, times.count) - 1]) / 2
        }
    }
}

extension QwenPatches {
    /// Qwen3-VL's, with the limits of the folder's files. `isCapped`: a picture has no more than 768 tokens, as its authors have it.
    init(_ vision: Qwen3Configuration.Vision, folder: String, isCapped: Bool) throws {
        func limits(_ name: String, _ usual: Limits) throws -> Limits {
            let path = Path.join(folder, name)
            guard Files.exists(path), let size = try Files.json(path)["size"] else { return usual }
            let read = ModelConfigurationReader(size, path: path)
            return Limits(
                least: try read.int("shortest_edge", usual.least, atMost: 1 << 32),
                most: try read.int("longest_edge", usual.most, atMost: 1 << 32))
        }
        let half = [0.5, 0.5, 0.5]
        self.init(
            patch: vision.patch, frames: vision.frames, merge: vision.merge,
            image: try limits("preprocessor_config.json", Limits(least: 65536, most: 16_777_216)),
            video: try limits("video_preprocessor_config.json", Limits(least: 4096, most: 25_165_824)),
            mean: half, deviation: half)
        sharesLimits = true
        if isCapped { mostTokens = 768 }
    }
}
