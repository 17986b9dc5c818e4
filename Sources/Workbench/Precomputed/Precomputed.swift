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
    public private(set) var items: [Item]
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

    /// The same folder with some of its clips.
    func with(_ items: [Item]) -> Precomputed {
        var part = self
        part.items = items
        return part
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
        let video = try LatentFile(item.latents), text = try ConditionFile.read(item.condition)
        let reference = try item.reference.map { try LatentFile($0) }
        return TrainingSample(
            name: item.name, latents: video.latents, reference: reference?.latents, grid: video.grid, fps: video.fps,
            text: text.embeddings, textMask: text.mask, remark: video.remark)
    }
}

/// Preprocessed data that cannot be trained on.
public enum PrecomputedError: UserError {
    private static var usualReferences: String { "reference_latents" }

    case noFolder(String, String)
    case empty(String, orphans: Int)
    case shape(String, String)
    case tooFew(String, clips: Int, batch: Int)
    /// Of one clip none can be held out.
    case oneClip(String)
    case noReference(String, String, folder: String, others: Int)
    case otherModel(String, String, String)
    /// What has changed since it was preprocessed, a sentence each.
    case stale(String, [String])

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .noFolder, .empty: "data.missing"
        case .shape, .otherModel: "data.shape"
        case .tooFew, .oneClip: "data.few"
        case .noReference: "data.reference"
        case .stale: "data.stale"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .noFolder(let path, _), .empty(let path, _), .shape(let path, _), .tooFew(let path, _, _),
            .oneClip(let path), .noReference(let path, _, _, _), .otherModel(let path, _, _), .stale(let path, _):
            path
        }
    }
    /// See `UserError`.
    public var key: String? { "data.preprocessed_data_root" }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .noFolder(let path, let part):
            "'\(path)' holds no preprocessed clips: its folder '\(part)' is missing; "
                + (Files.isFolder(Path.join(path, "scenes/.precomputed/\(part)"))
                    ? "those of its scenes are in '\(Path.join(path, "scenes"))'" : "run pre:run(ds, …) first")
        case .empty(let path, let orphans):
            orphans == 0
                ? "'\(path)' holds no preprocessed clips; run pre:run(ds, …) first"
                : "'\(path)': none of the \(orphans) latents has a caption embedding in conditions/; "
                    + "run pre:run(ds, …) again"
        case .shape(let path, let reason): "'\(path)' \(reason)"
        case .tooFew(let path, let clips, let batch):
            "'\(path)' has \(counted(clips, "clip")), fewer than optimization.batch_size = \(batch); "
                + "lower it or preprocess more clips"
        case .oneClip(let path):
            "'\(path)' has one clip, and data.validation_split would leave none to train on; set it to 0, preprocess more "
                + "clips, or name others in data.validation_data_root"
        case .noReference(let path, let name, let folder, let others):
            "'\(path)': '\(name)'\(others > 0 ? " and \(others) more have" : " has") no reference latents in '\(folder)', "
                + "which conditioning.mode = reference_video needs; set the clips' references and preprocess again"
                + (folder == Self.usualReferences || !Files.isFolder(Path.join(path, Self.usualReferences))
                    ? ""
                    : " (there is a folder '\(Self.usualReferences)': conditioning.reference_latents_dir names it)")
        case .stale(let path, let changes):
            "'\(path)': \(changes.joined(separator: "; ")): pre:run(ds, …) makes them anew"
        case .otherModel(let path, let found, let wanted):
            "'\(path)' has \(found), this model's have \(wanted): it was preprocessed with another model; "
                + "preprocess again with this one (pre:run(ds, …))"
        }
    }
}
