import Torch

/// One forward and backward pass of LoRA training.
public enum TrainingStep {
    /// Adds the gradients of `share` · loss to the adapters that hang on the transformer. Returns the velocity and the
    /// loss (not multiplied), both outside the graph.
    ///
    /// - Parameter checkpointing: keeps only the input of each block and computes the rest again on the way back.
    public static func gradients(
        _ transformer: Transformer, _ batch: NoisyBatch, share: Double = 1, checkpointing: Bool
    ) throws -> (velocity: Tensor, loss: Tensor) {
        guard checkpointing else {
            let velocity = try transformer(batch.input), loss = try batch.loss(velocity)
            try (share == 1 ? loss : loss * share).backward()
            return (try velocity.detached(), try loss.detached())
        }
        let (output, backward) = try transformer.checkpointed(batch.input)
        let velocity = try output.trainable(), loss = try batch.loss(velocity)
        try (share == 1 ? loss : loss * share).backward()
        if let gradient = try velocity.gradient() { try backward(gradient) }
        return (try velocity.detached(), try loss.detached())
    }
}
