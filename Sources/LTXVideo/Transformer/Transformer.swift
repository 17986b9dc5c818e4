import NN
import Torch

/// The LTX-Video diffusion transformer (HaCohen et al. 2024, arXiv 2501.00103; diffusers `LTXVideoTransformer3DModel`).
///
/// 2B and 13B are configurations. One run at a time uses it: adapters hang on its linear layers.
public final class Transformer: DiffusionModel {
    /// The sizes that it was built with.
    public let configuration: TransformerConfiguration
    /// Every linear layer, in the order of PyTorch's `named_modules()`: the order in which adapters are initialised.
    public let linears: [Linear]
    public let dtype: DType, device: Device
    /// Bytes of its weights.
    public let byteCount: Int
    /// Its weights where they are trained, none otherwise.
    public let trained: [Parameter]
    /// The matrices of its blocks, where several ranks share them.
    public let shards: ShardedMatrices?

    private let projectIn: Linear, projectOut: Linear
    private let time: AdaLNSingle
    private let captionUp: Linear, captionDown: Linear
    private let table: Tensor
    private let blocks: BlockStack<TransformerBlock>

    /// Takes its tensors out of `w`. Throws `WeightsError` for a missing or misshapen one.
    public init(_ w: Weights, _ config: TransformerConfiguration) throws {
        let width = config.width
        // What upstream leaves out of quantization is everything but the blocks.
        let outside = w.unquantized
        configuration = config
        projectIn = try Linear(outside / "proj_in", config.inChannels, width)
        table = try w.take("scale_shift_table", 2, width)
        time = try AdaLNSingle(outside / "time_embed", width: width)
        captionUp = try Linear(outside / "caption_projection" / "linear_1", config.captionChannels, width)
        captionDown = try Linear(outside / "caption_projection" / "linear_2", width, width)
        blocks = BlockStack(
            try w.blocks(config.layers) { try TransformerBlock($0 / "transformer_blocks" / $1, config, place: $1) })
        projectOut = try Linear(outside / "proj_out", width, config.outChannels)
        (linears, byteCount, trained, shards) = (w.linears, w.byteCount, w.trained, w.shards)
        (dtype, device) = (projectIn.computeType, projectIn.device)
    }

    /// The velocity (batch, tokens, channels).
    public func callAsFunction(_ input: TransformerInput) throws -> Tensor { try velocity(input)[0] }

    /// The one stream's velocity (batch, tokens, channels).
    public func velocity(_ input: TransformerInput) throws -> [Tensor] {
        let (x, context) = try enter(input)
        return try leave(blocks.forward([x], step(context)), context)
    }

    /// See `DiffusionModel`.
    public var streamsBlocks: Bool { blocks.isPassing }
    /// See `DiffusionModel`: only the input of each recomputed block is kept.
    public func checkpointed(
        _ input: TransformerInput, _ recomputation: Recomputation
    ) throws -> (velocities: [Tensor], backward: ([Tensor?]) throws -> Void) {
        let (x, entered) = try enter(input)
        // What all blocks read is a leaf to them: each goes back by itself, and only then what it was computed from.
        let context = trained.isEmpty ? entered : try entered.leaves()
        let (state, through) = try blocks.recomputed(
            [x], recomputation, generator: linears.dropoutGenerator, step(context))
        let last = try state.map { try $0?.detached().trainable() }
        let velocities = try leave(last, context)
        let backward = { [isTrained = !trained.isEmpty] (gradients: [Tensor?]) in
            try accumulateGradients(of: velocities, from: gradients)
            try through(last.map { try $0?.gradient() })
            guard isTrained else { return }
            try accumulateGradients(of: entered.computed, from: context.computed.map { try $0.gradient() })
        }
        return (try velocities.map { try $0.detached() }, backward)
    }

    private func step(_ context: TransformerContext) -> BlockStack<TransformerBlock>.Step {
        { block, state, isRead in try state.map { x in try x.map { try block($0, context, isRead: isRead) } } }
    }

    /// From latents to tokens, and what the blocks share.
    private func enter(_ input: TransformerInput) throws -> (Tensor, TransformerContext) {
        // Everything runs in the dtype of the weights, which is what autocast makes of the reference's fp32 latents.
        let bias = try input.textMask.map { try (1 - $0.to(dtype)).unsqueezed(1).unsqueezed(1) * -10000 }
        let x = try projectIn(input.latents.to(dtype))
        let rows = try input.timesteps.rows
        let (modulation, embedding) = try time(rows)
        let text = try captionDown(captionUp(input.text.to(dtype)).gelu())
        let context = TransformerContext(
            text: text, bias: bias, rotary: input.rotary, timesteps: input.timesteps,
            time: try modulation.unflattened(2, [6, -1]), embedding: embedding, skipped: input.skipped)
        return (x, context)
    }

    /// From the tokens of each stream to its velocity.
    private func leave(_ state: [Tensor?], _ context: TransformerContext) throws -> [Tensor] {
        try state.compactMap { x in try x.map { try leave($0, context) } }
    }
    private func leave(_ x: Tensor, _ context: TransformerContext) throws -> Tensor {
        let tokens = x.size(1), spread = context.timesteps.spread
        let shift = try spread(table.select(0, 0) + context.embedding, tokens)
        let scale = try spread(table.select(0, 1) + context.embedding, tokens)
        let h = try shift.adding(x.layerNorm(configuration.width, epsilon: 1e-6), times: 1 + scale)
        return try projectOut(h)
    }
}
