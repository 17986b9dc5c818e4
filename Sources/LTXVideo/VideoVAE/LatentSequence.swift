import Torch

/// Latents as the transformer takes them: one token a place, in the order frame, row, column (patch size 1).
extension Tensor {
    /// (batch, channels, F, H, W) → (batch, F·H·W, channels), contiguous.
    public func packed() throws -> Tensor { try flattened(from: 2).transposed(1, 2).contiguous() }

    /// (batch, F·H·W, channels) or (F·H·W, channels) → (batch, channels, F, H, W).
    public func unpacked(frames: Int, height: Int, width: Int) throws -> Tensor {
        let batched = rank == 2 ? try unsqueezed(0) : self
        let tokens = LatentGrid(frames: frames, height: height, width: width).tokens
        guard batched.rank == 3, batched.size(1) == tokens else {
            throw VideoVAEError.latents(shape: shape, expected: "(batch, \(tokens), channels)")
        }
        return try batched.transposed(1, 2).unflattened(2, [frames, height, width])
    }
}
