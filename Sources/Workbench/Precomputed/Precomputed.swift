import Base
import LTXVideo
import Torch

/// A folder of preprocessed clips: `latents/`, `conditions/` and perhaps `reference_latents/`, as the upstream trainer
/// and this one write them, or numbered as its older GUI did (`latents/latent_%08d.pt`,
/// `conditions/condition_%08d.pt`).
public struct Precomputed: Sendable {
    /// The folder that holds `latents`.
    public let path: String
    /// Clips with latents and a caption embedding, by name.
    public let items: [Item]
    /// Latents without a caption embedding, which training leaves out.
    public let orphans: [String]

    /// One clip.
    public struct Item: Sendable, Equatable {
        /// The path below `latents`, without extension.
        public let name: String
        public let latents: String, condition: String
        /// The file of reference latents; nil when there is none.
        public let reference: String?
    }

    /// Opens `path`, or the `.precomputed` folder in it. Items are sorted by name.
    ///
    /// - Parameter references: the folder of reference latents beside `latents`; an item without one has none.
    /// Throws `PrecomputedError` when there is nothing to train on.
    public init(opening path: String, references: String = "reference_latents") throws {
        let path = Path.absolute(path), inside = Path.join(path, ".precomputed")
        let root = Files.isFolder(inside) ? inside : path
        guard Files.isFolder(root) else { throw FileError.missing(path) }
        for part in ["latents", "conditions"] where !Files.isFolder(Path.join(root, part)) {
            throw PrecomputedError.noFolder(root, part)
        }
        var items: [Item] = [], orphans: [String] = []
        for name in try Self.files(in: Path.join(root, "latents")) {
            let latents = Path.join(root, "latents/\(name).pt")
            let numbered = Path.name(name).hasPrefix("latent_") ? "condition_\(Path.name(name).dropFirst(7))" : name
            let conditions = ["conditions/\(name).pt", "conditions/\(numbered).pt"].map { Path.join(root, $0) }
            guard let condition = conditions.first(where: Files.exists) else {
                orphans.append(name)
                continue
            }
            let reference = Path.join(root, "\(references)/\(name).pt")
            items.append(
                Item(
                    name: name, latents: latents, condition: condition,
                    reference: Files.exists(reference) ? reference : nil))
        }
        guard !items.isEmpty else { throw PrecomputedError.empty(root, orphans: orphans.count) }
        (self.path, self.items, self.orphans) = (root, items, orphans)
    }

    /// The folders that preprocessing writes.
    static let parts = ["latents", "conditions", "reference_latents"]
    /// Where preprocessing puts what its dataset no longer has; nobody reads it for training.
    static let staleName = "stale"

    /// Paths of the `.pt` files below a folder, relative, without extension, sorted; none where there is no folder.
    static func files(in folder: String) throws -> [String] {
        Files.isFolder(folder) ? try files(folder, "") : []
    }
    private static func files(_ folder: String, _ below: String) throws -> [String] {
        try Files.list(Path.join(folder, below)).flatMap { name -> [String] in
            let relative = below.isEmpty ? name : "\(below)/\(name)"
            if Files.isFolder(Path.join(folder, relative)) { return try files(folder, relative) }
            return name.hasSuffix(".pt") && !name.hasPrefix(".") ? [String(relative.dropLast(3))] : []
        }
    }

    /// Reads one clip. Throws `PrecomputedError` for a file of another shape, naming it.
    public func sample(_ item: Item) throws -> TrainingSample {
        let video = try LatentFile(item.latents), text = try TorchFile.read(item.condition)
        guard let embeddings = text["prompt_embeds"]?.tensor, let mask = text["prompt_attention_mask"]?.tensor,
            embeddings.rank == 2, mask.shape == [embeddings.size(0)]
        else {
            throw PrecomputedError.shape(
                item.condition, "needs prompt_embeds (tokens, width) and prompt_attention_mask (tokens)")
        }
        let reference = try item.reference.map { try LatentFile($0) }
        return TrainingSample(
            name: item.name, latents: video.latents, reference: reference?.latents, grid: video.grid, fps: video.fps,
            text: embeddings, textMask: try mask.to(.bool))
    }
}

/// A latents file: packed, normalised latents and their grid.
struct LatentFile {
    let latents: Tensor, grid: LatentGrid, fps: Double

    init(_ path: String) throws {
        let file = try TorchFile.read(path)
        guard let latents = file["latents"]?.tensor, let frames = file["num_frames"]?.integer,
            let height = file["height"]?.integer, let width = file["width"]?.integer
        else { throw PrecomputedError.shape(path, "needs latents, num_frames, height and width") }
        guard latents.rank == 2 else {
            throw PrecomputedError.shape(
                path,
                "has latents of shape \(latents.shape); (tokens, channels) is expected "
                    + "(files of the LTX-2 trainer do not fit)")
        }
        grid = LatentGrid(frames: frames, height: height, width: width)
        guard frames > 0, height > 0, width > 0, latents.size(0) == grid.tokens else {
            throw PrecomputedError.shape(path, "has \(latents.size(0)) tokens for a grid of \(grid)")
        }
        // The older GUI stores −1 for images; a single frame has no rate.
        let fps = file["fps"]?.number ?? 24
        (self.latents, self.fps) = (latents, fps > 0 ? fps : 1)
    }
    static func write(_ latents: Tensor, grid: LatentGrid, fps: Double, to path: String) throws {
        let whole = fps.rounded() == fps
        try TorchFile.write(
            TorchValue([
                "latents": .tensor(latents), "num_frames": .integer(grid.frames), "height": .integer(grid.height),
                "width": .integer(grid.width), "fps": whole && grid.frames == 1 ? .integer(Int(fps)) : .number(fps),
            ]), to: path)
    }
}

/// Preprocessed data that cannot be trained on.
public enum PrecomputedError: UserError {
    case noFolder(String, String)
    case empty(String, orphans: Int)
    case shape(String, String)
    case tooFew(String, clips: Int, batch: Int)
    case mixed(String, String)
    case noReference(String, String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .noFolder, .empty: "data.missing"
        case .shape, .mixed: "data.shape"
        case .tooFew: "data.few"
        case .noReference: "data.reference"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .noFolder(let path, _), .empty(let path, _), .shape(let path, _), .tooFew(let path, _, _),
            .mixed(let path, _), .noReference(let path, _):
            path
        }
    }
    /// See `UserError`.
    public var key: String? { "data.preprocessed_data_root" }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .noFolder(let path, let part):
            "'\(path)' holds no preprocessed clips: its folder '\(part)' is missing; run pre:run(ds, …) first"
        case .empty(let path, let orphans):
            orphans == 0
                ? "'\(path)' holds no preprocessed clips; run pre:run(ds, …) first"
                : "'\(path)': none of the \(orphans) latents has a caption embedding in conditions/; "
                    + "run pre:run(ds, …) again"
        case .shape(let path, let reason): "'\(path)' \(reason)"
        case .tooFew(let path, let clips, let batch):
            "'\(path)' has \(clips) clips, fewer than optimization.batch_size = \(batch); "
                + "lower it or preprocess more clips"
        case .mixed(let path, let reason):
            "'\(path)': clips of one batch must have one size: \(reason); set optimization.batch_size = 1"
        case .noReference(let path, let name):
            "'\(path)': '\(name)' has no reference latents, which conditioning.mode = reference_video needs; "
                + "set the clips' references and preprocess again"
        }
    }
}
