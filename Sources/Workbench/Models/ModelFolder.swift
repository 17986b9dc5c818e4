import Base
import Configuration
import Hub
import LTXVideo
import NN
import Torch

/// Where the parts of a model are: a diffusers folder, or a single-file checkpoint and the folders that go with it.
public struct ModelFolder: Sendable, Equatable {
    /// Absolute; of a single-file checkpoint the folder that it lies in.
    public let path: String
    /// A single-file checkpoint that transformer and VAE come from. Nil for a diffusers folder.
    public let checkpoint: String?
    /// The folders of T5 and of its tokenizer; T5 may be a file of its own, as ComfyUI has it. A single file has them beside
    /// it, or shares those of another model.
    public let textEncoder: String, tokenizer: String
    /// What tells this model from others in memory.
    public var identity: String { checkpoint ?? path }

    /// Finds a model by what people write: a folder, a single-file checkpoint, a name under `models/`, a version name such
    /// as `LTXV_2B_0.9.5`, a hub repository or an address; case and punctuation of names are free.
    ///
    /// Throws `ModelFolderError` with what was looked for, `SafetensorsError` for a file of another format.
    ///
    /// - Parameters:
    ///   - models: the folder that names are looked up in.
    ///   - textEncoder: the folder of T5, a model folder that has one, or a .safetensors file of T5 alone; nil looks in
    ///     the usual places.
    ///   - tokenizer: the same for the tokenizer; nil looks beside the text encoder.
    public init(
        finding source: String, models: String = "models", textEncoder: String? = nil, tokenizer: String? = nil
    ) throws {
        let places = ModelPlaces(models: models)
        let candidates = places.candidates(source)
        guard let found = candidates.first(where: Files.exists) else {
            throw ModelFolderError.missing(source, lookedIn: candidates)
        }
        if Files.isFolder(found) {
            let folder = Path.absolute(found)
            (path, checkpoint) = (folder, nil)
            self.textEncoder = try places.chosen(textEncoder, "text_encoder") ?? Path.join(folder, "text_encoder")
            let own = Path.join(folder, "tokenizer"), neighbour = Self.neighbour(self.textEncoder)
            self.tokenizer = try places.chosen(tokenizer, "tokenizer") ?? (Files.isFolder(own) ? own : neighbour ?? own)
            try check(["transformer", "vae", "text_encoder", "tokenizer"])
            return
        }
        // What a file of another format is, such as GGUF, says so itself.
        _ = try Safetensors.File(found)
        let file = Path.absolute(found), folder = Path.folder(file)
        (path, checkpoint) = (folder, file)
        self.textEncoder =
            try places.chosen(textEncoder, "text_encoder")
            ?? places.shared("text_encoder", besides: folder) ?? Path.join(folder, "text_encoder")
        self.tokenizer =
            try places.chosen(tokenizer, "tokenizer") ?? Self.neighbour(self.textEncoder)
            ?? places.shared("tokenizer", besides: folder) ?? Path.join(folder, "tokenizer")
        try check(["text_encoder", "tokenizer"])
    }

    /// The tokenizer beside a text encoder; nil when there is none.
    private static func neighbour(_ textEncoder: String) -> String? {
        let folder = Path.join(Path.folder(textEncoder), "tokenizer")
        return Files.isFolder(folder) ? folder : nil
    }

    /// Names of the whole model folders below `models`, sorted.
    public static func all(in models: String = "models") -> [String] {
        ((try? Files.list(models)) ?? []).filter { name in
            guard let model = try? ModelFolder(finding: Path.join(models, name), models: models) else { return false }
            // A LoRA that lies among the models is none.
            return model.checkpoint.map { (try? SingleFileCheckpoint($0)) != nil } ?? true
        }
    }

    private func check(_ parts: [String]) throws {
        for part in parts {
            let path = self.part(part), isThere = part == "text_encoder" ? Files.exists(path) : Files.isFolder(path)
            if !isThere { throw ModelFolderError.incomplete(identity, part: part) }
        }
    }

    /// The path of a part's folder, such as `"vae"`, whether it is there or not.
    public func part(_ name: String) -> String {
        switch name {
        case "text_encoder": textEncoder
        case "tokenizer": tokenizer
        default: Path.join(path, name)
        }
    }

    /// What tells a part of this model from others in memory: a text encoder is one for all models that share it.
    func identity(of part: PartName) -> String {
        guard part == .textEncoder else { return identity }
        let home = Path.folder(textEncoder)
        let isWhole = textEncoder == Path.join(home, "text_encoder") && tokenizer == Path.join(home, "tokenizer")
        return isWhole ? home : "\(textEncoder) + \(tokenizer)"
    }

    /// The right to one part from a store; it is loaded when it is first asked for and not in memory.
    public func lease<Model: ResidentModel>(
        _ part: ModelPart<Model>, _ policy: WeightPolicy, for user: String, from store: ModelStore = .shared
    ) throws -> ModelLease<Model> {
        try store.lease(
            ModelKey(identity(of: part.name), part.name, policy), for: user,
            bytes: { byteCount(part.name, policy) }, load: { try part.load(self, policy) })
    }
    /// The same for a part that is not quantized.
    public func lease<Model: ResidentModel>(
        _ part: ModelPart<Model>, dtype: DType, device: Device, for user: String, from store: ModelStore = .shared
    ) throws -> ModelLease<Model> {
        try lease(part, WeightPolicy(dtype, on: device), for: user, from: store)
    }

    /// A place in the line for one part of a store.
    public func turn<Model: ResidentModel>(
        _ part: ModelPart<Model>, _ policy: WeightPolicy, for user: String, from store: ModelStore = .shared
    ) -> ModelTurn<Model> {
        store.turn(
            ModelKey(identity(of: part.name), part.name, policy), for: user,
            bytes: { byteCount(part.name, policy) }, load: { try part.load(self, policy) })
    }

    /// The sizes of the transformer, without loading it. Throws as loading would.
    func transformerConfiguration() throws -> TransformerConfiguration {
        if let checkpoint { return try SingleFileCheckpoint(checkpoint).transformerConfiguration() }
        let path = Path.join(part("transformer"), "config.json")
        return try TransformerConfiguration(json: Files.json(path), path: path)
    }

    /// Bytes of a part's weights on its device, as far as can be told before it is loaded.
    func byteCount(_ part: PartName, _ policy: WeightPolicy) -> Int {
        let plain = byteCount(part, as: policy.dtype ?? .bfloat16)
        guard policy.quantization != nil || policy.offloadedBlocks > 0 || policy.shard != nil else { return plain }
        if part == .transformer, let sizes = try? transformerConfiguration(),
            let footprint = try? TransformerFootprint(
                sizes, dtype: policy.dtype ?? .bfloat16, quantization: policy.quantization)
        {
            return policy.shard.map { footprint.onDevice(sharedBy: $0.count) }
                ?? footprint.onDevice(offloaded: policy.offloadedBlocks)
        }
        // Never more than that.
        return plain
    }
    /// Bytes of a part's weights in a number format, by the headers of its files; 0 where they cannot be read.
    func byteCount(_ part: PartName, as dtype: DType) -> Int {
        let home = self.part(part.rawValue), names = (try? Files.list(home)) ?? []
        let inside = names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }.map { Path.join(home, $0) }
        let shards = Files.isFolder(home) ? inside : [home]
        let isInside = checkpoint != nil && part != .textEncoder
        let entries = (isInside ? [identity] : shards).flatMap { (try? Safetensors.File($0).header.entries) ?? [] }
        return entries.reduce(0) { sum, entry in
            if isInside, entry.name.hasPrefix("vae.") != (part == .vae) { return sum }
            let count = entry.range.count / max(entry.dtype.size, 1)
            return sum + (entry.dtype.isFloating ? count * dtype.size : entry.range.count)
        }
    }
}

/// A model that is not where it was looked for.
public enum ModelFolderError: UserError {
    case missing(String, lookedIn: [String])
    case incomplete(String, part: String)
    /// A tokenizer with so many tokens, and a text encoder with too few rows for them.
    case vocabulary(Int, rows: Int)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .missing: "model.missing"
        case .incomplete: "model.incomplete"
        case .vocabulary: "model.mismatch"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .missing(let path, _), .incomplete(let path, _): path
        case .vocabulary: nil
        }
    }
    /// See `UserError`.
    public var key: String? { "model.model_source" }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .missing(let source, let places):
            "no model '\(source)' (looked for \(places.map { "'\($0)'" }.joined(separator: ", "))); "
                + "\(Self.download(source)), put the published folder or .safetensors file under models/, "
                + "or make a tiny one with Models.make_tiny(\"models/tiny\")"
        case .incomplete(let path, let part):
            "'\(path)' is not a whole model: '\(part)' is missing "
                + "(a single-file checkpoint needs text_encoder and tokenizer beside it, in models/LTX-Video, or named by text_encoder = … "
                + "and tokenizer = …); "
                + "Models.check(\"\(path)\") lists what else is"
        case .vocabulary(let tokens, let rows):
            "the tokenizer has \(tokens) tokens and the text encoder rows for \(rows): they do not belong together"
        }
    }
    /// The line that fetches it, as far as it can be told.
    private static func download(_ source: String) -> String {
        if let known = ModelRegistry.find(source) { return "fetch it with Models.download(\"\(known.name)\")" }
        let isAddress = source.contains("://")
        guard isAddress || source.split(separator: "/").count == 2, !source.hasPrefix("."), !source.hasPrefix("/"),
            !source.hasPrefix("models/"), let repository = try? HubRepository(source)
        else { return "fetch it with Models.download" }
        // …/blob/REVISION/FILE, as one copies it out of a browser.
        let parts = source.split(separator: "/").map(String.init)
        guard isAddress, let place = parts.firstIndex(where: { $0 == "blob" || $0 == "resolve" }),
            place + 2 < parts.count
        else { return "fetch it with Models.download(\"\(repository)\")" }
        let file = parts[(place + 2)...].joined(separator: "/").prefix { $0 != "?" && $0 != "#" }
        return "fetch it with Models.download(\"\(repository)\", { files = { \"\(file)\" } })"
    }
}
