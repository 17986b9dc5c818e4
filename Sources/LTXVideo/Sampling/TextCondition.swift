import Torch

/// An encoded caption.
public struct TextCondition {
    /// (1, text tokens, caption channels)
    public let embeddings: Tensor
    /// (1, text tokens) of bool: true for a token, false for padding.
    public let mask: Tensor
    /// How many real tokens there are, from the first on.
    public let length: Int

    /// The tensors are kept as they are; nothing is checked.
    public init(embeddings: Tensor, mask: Tensor, length: Int) {
        (self.embeddings, self.mask, self.length) = (embeddings, mask, length)
    }
}
