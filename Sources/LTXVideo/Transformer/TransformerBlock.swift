import NN
import Torch

/// One block: self-attention, attention to the caption, feed-forward; the first and the last modulated by the timestep.
final class TransformerBlock {
    private let attention: TransformerAttention, caption: TransformerAttention
    private let up: Linear, down: Linear
    private let table: Tensor
    private let place: Int

    /// `place`: which of the blocks it is, from 0.
    init(_ w: Weights, _ config: TransformerConfiguration, place: Int) throws {
        let width = config.width
        self.place = place
        table = try w.take("scale_shift_table", 6, width)
        attention = try TransformerAttention(w / "attn1", config, source: width)
        caption = try TransformerAttention(w / "attn2", config, source: config.crossAttentionWidth)
        up = try Linear(w / "ff" / "net" / 0 / "proj", width, 4 * width)
        down = try Linear(w / "ff" / "net" / 2, 4 * width, width)
    }

    /// x (batch, tokens, width) → the same shape. `isRead`: see `BlockStack.Step`.
    func callAsFunction(_ x: Tensor, _ c: TransformerContext, isRead: Bool = true) throws -> Tensor {
        let skipped = c.skipped?.mode(of: place)
        if skipped == .transformerBlock { return x }
        let m = try c.modulation(table, tokens: x.size(1))  // shift, scale, gate; for attention, then feed-forward
        let h = try modulated(x, scale: m[1], shift: m[0])
        var x = try x.adding(attention(h, h, rotary: c.rotary, skipped: skipped), times: m[2])
        x = try x + caption(x, c.text, bias: c.bias)
        // The gradient of a gate is made of what it is multiplied by.
        let isReadDown = isRead || m[5].requiresGradient
        let y = try down(up(modulated(x, scale: m[4], shift: m[3])).gelu(), isRead: isReadDown)
        return try x.adding(y, times: m[5])
    }

    private func modulated(_ x: Tensor, scale: Tensor, shift: Tensor) throws -> Tensor {
        try x.rmsNorm(x.size(-1), times: 1 + scale, plus: shift, epsilon: 1e-6)
    }
}
