import Base
import Foundation
import Media
import NN
import Synchronization
import Text
import Torch
import VisionLanguage

extension QwenModel: ResidentModel {}
extension PartName {
    /// A model that describes clips.
    public static let captioner = PartName(rawValue: "captioner")
}

/// A vision-language model in memory, asked about clips. One question at a time; the model is leased for each.
final class LocalCaptioner: CaptionBackend {
    let folder: String
    private let policy: WeightPolicy
    private let tokenizer: ByteLevelTokenizer
    private let settings: GenerationConfiguration
    private let patches: QwenPatches, config: QwenConfiguration
    private let store: ModelStore, memory: MemoryBudget
    /// Held while a question is answered.
    private let turn = Mutex(())

    /// Reads everything but the weights. Throws for a folder that is no model of a known family, and with figures for one that
    /// cannot fit.
    init(
        _ source: String, _ policy: WeightPolicy, store: ModelStore = .shared, memory: MemoryBudget = .machine
    ) throws {
        let named = Path.join("models", Path.name(source))
        folder = Path.absolute(Files.isFolder(source) || !Files.isFolder(named) ? source : named)
        guard Files.isFolder(folder) else { throw FileError.missing(source) }
        let path = Path.join(folder, "config.json"), json = try Files.json(path)
        guard json["model_type"]?.string == "qwen2_5_vl" else {
            throw CaptionerError.models(
                "'\(path)' is of a model of the type '\(json["model_type"]?.string ?? "none")'; what can be loaded is Qwen2.5-VL "
                    + "(qwen2_5_vl), and any other through a server: Captioner.api")
        }
        config = try QwenConfiguration(json: json, path: path)
        tokenizer = try ByteLevelTokenizer(file: Path.join(folder, "tokenizer.json"))
        settings = try GenerationConfiguration(folder: folder)
        patches = QwenPatches(config.vision)
        (self.policy, self.store, self.memory) = (policy, store, memory)
        let needed = bytes, idle = store.resident.filter { $0.user == nil && $0.key.device == policy.device }
        let isThere = store.resident.contains { $0.key == key }
        if !isThere, let free = memory.free(policy.device), free + idle.reduce(0, { $0 + $1.bytes }) < needed {
            throw CaptionerError.models(
                "'\(folder)' takes \(ByteCount(needed)) on \(policy.device), where \(ByteCount(free)) are free; "
                    + "a smaller model, or one on a server (Captioner.api), would fit")
        }
    }

    var title: String { "\(Path.name(folder)) on \(policy.device)" }
    let concurrency = 1
    func model(_ control: CaptionControl) throws -> String { Path.name(folder) }
    private var key: ModelKey { ModelKey(folder, .captioner, policy) }
    /// What its weights take, as far as the files tell.
    private var bytes: Int {
        let files = ((try? Files.list(folder)) ?? []).filter { $0.hasSuffix(".safetensors") }
        let stored = files.reduce(0) { $0 + (Files.size(Path.join(folder, $1)) ?? 0) }
        return policy.dtype == .float32 ? stored * 2 : stored
    }
    /// Loads the weights now, so that what is wrong with them is said now.
    func load(_ monitor: Monitor) throws { _ = try lease().model(monitor) }
    private func lease() throws -> ModelLease<QwenModel> {
        let bytes = bytes, folder = folder, policy = policy
        return try store.lease(key, for: "captioning", bytes: { bytes }) { try QwenModel.load(folder, policy) }
    }

    // MARK: Answering

    func answer(_ question: CaptionQuestion, _ control: CaptionControl) throws -> CaptionAnswer {
        let seen = try question.media.map { try Self.pictures(of: $0, fps: question.fps, patches, control) }
        return try turn.withLock { _ in try answer(question, seen, control) }
    }
    private func answer(
        _ question: CaptionQuestion, _ seen: Pictures?, _ control: CaptionControl
    ) throws -> CaptionAnswer {
        let lease = try lease(), model = try lease.model()
        return try withoutGradients {
            var media: [(grid: VisualGrid, seconds: Double?)] = [], features: [Tensor] = [], shown: [(Bool, Int)] = []
            if let seen {
                let (values, grid) = try patches(seen.pictures)
                features = [try model.features(values, grid)]
                media = [(grid, seen.seconds.map { $0 * Double(config.vision.frames) })]
                shown = [(seen.seconds == nil, grid.tokens(config.vision.merge))]
            }
            let ids = try tokenizer.encode(QwenPrompt.text(question.prompt, media: shown))
            guard ids.count + question.maxNewTokens <= config.context else {
                throw CaptionerError.option(
                    "max_new_tokens",
                    "and \(ids.count) tokens of the question are more than the model's \(config.context)")
            }
            let positions = try model.positions(ids, media)
            let session = try model.start(ids, features, positions, room: question.maxNewTokens)
            var chooser = TokenChooser(
                penalty: settings.penalty, temperature: question.temperature, seed: UInt64.random(in: 0 ... .max))
            var said: [Int] = [], known = Set(ids), hasEnded = false
            while said.count < question.maxNewTokens {
                try control.checkpoint()
                let id = chooser.choose(try session.logits.floats(), after: known)
                hasEnded = settings.ends.contains(id)
                if hasEnded { break }
                said.append(id)
                known.insert(id)
                if said.count < question.maxNewTokens { try session.append(id) }
            }
            var usage = CaptionUsage()
            (usage.input, usage.output, usage.requests) = (ids.count, said.count, 1)
            control.spent(usage)
            return CaptionAnswer(text: tokenizer.decode(said), isCut: !hasEnded)
        }
    }

    // MARK: Looking

    /// Pictures of a clip, (count, height, width, 3), and the seconds between two of them; nil for an image.
    private struct Pictures {
        let pictures: Tensor
        let seconds: Double?
    }
    /// Upstream's three a second; more than so many are not looked at.
    static let usualRate = 3.0, most = 768
    /// How many pictures of a clip are looked at, and how far apart.
    private static func plan(_ file: VideoFile, _ fps: Double?) -> (count: Int, seconds: Double) {
        let length = Double(max(1, file.frames.value)) / max(file.fps, 1e-6)
        let count = min(max(1, Int(length * (fps ?? usualRate))), most, max(1, file.frames.value))
        return (count, length / Double(count))
    }
    private static func pictures(
        of file: VideoFile, fps: Double?, _ patches: QwenPatches, _ control: CaptionControl
    ) throws -> Pictures {
        guard let size = patches.size(height: file.height, width: file.width) else {
            throw CaptionerError.option("clip", "'\(file.path)' is too thin to be looked at")
        }
        func small(_ frame: Frame) throws -> Tensor {
            let pixels = try Tensor(frame.pixels, shape: [1, frame.height, frame.width, 3])
            if (frame.height, frame.width) == size { return pixels }
            return try pixels.permuted(0, 3, 1, 2).contiguous().resized(height: size.height, width: size.width)
                .permuted(0, 2, 3, 1)
        }
        if file.isImage { return Pictures(pictures: try small(file.frame()), seconds: nil) }
        let (count, seconds) = plan(file, fps)
        // By their times, so that a variable rate does not matter: the picture that is shown at each.
        let reader = try FrameReader(file)
        var chosen: [Tensor] = [], held = try reader.next()
        while let frame = held, chosen.count < count {
            try control.checkpoint()
            let next = try reader.next()
            while chosen.count < count, next.map({ Double(chosen.count) * seconds < $0.time - 1e-6 }) ?? true {
                chosen.append(try small(frame))
            }
            held = next
        }
        return Pictures(pictures: try concatenated(chosen, axis: 0), seconds: seconds)
    }

    func estimate(_ question: CaptionQuestion) throws -> CaptionEstimate {
        var estimate = CaptionEstimate()
        (estimate.clips, estimate.output) = (1, min(question.maxNewTokens, 60))
        estimate.input = try tokenizer.encode(QwenPrompt.text(question.prompt, media: [])).count
        if let file = question.media, let size = patches.size(height: file.height, width: file.width) {
            estimate.frames = file.isImage ? 1 : Self.plan(file, question.fps).count
            let side = config.vision.patch * config.vision.merge
            let pairs = (estimate.frames + config.vision.frames - 1) / config.vision.frames
            estimate.input += pairs * (size.height / side) * (size.width / side)
        }
        return estimate
    }
}

extension Captioner {
    /// A vision-language model out of a Hugging Face folder: Qwen2.5-VL. Loaded at once, counted and let go of as any other
    /// model of the session.
    ///
    /// Throws for another family, an incomplete folder, and with figures for a model that cannot fit.
    public static func load(
        _ source: String, dtype: DType = .bfloat16, device: Device, monitor: Monitor = Monitor()
    ) throws -> Captioner {
        let backend = try LocalCaptioner(source, WeightPolicy(dtype, on: device))
        try backend.load(monitor)
        return Captioner(backend)
    }
}
