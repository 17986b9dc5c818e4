import Torch

/// What training and sampling need of a model: velocities out of noisy latents.
///
/// A model may have several streams, such as a picture's and a sound's; each has a velocity of its own.
public protocol DiffusionModel<Input>: AnyObject {
    /// Noisy latents, what they are conditioned on, and how noisy they are.
    associatedtype Input
    /// Every linear layer, in the order of PyTorch's `named_modules()`: the order in which adapters are initialised.
    var linears: [Linear] { get }
    /// What it computes in.
    var dtype: DType { get }
    /// Where it computes.
    var device: Device { get }
    /// Bytes of its weights.
    var byteCount: Int { get }

    /// The velocity of each stream, (batch, tokens, channels).
    func velocity(_ input: Input) throws -> [Tensor]
    /// Whether blocks are on the device only while they compute: a training step then has to be `checkpointed`.
    var streamsBlocks: Bool { get }
    /// The velocities outside the graph, and a function that turns their gradients into gradients of what hangs on the
    /// layers, with little memory: of the blocks that `recomputation` has only the input is kept. Call the function once; nil where
    /// the loss does not depend on a stream.
    func checkpointed(
        _ input: Input, _ recomputation: Recomputation
    ) throws -> (velocities: [Tensor], backward: ([Tensor?]) throws -> Void)
}
