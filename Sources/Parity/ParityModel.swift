import Foundations
import LTXVideo
import NN
import Torch

/// The parts of a model folder, loaded when a stage first asks for them.
public final class ParityModel {
    public let folder: String
    private var transformers: [DType: Transformer] = [:]

    public init(_ folder: String) throws {
        guard Files.isFolder(folder) else { throw FileError.missing(folder) }
        self.folder = folder
    }
    public func transformer(_ dtype: DType) throws -> Transformer {
        if let loaded = transformers[dtype] { return loaded }
        let loaded = try Transformer.load(Path.join(folder, "transformer"), dtype: dtype)
        transformers[dtype] = loaded
        return loaded
    }
}
