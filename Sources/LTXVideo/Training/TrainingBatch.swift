import Base
import Torch

/// Samples of one size, stacked.
public struct TrainingBatch {
    /// (batch, tokens, channels): clean latents, normalised and packed.
    public var latents: Tensor
    /// (batch, reference tokens, channels) for IC-LoRA; nil otherwise.
    public var reference: Tensor?
    /// (batch, text tokens, caption channels) and (batch, text tokens) of bool.
    public var text: Tensor, textMask: Tensor
    /// Tokens of the longest caption; 0 when not known.
    public var longestText: Int
    /// Of each video; a reference has the same.
    public var grid: LatentGrid
    /// Frames a second of each video, for the rotary positions.
    public var fps: [Double]

    /// The tensors are kept as they are; nothing is checked. `fps` has one entry a sample.
    public init(
        latents: Tensor, reference: Tensor? = nil, text: Tensor, textMask: Tensor, longestText: Int = 0,
        grid: LatentGrid, fps: [Double]
    ) {
        (self.latents, self.reference, self.text, self.textMask) = (latents, reference, text, textMask)
        (self.longestText, self.grid, self.fps) = (longestText, grid, fps)
    }

    /// Where the tokens of each video are: (1 or batch, 3, tokens) in seconds, pixels, pixels; one for all where all
    /// videos have the same rate.
    public func coordinates() throws -> Tensor {
        let rates = Set(fps).count == 1 ? Array(fps.prefix(1)) : fps
        let places = try rates.map { try grid.coordinates(scale: (8 / $0, 32, 32), device: latents.device) }
        return places.count == 1 ? places[0] : try concatenated(places, axis: 0)
    }
}

// MARK: - Stacking

extension TrainingBatch {
    /// Stacks samples. Throws when their sizes differ.
    ///
    /// - Parameters:
    ///   - references: whether their reference latents are used; each must have them then.
    ///   - path: the folder that they come from, for errors.
    public init(_ samples: [TrainingSample], references: Bool, path: String, device: Device) throws {
        guard let first = samples.first else { throw TrainingBatchError.empty(path) }
        if let other = samples.first(where: { $0.grid != first.grid }) {
            throw TrainingBatchError.mixed(
                path, "'\(first.name)' is \(first.grid), '\(other.name)' is \(other.grid) latent cells")
        }
        let reference = references ? try stacked(samples.map { try $0.neededReference(path) }).to(device) : nil
        let mask = try stacked(samples.map(\.textMask))
        self.init(
            latents: try stacked(samples.map(\.latents)).to(device), reference: reference,
            text: try stacked(samples.map(\.text)).to(device), textMask: try mask.to(device),
            longestText: try Self.longest(mask), grid: first.grid, fps: samples.map(\.fps))
    }

    /// Tokens up to the last real one of any row, on the host; all when a row has none,
    /// since attention then spreads over the padding.
    private static func longest(_ mask: Tensor) throws -> Int {
        let width = mask.size(1), values = try mask.ints()
        let lengths = stride(from: 0, to: values.count, by: max(width, 1)).map { start in
            (values[start..<start + width].lastIndex { $0 != 0 }).map { $0 - start + 1 } ?? width
        }
        return lengths.max() ?? width
    }
}

extension TrainingSample {
    fileprivate func neededReference(_ path: String) throws -> Tensor {
        guard let reference else { throw TrainingBatchError.noReference(path, name) }
        return reference
    }
}

/// Samples that make no batch. Names their folder.
public enum TrainingBatchError: UserError {
    case empty(String)
    case mixed(String, String)
    case noReference(String, String)

    /// `"data.shape"` and its kin.
    public var kind: String {
        switch self {
        case .empty: "data.missing"
        case .mixed: "data.shape"
        case .noReference: "data.reference"
        }
    }
    /// The folder.
    public var path: String? {
        switch self {
        case .empty(let path), .mixed(let path, _), .noReference(let path, _): path
        }
    }
    /// The configuration's key.
    public var key: String? { "data.preprocessed_data_root" }
    /// One line with the folder, the clips and the way out.
    public var description: String {
        switch self {
        case .empty(let path): "'\(path)': a batch without clips"
        case .mixed(let path, let reason):
            "'\(path)': clips of one batch must have one size: \(reason); set optimization.batch_size = 1"
        case .noReference(let path, let name): "'\(path)': '\(name)' has no reference latents; preprocess it again"
        }
    }
}
