import Base
import Torch

/// A model that its publisher's folder holds: `config.json`, and weights beside it, in one file or several.
public protocol FolderModel {
    associatedtype Configuration: ModelConfiguration
    /// What the weight files are called, without number and extension: `"diffusion_pytorch_model"`.
    static var weightsName: String { get }
    /// Takes its tensors out of `w`, which stands at the top of the checkpoint. Throws `WeightsError`.
    init(_ w: Weights, _ configuration: Configuration) throws
}

/// The sizes of a model, as its `config.json` has them.
public protocol ModelConfiguration {
    /// Throws for a value of the wrong type, and for one that the model does not implement; `path` is the file, for
    /// errors.
    init(json: JSON, path: String) throws
}

extension FolderModel {
    /// Loads a folder, its weights sharded or not.
    ///
    /// Strict: a missing, unused or misshapen tensor is an error that names it. On the CPU a tensor that needs no
    /// conversion may stay in the mapped file.
    public static func load(_ folder: String, _ policy: WeightPolicy = WeightPolicy()) throws -> Self {
        let config = Path.join(folder, "config.json")
        let weights = Weights(try Checkpoint.read(folder, stem: weightsName), source: folder, policy: policy)
        return try weights.whole { try Self($0, Configuration(json: Files.json(config), path: config)) }
    }
}
