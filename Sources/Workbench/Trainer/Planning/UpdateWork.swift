import Configuration
import LTXVideo
import NN
import Torch

/// What an update computes, in floating-point operations of matrix products and attention; the rest is small beside them.
struct UpdateWork: Sendable {
    /// Of one update.
    let operations: Double
    /// Bytes that go between host memory and the device in one update.
    let traffic: Double

    /// - Parameters:
    ///   - footprint: the same configuration's.
    ///   - sizes: of the transformer.
    init(
        _ configuration: TrainingConfiguration, _ sizes: TransformerConfiguration, _ batch: BatchShape,
        _ footprint: TrainingFootprint
    ) {
        let width = Double(sizes.width), tokens = Double(batch.tokens), text = Double(batch.textTokens)
        // Of 2 operations an element: queries, keys, values and outputs of the tokens, and 8 widths of feed-forward.
        let ofTokens = 2 * tokens * width * width * (4 + 2 + 8)
        let ofText = 2 * text * Double(sizes.crossAttentionWidth) * width * 2
        let attention = 4 * tokens * width * (tokens + text)
        let block = ofTokens + ofText + attention
        let ends =
            2 * tokens * width * Double(sizes.inChannels + sizes.outChannels)
            + 2 * text * width * (Double(sizes.captionChannels) + width)
        let layers = Double(sizes.layers), isFull = configuration.model.trainingMode == .full
        // What comes out of the feed-forward, half of its products, is not read a second time where it is frozen.
        let again = Double(footprint.repeated) * (block - (isFull ? 0 : 2 * tokens * width * width * 4))
        // Back through frozen weights is as much as forth; gradients of the weights are as much again.
        let passes = isFull ? 3.0 : 2.0
        let batches = Double(configuration.optimization.gradientAccumulationSteps)
        operations = Double(batch.count) * batches * (passes * (layers * block + ends) + again)
        // Forth and back.
        traffic = 2 * Double(footprint.host + footprint.waiting) * batches
    }
}
