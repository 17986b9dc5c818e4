import Base
import Configuration
import Media
import NN
import Synchronization
import Torch
import VisionLanguage

extension VisionLanguageModel: ResidentModel {}
extension PartName {
    /// A model that describes clips.
    public static let captioner = PartName(rawValue: "captioner")
}

/// A vision-language model in memory, asked about clips. Questions that come while it answers are answered together next; the model is
/// leased for each batch.
final class LocalCaptioner: CaptionBackend {
    let folder: String
    private let policy: WeightPolicy
    let family: any VisionLanguageFamily
    private let look: ClipLook
    private let store: ModelStore, memory: MemoryBudget
    /// Bytes of the weights in memory.
    let bytes: Int
    /// Questions that are answered at a time, at most.
    let concurrency: Int
    /// A clip is decoded while others are described.
    let decodesAhead = true
    let isShared = true
    private let waiting = Mutex<[WaitingQuestion]>([])
    /// Held while questions are answered.
    private let turn = Mutex(())

    /// Reads everything but the weights. Throws for a folder that is no model of a known family, and with figures for one that
    /// cannot fit.
    init(
        _ source: String, _ policy: WeightPolicy, batch: Int? = nil, _ compatibility: Compatibility? = nil,
        store: ModelStore = .shared, memory: MemoryBudget = .machine
    ) throws {
        let named = Path.join("models", Path.name(source))
        folder = Path.absolute(Files.isFolder(source) || !Files.isFolder(named) ? source : named)
        guard Files.isFolder(folder) else { throw FileError.missing(source) }
        guard let family = try VisionLanguageFamilies.open(folder, compatibility) else {
            let path = Path.join(folder, "config.json"), found = try Files.json(path)["model_type"]?.string ?? "none"
            let known = VisionLanguageFamilies.all.map { "\($0.title) (\($0.modelType))" }
            throw CaptionerError.models(
                "'\(path)' is of a model of the type '\(found)'; what can be loaded is \(known.joined(separator: ", ")), "
                    + "and any other through a server: Captioner.api")
        }
        (self.family, look) = (family, ClipLook(family))
        (self.policy, self.store, self.memory) = (policy, store, memory)
        bytes = try family.byteCount(policy)
        // A GPU goes through several rows in the time of one.
        let isGPU = if case .cuda = policy.device { true } else { false }
        concurrency = batch ?? (isGPU ? 4 : 1)
        try requireRoom()
    }
    private func requireRoom() throws {
        let idle = store.resident.filter { $0.user == nil && $0.key.device == policy.device }
        if store.resident.contains(where: { $0.key == key }) { return }
        guard let free = memory.free(policy.device) else { return }
        let room = free + idle.reduce(0) { $0 + $1.bytes }
        guard room < bytes else { return }
        // What would fit is said with its figure.
        let smaller = try [QuantizedFormat.int8, .int4].compactMap { format -> String? in
            var policy = policy
            policy.quantization = format
            let bytes = try family.byteCount(policy)
            guard bytes <= room, let name = Quantization.allCases.first(where: { $0.format == format }) else {
                return nil
            }
            return "quantization = \"\(name.rawValue)\" takes \(ByteCount(bytes))"
        }
        throw CaptionerError.models(
            "'\(folder)' takes \(ByteCount(bytes)) on \(policy.device), where \(ByteCount(room)) are free; "
                + (smaller.first ?? "a smaller model, or one on a server (Captioner.api), would fit"))
    }

    var title: String { "\(Path.name(folder)) on \(policy.device)" }
    func model(_ control: CaptionControl) throws -> String { Path.name(folder) }
    private var key: ModelKey { ModelKey(folder, .captioner, policy) }

    /// Loads the weights now, so that what is wrong with them is said now.
    func load(_ monitor: Monitor) throws { _ = try lease().model(monitor) }
    private func lease() throws -> ModelLease<VisionLanguageModel> {
        let bytes = bytes, policy = policy, family = family
        return try store.lease(key, for: "captioning", bytes: { bytes }) { try family.load(policy) }
    }

    func unload() throws -> [ModelKey] { try store.unload { $0 == key } }

    // MARK: Answering

    func answer(_ question: CaptionQuestion, _ control: CaptionControl) throws -> CaptionAnswer {
        let place = WaitingQuestion(question, try look.pictures(for: question, control), control)
        waiting.withLock { $0.append(place) }
        while true {
            if let given = place.given { return try given.get() }
            turn.withLock { _ in if place.given == nil { answerNext() } }
        }
    }
    /// Those that have waited longest; each has its answer, or what went wrong, afterwards.
    private func answerNext() {
        let batch = waiting.withLock { waiting in
            let batch = Array(waiting.prefix(concurrency))
            waiting.removeFirst(batch.count)
            return batch
        }
        do {
            let lease = try lease(), model = try lease.model()
            do { try LocalAnswers(family, model).answer(batch) } catch let error as TorchError
                where error.isOutOfMemory && batch.count > 1
            {
                // Together they are too much; one after the other they may not be.
                try Backend.emptyCache()
                for one in batch { try LocalAnswers(family, model).answer([one]) }
            }
        } catch {
            for one in batch { one.finish(.failure(error)) }
        }
    }

    func estimate(_ question: CaptionQuestion) throws -> CaptionEstimate {
        var estimate = CaptionEstimate()
        (estimate.clips, estimate.output) = (1, min(question.maxNewTokens, 60))
        estimate.input = try family.tokenizer.encode(family.text(question.prompt, nil)).count
        if let file = question.media {
            let shape = try look.plan(file, question).shape
            estimate.frames = shape.frames ?? 1
            estimate.input += family.tokens(shape) ?? 0
        }
        return estimate
    }
}

/// A question that waits for its turn, with what its clip shows.
final class WaitingQuestion: Sendable {
    let question: CaptionQuestion
    // Only the thread that has the turn reads it, after the one that made it handed it over.
    nonisolated(unsafe) let shown: ShownPictures?
    let control: CaptionControl
    private let result = Mutex<Result<CaptionAnswer, any Error>?>(nil)

    init(_ question: CaptionQuestion, _ shown: ShownPictures?, _ control: CaptionControl) {
        (self.question, self.shown, self.control) = (question, shown, control)
    }
    /// The answer, once there is one.
    var given: Result<CaptionAnswer, any Error>? { result.withLock { $0 } }
    /// The first answer holds.
    func finish(_ answer: Result<CaptionAnswer, any Error>) { result.withLock { $0 = $0 ?? answer } }
}

extension Captioner {
    /// A vision-language model out of a Hugging Face folder: LLaVA-NeXT-Video, Qwen2.5-VL or Qwen3-VL. Loaded at once, counted and let
    /// go of as any other model of the session.
    ///
    /// Throws for another family, an incomplete folder, and with figures for a model that cannot fit.
    ///
    /// - Parameters:
    ///   - quantization: what the matrices of the language model are kept in.
    ///   - batch: clips that are described at a time; nil: 4 on a GPU, else 1.
    ///   - compatibility: whose habits it takes on; nil: those that the model was trained with.
    public static func load(
        _ source: String, dtype: DType = .bfloat16, quantization: Quantization = .noChange, device: Device,
        batch: Int? = nil, compatibility: Compatibility? = nil, monitor: Monitor = Monitor()
    ) throws -> Captioner {
        try quantization.require(on: device)
        let policy = WeightPolicy(dtype, on: device, quantization: quantization.format)
        let backend = try LocalCaptioner(source, policy, batch: batch, compatibility)
        try backend.load(monitor)
        return Captioner(backend)
    }
}
