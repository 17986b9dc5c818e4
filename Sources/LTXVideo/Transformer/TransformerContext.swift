import Torch

/// What every block of one forward pass reads besides the tokens.
struct TransformerContext {
    /// (batch, text tokens, width) after the caption projection.
    let text: Tensor
    /// (batch, 1, 1, text tokens): 0 for a token, −10000 for padding; nil without padding.
    let bias: Tensor?
    let rotary: RotaryTable
    let timesteps: Timesteps
    /// (batch, rows, 6, width)
    let time: Tensor
    /// (batch, rows, width)
    let embedding: Tensor
    let skipped: SkippedAttention?

    /// What the model has computed of it.
    var computed: [Tensor] { [text, time, embedding] }
    /// The same outside the graph, waiting for gradients.
    func leaves() throws -> TransformerContext {
        let leaves = try computed.map { try $0.detached().trainable() }
        return TransformerContext(
            text: leaves[0], bias: bias, rotary: rotary, timesteps: timesteps, time: leaves[1], embedding: leaves[2],
            skipped: skipped)
    }

    /// The rows of a (6, width) table moved by the timestep, each (batch, 1 or tokens, width).
    func modulation(_ table: Tensor, tokens: Int) throws -> [Tensor] {
        try (table + time).unbound(2).map { try timesteps.spread($0, tokens: tokens) }
    }
}
