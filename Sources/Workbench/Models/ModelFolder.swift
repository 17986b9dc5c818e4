import Configuration
import Base
import LTXVideo
import NN
import Torch

/// Where the parts of a model are: a diffusers folder, or a single-file checkpoint and the folders beside it.
public struct ModelFolder: Sendable, Equatable {
    /// Absolute; of a single-file checkpoint the folder that it lies in.
    public let path: String
    /// A single-file checkpoint that transformer and VAE come from; text encoder and tokenizer lie in folders beside
    /// it, as in the published repository. Nil for a diffusers folder.
    public let checkpoint: String?
    /// What tells this model from others in memory.
    public var identity: String { checkpoint ?? path }

    /// Finds a model by what people write: a folder, a name under `models/`, a version name such as `LTXV_2B_0.9.5`, or
    /// a single-file checkpoint with the text encoder's folders beside it.
    ///
    /// Throws `ModelFolderError` with what was looked for.
    public init(finding source: String, models: String = "models") throws {
        let repository = ModelVersion(rawValue: source)?.folder
        let candidates = [source, Path.join(models, source), repository.map { Path.join(models, $0) }].compactMap { $0 }
        if let found = candidates.first(where: { Files.isFolder($0) }) {
            (path, checkpoint) = (Path.absolute(found), nil)
            try check(["transformer", "vae", "text_encoder", "tokenizer"])
            return
        }
        if source.hasSuffix(".safetensors"), let file = candidates.first(where: Files.exists) {
            (path, checkpoint) = (Path.folder(Path.absolute(file)), Path.absolute(file))
            try check(["text_encoder", "tokenizer"])
            return
        }
        throw ModelFolderError.missing(source, lookedIn: candidates)
    }

    /// Names of the whole model folders below `models`, sorted.
    public static func all(in models: String = "models") -> [String] {
        ((try? Files.list(models)) ?? []).filter { (try? ModelFolder(finding: Path.join(models, $0))) != nil }
    }

    private func check(_ parts: [String]) throws {
        for part in parts where !Files.isFolder(Path.join(path, part)) {
            throw ModelFolderError.incomplete(path, part: part)
        }
    }

    /// The path of a part's folder, such as `"vae"`, whether it is there or not.
    public func part(_ name: String) -> String { Path.join(path, name) }

    /// The right to one part from a store; it is loaded when it is first asked for and not in memory.
    public func lease<Model: ResidentModel>(
        _ part: ModelPart<Model>, dtype: DType, device: Device, for user: String, from store: ModelStore = .shared
    ) throws -> ModelLease<Model> {
        let policy = WeightPolicy(dtype, on: device)
        let key = ModelKey(identity, part.name, policy)
        return try store.lease(key, for: user, bytes: byteCount(part.name, as: dtype)) {
            try part.load(self, policy)
        }
    }

    /// The sizes of the transformer, without loading it. Throws as loading would.
    func transformerConfiguration() throws -> TransformerConfiguration {
        if let checkpoint { return try SingleFileCheckpoint(checkpoint).transformerConfiguration() }
        let path = Path.join(part("transformer"), "config.json")
        return try TransformerConfiguration(json: Files.json(path), path: path)
    }

    /// Bytes of a part's weights in a number format, by the headers of its files; 0 where they cannot be read.
    func byteCount(_ part: PartName, as dtype: DType) -> Int {
        let folder = self.part(part.rawValue), names = (try? Files.list(folder)) ?? []
        let shards = names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }.map { Path.join(folder, $0) }
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

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .missing: "model.missing"
        case .incomplete: "model.incomplete"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .missing(let path, _), .incomplete(let path, _): path
        }
    }
    /// See `UserError`.
    public var key: String? { "model.model_source" }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .missing(let source, let places):
            "no model '\(source)' (looked for the folders \(places.map { "'\($0)'" }.joined(separator: ", "))); "
                + "put the published folder under models/, or make a tiny one with Models.make_tiny(\"models/tiny\")"
        case .incomplete(let path, let part):
            "'\(path)' is not a whole model folder: '\(part)' is missing "
                + "(a single-file checkpoint needs text_encoder and tokenizer beside it); "
                + "Models.check(\"\(path)\") lists what else is"
        }
    }
}
