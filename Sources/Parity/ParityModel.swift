import Base
import LTXVideo
import NN
import Text
import Torch

/// The parts of a model folder, loaded when a stage first asks for them.
public final class ParityModel {
    /// A diffusers folder: transformer, text_encoder, vae, tokenizer.
    public let folder: String
    /// Where its parts are.
    public let device: Device
    private var transformers: [WeightPolicy: Transformer] = [:]
    private var textEncoders: [DType: T5Encoder] = [:]
    private var vaes: [DType: VideoVAE] = [:]

    /// Loads nothing yet. Throws when there is no such folder.
    public init(_ folder: String, device: Device = .cpu) throws {
        guard Files.isFolder(folder) else { throw FileError.missing(folder) }
        (self.folder, self.device) = (folder, device)
    }
    /// In this dtype, its blocks quantized or not; kept for the next stage.
    public func transformer(_ dtype: DType, _ quantization: QuantizedFormat? = nil) throws -> Transformer {
        let policy = WeightPolicy(dtype, on: device, quantization: quantization)
        if let loaded = transformers[policy] { return loaded }
        let loaded = try Transformer.load(Path.join(folder, "transformer"), policy)
        transformers[policy] = loaded
        return loaded
    }
    /// To be trained itself: in fp32, computing in this dtype. Another one at each call.
    public func trained(in dtype: DType) throws -> Transformer {
        try Transformer.load(
            Path.join(folder, "transformer"), WeightPolicy(.float32, on: device, trainedIn: dtype))
    }
    /// In this dtype; kept for the next stage.
    public func textEncoder(_ dtype: DType) throws -> T5Encoder {
        if let loaded = textEncoders[dtype] { return loaded }
        let loaded = try T5Encoder.load(Path.join(folder, "text_encoder"), WeightPolicy(dtype, on: device))
        textEncoders[dtype] = loaded
        return loaded
    }
    /// In this dtype; kept for the next stage.
    public func vae(_ dtype: DType) throws -> VideoVAE {
        if let loaded = vaes[dtype] { return loaded }
        let loaded = try VideoVAE.load(Path.join(folder, "vae"), WeightPolicy(dtype, on: device))
        vaes[dtype] = loaded
        return loaded
    }
    /// Read anew at each call.
    public func tokenizer() throws -> T5Tokenizer { try T5Tokenizer(folder: Path.join(folder, "tokenizer")) }
}
