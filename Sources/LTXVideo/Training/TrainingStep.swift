import NN
import Torch

/// One forward and backward pass of training.
public enum TrainingStep {
    /// Adds the gradients of `share` · loss to what hangs on the model's layers. Returns the velocity and the loss (not
    /// multiplied), both outside the graph.
    ///
    /// - Parameters:
    ///   - scale: what the loss is multiplied by besides, a scalar on its device; nil for 1.
    ///   - checkpointing: of which blocks only the input is kept, and the rest computed again on the way back.
    public static func gradients(
        _ model: some DiffusionModel<TransformerInput>, _ batch: NoisyBatch, share: Double = 1, scale: Tensor? = nil,
        checkpointing: Recomputation
    ) throws -> (velocity: Tensor, loss: Tensor) {
        let (velocities, loss) = try gradients(
            model, batch.input, share: share, scale: scale, checkpointing: checkpointing
        ) { try batch.loss($0[0]) }
        return (velocities[0], loss)
    }

    /// The same for any model: `loss` is that of its velocities.
    public static func gradients<Input>(
        _ model: some DiffusionModel<Input>, _ input: Input, share: Double = 1, scale: Tensor? = nil,
        checkpointing: Recomputation,
        loss measure: ([Tensor]) throws -> Tensor
    ) throws -> (velocities: [Tensor], loss: Tensor) {
        func propagate(_ velocities: [Tensor]) throws -> Tensor {
            let loss = try measure(velocities)
            let part = try share == 1 ? loss : loss * share
            try (scale.map { try part * $0 } ?? part).backward()
            return try loss.detached()
        }
        guard checkpointing != .none || model.streamsBlocks else {
            let velocities = try model.velocity(input), loss = try propagate(velocities)
            return (try velocities.map { try $0.detached() }, loss)
        }
        let (outputs, backward) = try model.checkpointed(input, checkpointing)
        let velocities = try outputs.map { try $0.trainable() }, loss = try propagate(velocities)
        try backward(velocities.map { try $0.gradient() })
        return (try velocities.map { try $0.detached() }, loss)
    }
}
