import Torch

/// Videos taken apart in height and width, so that memory grows with the tile and not with the picture; overlapping
/// strips are blended linearly (diffusers' `enable_tiling`, whose defaults these are). Lengths are in pixels.
public struct VAETiling: Sendable, Equatable {
    /// Side of a tile; larger pictures are taken apart.
    public var height = 512, width = 512
    /// From one tile to the next; what is left of a tile is blended.
    public var strideHeight = 448, strideWidth = 448

    /// Throws `VideoVAEError.tiling` for lengths that make no overlapping tiles of whole latents.
    public init(
        height: Int = 512, width: Int = 512, strideHeight: Int = 448, strideWidth: Int = 448, compression: Int = 32
    ) throws {
        (self.height, self.width, self.strideHeight, self.strideWidth) = (height, width, strideHeight, strideWidth)
        for (side, stride) in [(height, strideHeight), (width, strideWidth)] {
            guard stride >= compression, stride <= side, stride % compression == 0, side % compression == 0 else {
                throw VideoVAEError.tiling(
                    "a tile of \(side) with stride \(stride); both must be multiples of \(compression), "
                        + "the stride no more than the tile")
            }
        }
    }

    /// Whether a picture is larger than a tile.
    func divides(height: Int, width: Int) -> Bool { height > self.height || width > self.width }

    /// Latents of a video, tile by tile.
    func encode(_ video: Tensor, compression: Int, _ encode: (Tensor) throws -> Tensor) throws -> Tensor {
        let size = (video.size(3) / compression, video.size(4) / compression)
        return try tiled(video, from: 1, to: compression, size: size, encode)
    }

    /// The video of latents, tile by tile.
    func decode(_ latents: Tensor, compression: Int, _ decode: (Tensor) throws -> Tensor) throws -> Tensor {
        let size = (latents.size(3) * compression, latents.size(4) * compression)
        return try tiled(latents, from: compression, to: 1, size: size, decode)
    }

    /// - Parameters:
    ///   - from: pixels a place of the input.
    ///   - to: pixels a place of the result.
    ///   - size: rows and columns of the result.
    private func tiled(
        _ x: Tensor, from: Int, to: Int, size: (Int, Int), _ body: (Tensor) throws -> Tensor
    ) throws -> Tensor {
        var rows: [Tensor] = [], above: [Tensor] = []
        for top in stride(from: 0, to: x.size(3), by: strideHeight / from) {
            var row: [Tensor] = []
            let band = try x.slice(3, top..<Swift.min(top + height / from, x.size(3)))
            for left in stride(from: 0, to: x.size(4), by: strideWidth / from) {
                let tile = try body(band.slice(4, left..<Swift.min(left + width / from, x.size(4))))
                // Neighbours are blended already, which is how diffusers does it.
                if !above.isEmpty { try blend(above[row.count], into: tile, axis: 3, (height - strideHeight) / to) }
                if let last = row.last { try blend(last, into: tile, axis: 4, (width - strideWidth) / to) }
                row.append(tile)
            }
            let kept = try row.map { try $0.start(3, strideHeight / to).start(4, strideWidth / to) }
            rows.append(try concatenated(kept, axis: 4))
            above = row
        }
        return try concatenated(rows, axis: 3).start(3, size.0).start(4, size.1)
    }

    /// The start of `tile` fades in where the end of its neighbour fades out: a·(1 − i/n) + b·(i/n).
    private func blend(_ neighbour: Tensor, into tile: Tensor, axis: Int, _ extent: Int) throws {
        let count = Swift.min(neighbour.size(axis), tile.size(axis), extent)
        guard count > 0 else { return }
        let shape = (0..<5).map { $0 == axis ? count : 1 }
        let rising = (0..<count).map { Float(Double($0) / Double(count)) }
        let falling = (0..<count).map { Float(1 - Double($0) / Double(count)) }
        let b = try tile.start(axis, count), a = try neighbour.slice(axis, from: -count)
        let mixed =
            try a * Tensor(falling, shape: shape, device: tile.device)
            + b * Tensor(rising, shape: shape, device: tile.device)
        try b.copy(from: mixed)
    }
}

extension Tensor {
    /// The first places of an axis, all when there are fewer.
    fileprivate func start(_ axis: Int, _ count: Int) throws -> Tensor {
        try slice(axis, 0..<Swift.min(count, size(axis)))
    }
}
