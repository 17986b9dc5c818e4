import Torch

/// Pixels to channels and back, on (batch, channels, frames, height, width) with the channels innermost in memory.
extension Tensor {
    /// Channels (c, time, height, width) out of the pixels of each block of (frames, height, width).
    func spaceToChannels(_ block: [Int]) throws -> Tensor {
        let (b, c, f, h, w) = (size(0), size(1), size(2), size(3), size(4))
        return try reshaped(b, c, f / block[0], block[0], h / block[1], block[1], w / block[2], block[2])
            .permuted(0, 2, 4, 6, 1, 3, 5, 7).flattened(from: 4).permuted(0, 4, 1, 2, 3)
    }

    /// The inverse, for channels in the order (c, time, height, width).
    func channelsToSpace(_ block: [Int]) throws -> Tensor {
        let (b, f, h, w) = (size(0), size(2), size(3), size(4))
        return try permuted(0, 2, 3, 4, 1).reshaped([b, f, h, w, -1] + block)
            .permuted(0, 1, 5, 2, 6, 3, 7, 4)
            .reshaped(b, f * block[0], h * block[1], w * block[2], -1).permuted(0, 4, 1, 2, 3)
    }

    /// The inverse, for channels in the order (time, height, width, c): whole runs of channels are copied.
    func groupsToSpace(_ block: [Int]) throws -> Tensor {
        let (b, f, h, w) = (size(0), size(2), size(3), size(4))
        return try permuted(0, 2, 3, 4, 1).reshaped([b, f, h, w] + block + [-1])
            .permuted(0, 1, 4, 2, 5, 3, 6, 7)
            .reshaped(b, f * block[0], h * block[1], w * block[2], -1).permuted(0, 4, 1, 2, 3)
    }

    /// A picture's patches as channels in the order (c, width, height): width before height, as the VAE was trained.
    func patchesToChannels(_ side: Int) throws -> Tensor {
        let (b, c, f, h, w) = (size(0), size(1), size(2), size(3), size(4))
        return try reshaped(b, c, f, h / side, side, w / side, side)
            .permuted(0, 2, 3, 5, 1, 6, 4).flattened(from: 4).permuted(0, 4, 1, 2, 3)
    }

    /// The inverse: a contiguous picture.
    func channelsToPatches(_ side: Int) throws -> Tensor {
        let (b, f, h, w) = (size(0), size(2), size(3), size(4))
        return try permuted(0, 2, 3, 4, 1).reshaped(b, f, h, w, -1, side, side)
            .permuted(0, 4, 1, 2, 6, 3, 5).reshaped(b, -1, f, h * side, w * side)
    }
}
