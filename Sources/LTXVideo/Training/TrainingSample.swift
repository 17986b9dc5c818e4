import Torch

/// One clip, ready to train on. Tensors lie over the mapped file.
public struct TrainingSample {
    /// What messages call it: the path below `latents`, without extension.
    public let name: String
    /// (tokens, channels); the reference the same for IC-LoRA.
    public let latents: Tensor, reference: Tensor?
    /// Of the video, in latent cells.
    public let grid: LatentGrid
    /// Frames a second, above 0.
    public let fps: Double
    /// (text tokens, caption channels) and (text tokens) of bool.
    public let text: Tensor, textMask: Tensor
    /// What was taken otherwise than the file says, as a sentence.
    public let remark: String?

    /// The tensors are kept as they are; nothing is checked.
    public init(
        name: String, latents: Tensor, reference: Tensor?, grid: LatentGrid, fps: Double, text: Tensor,
        textMask: Tensor,
        remark: String? = nil
    ) {
        (self.name, self.latents, self.reference, self.grid) = (name, latents, reference, grid)
        (self.fps, self.text, self.textMask, self.remark) = (fps, text, textMask, remark)
    }
}
