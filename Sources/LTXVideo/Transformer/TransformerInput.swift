import Torch

/// One call of the transformer.
public struct TransformerInput {
    /// (batch, tokens, channels)
    public var latents: Tensor
    /// (batch, text tokens, caption channels): T5 embeddings.
    public var text: Tensor
    /// (batch, text tokens), true for a real token; nil when all are real.
    public var textMask: Tensor?
    /// The noise level that each token is told.
    public var timesteps: Timesteps
    /// The positions of the tokens; as many as `latents` has.
    public var rotary: RotaryTable
    /// Attention that is left out; nil for none.
    public var skipped: SkippedAttention?

    /// The tensors are kept as they are; nothing is checked.
    public init(latents: Tensor, text: Tensor, textMask: Tensor?, timesteps: Timesteps, rotary: RotaryTable) {
        (self.latents, self.text, self.textMask) = (latents, text, textMask)
        (self.timesteps, self.rotary) = (timesteps, rotary)
    }

    /// Without the padding that is common to all captions. Padding has no weight in attention (its logits are moved by
    /// −10000), so the result is the same and the work less. `longest` is the number of tokens of the longest caption,
    /// which the host knows from the tokenizer; 0 leaves everything.
    public func trimmed(toText longest: Int) throws -> TransformerInput {
        guard longest > 0, longest < text.size(1) else { return self }
        var copy = self
        copy.text = try text.slice(1, 0..<longest)
        copy.textMask = try textMask?.slice(1, 0..<longest)
        return copy
    }
}
