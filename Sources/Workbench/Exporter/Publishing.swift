import Base
import Configuration
import Foundation
import Hub

/// A LoRA with its card, its samples and its configuration, for a repository of a hub.
public struct Publishing {
    /// What is published, and how.
    public struct Options: Sendable {
        /// `OWNER/NAME`; a name alone is the token's owner's.
        public var repository = ""
        /// Of a repository that is made.
        public var isPrivate = true
        /// The word that brings out what was taught; nil for none.
        public var trigger: String?
        /// The repository of the base model; nil for what the configuration says.
        public var base: String?
        /// The licence in the card's head; nil for that of the base model.
        public var license: String?
        /// The address of a hub; nil for that of `HF_ENDPOINT`.
        public var endpoint: String?
        /// Videos and pictures; nil for the newest of the run.
        public var samples: [String]?
        /// How failures that may pass are waited for, and the variables that hold; nil for those of the process.
        var waiting = Waiting(), environment: HubEnvironment?

        /// As a person would want it.
        public init() {}
    }

    /// Everything that goes into the repository.
    public let items: [UploadItem]
    /// The text of README.md.
    public let card: String
    private let options: Options, repository: HubRepository
    /// Converted files, which go away with this.
    private let scratch: ScratchFolder

    /// Makes what is to be sent out of a LoRA file or a run's folder; sends nothing. Throws `LoRAFileError`, `FileError` or `HubError`.
    public init(_ source: String, _ options: Options) throws {
        try SessionRanks.requireAlone("publishing")
        try self.init(of: source, options)
    }
    /// The same, for the one rank that has the run.
    init(of source: String, _ options: Options) throws {
        self.options = options
        repository = try HubRepository(options.repository)
        let file = try LoRAFile(source),
            folder = Files.isFolder(Path.expandingTilde(source)) ? Path.expandingTilde(source) : nil
        scratch = try ScratchFolder()
        let name = "\(repository.name).safetensors", comfy = "\(repository.name)_comfy.safetensors"
        let diffusers = Path.join(scratch.path, name)
        try LoRAOutput(for: file.path, diffusers, .diffusers).write(file.adapters, metadata: file.metadata)
        let other = Path.join(scratch.path, comfy)
        try LoRAOutput(for: file.path, other, .comfyui).write(file.adapters, metadata: file.metadata)
        let config = folder.map { Path.join($0, "config.yaml") }.flatMap { Files.exists($0) ? $0 : nil }
        let settings = config.flatMap { try? TrainingConfiguration.load($0) }
        let yaml = try config.map { Self.shareable(try Files.text($0)) }
        let videos = options.samples ?? Self.samples(of: folder)
        var samples: [(path: String, prompt: String?)] = [], items: [UploadItem] = []
        for video in videos {
            let path = "samples/\(Path.name(video))"
            items.append(try UploadItem(path, file: video))
            samples.append((path, Self.prompt(of: video, settings)))
        }
        let model = file.metadata["base_model"] ?? settings?.model.modelSource
        let card = ModelCard(
            title: repository.name, base: options.base ?? model.flatMap(Self.repository),
            license: options.license ?? "other",
            trigger: options.trigger, file: name, comfy: comfy, rank: file.ranks.last ?? 0, targets: file.targets,
            configuration: settings, yaml: yaml, step: file.metadata["step"].flatMap { Int($0) },
            loss: folder.flatMap(Self.loss), samples: samples
        ).text
        items =
            [
                try UploadItem("README.md", text: card), try UploadItem(name, file: diffusers),
                try UploadItem(comfy, file: other),
            ] + items
        if let yaml { items.append(try UploadItem("config.yaml", text: yaml)) }
        (self.items, self.card) = (items, card)
    }

    /// Sends it. Throws `HubError`, `HTTPError`, `FileError` or `Cancelled`; called again it sends what is not there yet.
    public func send(_ monitor: Monitor = Monitor()) throws -> HubUpload.Outcome {
        let environment = try options.environment ?? HubEnvironment()
        if let variable = environment.offlineVariable {
            throw HubError.offline(variable: variable, what: "nothing was sent to \(repository)")
        }
        let client = try HubClient(environment, endpoint: options.endpoint, needsToken: true, waiting: options.waiting)
        let upload = HubUpload(
            client, repository, items, isPrivate: options.isPrivate, message: "Publish \(repository.name) with ltxsh",
            monitor: monitor)
        return try upload.run()
    }

    // MARK: What a run has

    /// Without the names of people and machines that are in the paths of this disk.
    private static func shareable(_ yaml: String) -> String {
        let here = Path.absolute("."), home = Path.absolute("~")
        return [(here, "."), (home, "~")].filter { $0.0.count > 1 }.reduce(yaml) { $0.replacing($1.0, with: $1.1) }
    }

    private static func repository(_ source: String) -> String? {
        if let known = ModelRegistry.find(source) { return known.repository }
        // A folder of this disk is nobody else's business.
        return source.contains("/") && !Files.exists(source) && !source.hasPrefix(".")
            ? (try? HubRepository(source))?.description : nil
    }
    /// The videos of the newest step that made any, four at most.
    private static func samples(of folder: String?) -> [String] {
        guard let folder else { return [] }
        let home = Path.join(folder, "samples")
        let steps = ((try? Files.list(home)) ?? []).compactMap { name in step(of: name).map { (step: $0, name: name) } }
        guard let newest = steps.map(\.step).max() else { return [] }
        return steps.filter { $0.step == newest }.prefix(4).map { Path.join(home, $0.name) }
    }
    /// `step_000250_0.mp4`
    private static func step(of name: String) -> Int? {
        let parts = Path.stem(name).split(separator: "_")
        return parts.count == 3 && parts[0] == "step" && ["mp4", "png", "gif"].contains(Path.fileExtension(name))
            ? Int(parts[1]) : nil
    }
    private static func prompt(of video: String, _ settings: TrainingConfiguration?) -> String? {
        guard step(of: Path.name(video)) != nil, let last = Path.stem(video).split(separator: "_").last,
            let place = Int(last),
            let prompts = settings?.validation.prompts, prompts.indices.contains(place)
        else { return nil }
        return prompts[place]
    }
    private static func loss(of folder: String) -> Double? {
        guard let last = (try? Files.text(Path.join(folder, "metrics.jsonl")))?.split(separator: "\n").last,
            let line = try? JSON(parsing: String(last))
        else { return nil }
        return line["smooth_loss"]?.number ?? line["loss"]?.number
    }
}

/// A folder that goes away with all that is in it.
private final class ScratchFolder: Sendable {
    let path: String
    init() throws {
        path = Path.join(NSTemporaryDirectory(), "ltxsh-publish-\(UInt64.random(in: 0 ... .max))")
        try Files.makeFolder(path)
    }
    deinit {
        for name in (try? Files.list(path)) ?? [] { Files.remove(Path.join(path, name)) }
        rmdir(path)
    }
}
