import NN
import Torch

/// The LTX-Video diffusion transformer (HaCohen et al. 2024, arXiv 2501.00103; diffusers `LTXVideoTransformer3DModel`).
///
/// 2B and 13B are configurations. One run at a time uses it: adapters hang on its linear layers.
public final class Transformer {
    /// The sizes that it was built with.
    public let configuration: TransformerConfiguration
    /// Every linear layer, in the order of PyTorch's `named_modules()`: the order in which adapters are initialised.
    public let linears: [Linear]
    public let dtype: DType, device: Device
    /// Bytes of its weights.
    public let byteCount: Int

    private let projectIn: Linear, projectOut: Linear
    private let time: TimeEmbedding
    private let captionUp: Linear, captionDown: Linear
    private let table: Tensor
    private let blocks: [TransformerBlock]

    /// Takes its tensors out of `w`. Throws `WeightsError` for a missing or misshapen one.
    public init(_ w: Weights, _ config: TransformerConfiguration) throws {
        let width = config.width
        configuration = config
        projectIn = try Linear(w / "proj_in", config.inChannels, width)
        table = try w.take("scale_shift_table", 2, width)
        time = try TimeEmbedding(w / "time_embed", width: width)
        captionUp = try Linear(w / "caption_projection" / "linear_1", config.captionChannels, width)
        captionDown = try Linear(w / "caption_projection" / "linear_2", width, width)
        blocks = try (0..<config.layers).map { try TransformerBlock(w / "transformer_blocks" / $0, config) }
        projectOut = try Linear(w / "proj_out", width, config.outChannels)
        (linears, byteCount) = (w.linears, w.byteCount)
        (dtype, device) = (projectIn.weight.dtype, projectIn.weight.device)
    }

    /// The velocity (batch, tokens, channels).
    public func callAsFunction(_ input: TransformerInput) throws -> Tensor {
        var (x, context) = try enter(input)
        for block in blocks { x = try block(x, context) }
        return try leave(x, context)
    }

    /// The velocity, and a function that turns its gradient into gradients of the adapters, block by block.
    ///
    /// Only the input of each block is kept; a block is computed again with gradients when its turn comes, so that one
    /// block's activations live at a time. Call the function once, with the gradient of a loss by the velocity.
    public func checkpointed(
        _ input: TransformerInput
    ) throws -> (velocity: Tensor, backward: (Tensor) throws -> Void) {
        let (first, context) = try enter(input)
        var inputs: [Tensor] = []
        var x = first
        try withoutGradients {
            for block in blocks {
                inputs.append(x)
                x = try block(x, context)
            }
        }
        let last = try x.detached().trainable()
        let velocity = try leave(last, context)
        let backward = { (gradient: Tensor) in
            try velocity.backward(gradient)
            // Without adapters behind the blocks nothing asks for the gradient of their last output twice.
            var flowing = try last.gradient()
            for (block, input) in zip(self.blocks, inputs).reversed() {
                let isFirst = input === inputs.first
                let x = try input.detached().trainable(!isFirst || first.requiresGradient)
                let y = try block(x, context)
                guard y.requiresGradient else { break }
                try y.backward(flowing)
                flowing = try x.gradient()
            }
            if first.requiresGradient, let flowing { try first.backward(flowing) }
        }
        return (try velocity.detached(), backward)
    }

    /// From latents to tokens, and what the blocks share.
    private func enter(_ input: TransformerInput) throws -> (Tensor, TransformerContext) {
        // Everything runs in the dtype of the weights, which is what autocast makes of the reference's fp32 latents.
        let bias = try input.textMask.map { try (1 - $0.to(dtype)).unsqueezed(1).unsqueezed(1) * -10000 }
        let x = try projectIn(input.latents.to(dtype))
        let rows = try input.timesteps.rows
        let (modulation, embedding) = try time(rows, dtype: x.dtype)
        let text = try captionDown(captionUp(input.text.to(dtype)).gelu())
        let context = TransformerContext(
            text: text, bias: bias, rotary: input.rotary, timesteps: input.timesteps,
            time: try modulation.unflattened(2, [6, -1]), embedding: embedding)
        return (x, context)
    }

    /// From tokens to the velocity.
    private func leave(_ x: Tensor, _ context: TransformerContext) throws -> Tensor {
        let tokens = x.size(1), spread = context.timesteps.spread
        let shift = try spread(table.select(0, 0) + context.embedding, tokens)
        let scale = try spread(table.select(0, 1) + context.embedding, tokens)
        let h = try shift.adding(x.layerNorm(configuration.width, epsilon: 1e-6), times: 1 + scale)
        return try projectOut(h)
    }
}
