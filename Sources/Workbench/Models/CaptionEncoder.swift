import LTXVideo
import Text
import Torch

/// A tokenizer and the T5 encoder behind it.
public final class CaptionEncoder {
    /// Of the same folder as the encoder.
    public let tokenizer: T5Tokenizer
    /// T5, on the device and in the dtype that it was loaded with.
    public let encoder: T5Encoder
    /// Tokens that a caption is padded or cut to.
    public static let length = 256

    /// Neither is copied. Throws when the tokenizer has more tokens than the encoder has rows for.
    public init(tokenizer: T5Tokenizer, encoder: T5Encoder) throws {
        guard tokenizer.count <= encoder.config.vocabulary else {
            throw ModelFolderError.vocabulary(tokenizer.count, rows: encoder.config.vocabulary)
        }
        (self.tokenizer, self.encoder) = (tokenizer, encoder)
    }

    /// Captions as the trainer encodes them.
    ///
    /// - Parameter masked: whether T5 is told which tokens are padding. Upstream does so for validation prompts and
    ///   does not for training captions, so that the two differ for the same text; both are kept.
    public func encode(_ captions: [String], masked: Bool) throws -> [TextCondition] {
        let encoded = try captions.map { try tokenizer.encode($0, length: Self.length) }
        let ids = try Tensor(
            encoded.flatMap(\.identifiers), shape: [captions.count, Self.length], device: encoder.device)
        let mask = try Tensor(encoded.flatMap(\.mask), shape: [captions.count, Self.length], device: encoder.device)
        let embeddings = try withoutGradients { try encoder(ids, mask: masked ? mask : nil) }
        return try encoded.enumerated().map { place, tokens in
            TextCondition(
                embeddings: try embeddings.slice(0, place..<place + 1),
                mask: try mask.slice(0, place..<place + 1).to(.bool), length: tokens.mask.reduce(0, +))
        }
    }
}
