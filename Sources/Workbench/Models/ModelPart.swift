import Base
import LTXVideo
import NN
import Text

/// A model, or a part of one, that the store keeps in memory.
public protocol ResidentModel: AnyObject, SendableMetatype {
    /// Bytes of its weights.
    var byteCount: Int { get }
}
extension Transformer: ResidentModel {}
extension VideoVAE: ResidentModel {}
extension CaptionEncoder: ResidentModel {
    /// Bytes of the encoder's weights.
    public var byteCount: Int { encoder.byteCount }
}

/// What a part of a model is called, in messages and by scripts: `"transformer"`, `"vae"`, `"text_encoder"`.
public struct PartName: RawRepresentable, Hashable, Sendable {
    /// The word itself.
    public let rawValue: String
    /// Any word; a part needs no list that it stands in.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The diffusion transformer.
    public static let transformer = PartName(rawValue: "transformer")
    /// The video VAE.
    public static let vae = PartName(rawValue: "vae")
    /// The text encoder with its tokenizer.
    public static let textEncoder = PartName(rawValue: "text_encoder")
    /// The parts of LTX-Video.
    public static let all = [transformer, vae, textEncoder]
}

/// A part that can be loaded on its own: its name, the class of what is loaded, and how.
public struct ModelPart<Model: ResidentModel>: Sendable {
    /// What it is called.
    public let name: PartName
    /// Loads it. Weights stay in the mapped files where no conversion is needed.
    let load: @Sendable (ModelFolder, WeightPolicy) throws -> Model
}

extension ModelPart where Model == Transformer {
    /// The diffusion transformer.
    public static var transformer: ModelPart {
        ModelPart(name: .transformer) { folder, policy in
            guard folder.checkpoint != nil else {
                return try Transformer.load(folder.part("transformer"), policy)
            }
            return try SingleFileCheckpoint(folder.identity).transformer(policy)
        }
    }
}
extension ModelPart where Model == VideoVAE {
    /// The video VAE.
    public static var vae: ModelPart {
        ModelPart(name: .vae) { folder, policy in
            guard folder.checkpoint != nil else {
                return try VideoVAE.load(folder.part("vae"), policy)
            }
            return try SingleFileCheckpoint(folder.identity).vae(policy)
        }
    }
}
extension ModelPart where Model == CaptionEncoder {
    /// T5 and its tokenizer.
    public static var textEncoder: ModelPart {
        ModelPart(name: .textEncoder) { folder, policy in
            let path = folder.part("text_encoder")
            return try CaptionEncoder(
                tokenizer: T5Tokenizer(folder: folder.part("tokenizer")),
                encoder: Files.isFolder(path) ? T5Encoder.load(path, policy) : T5File(path).encoder(policy))
        }
    }
}
