import Torch

/// Videos taken apart in height and width, and in time if that is asked for, so that memory grows with the tile and not with the
/// video; overlapping strips are blended linearly (diffusers' `enable_tiling` and framewise coding, whose defaults these are).
/// Lengths are in pixels.
public struct VAETiling: Sendable, Equatable {
    /// Side of a tile; larger pictures are taken apart.
    public var height = 512, width = 512
    /// From one tile to the next; what is left of a tile is blended.
    public var strideHeight = 448, strideWidth = 448

    /// Frames of a tile beside its first one, and from one tile to the next.
    public struct Time: Sendable, Equatable {
        /// Multiples of the VAE's compression in time, the stride at most the frames.
        public var frames = 16, stride = 8

        /// diffusers' own.
        public init() {}
    }
    /// Nil takes videos whole in time.
    public var time: Time?

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

    /// No picture is larger than a tile.
    public static let whole = VAETiling(side: .max)
    private init(side: Int) { (height, width, strideHeight, strideWidth) = (side, side, side, side) }

    /// Whether a picture is larger than a tile.
    private func divides(height: Int, width: Int) -> Bool { height > self.height || width > self.width }

    /// Latents of a video, tile by tile where it is larger than one.
    func encode(
        _ video: Tensor, compression s: Int, inTime t: Int, _ encode: (Tensor) throws -> Tensor
    ) throws -> Tensor {
        let size = (video.size(3) / s, video.size(4) / s),
            isDivided = divides(height: video.size(3), width: video.size(4))
        func plane(_ x: Tensor) throws -> Tensor {
            isDivided ? try tiled(x, from: 1, to: s, size: size, encode) : try encode(x)
        }
        guard let time, video.size(2) > time.frames + 1 else { return try plane(video) }
        return try timed(
            video, length: time.frames + 1, step: time.stride, kept: time.stride / t,
            blended: (time.frames - time.stride) / t, total: (video.size(2) - 1) / t + 1
        ) { tile, isFirst in
            let latents = try plane(tile)
            // The first one is of a single frame, which the tile before has, too.
            return isFirst ? latents : try latents.slice(2, from: 1)
        }
    }

    /// The video of latents, tile by tile where it is larger than one.
    func decode(
        _ latents: Tensor, compression s: Int, inTime t: Int, _ decode: (Tensor) throws -> Tensor
    ) throws -> Tensor {
        let size = (latents.size(3) * s, latents.size(4) * s), isDivided = divides(height: size.0, width: size.1)
        func plane(_ z: Tensor) throws -> Tensor {
            isDivided ? try tiled(z, from: s, to: 1, size: size, decode) : try decode(z)
        }
        guard let time, (latents.size(2) - 1) * t > time.frames else { return try plane(latents) }
        return try timed(
            latents, length: time.frames / t + 1, step: time.stride / t, kept: time.stride,
            blended: time.frames - time.stride, total: (latents.size(2) - 1) * t + 1
        ) { tile, isFirst in
            let video = try plane(tile)
            return isFirst ? video : try video.start(2, video.size(2) - 1)
        }
    }

    /// - Parameters:
    ///   - length: places of a tile in time; `step` from one to the next.
    ///   - kept: places of each tile's result, one more of the first; `blended` of them with the one before.
    ///   - total: places of the whole result.
    private func timed(
        _ x: Tensor, length: Int, step: Int, kept: Int, blended: Int, total: Int,
        _ body: (_ tile: Tensor, _ isFirst: Bool) throws -> Tensor
    ) throws -> Tensor {
        var parts: [Tensor] = [], before: Tensor?
        for start in stride(from: 0, to: x.size(2), by: step) {
            let tile = try body(x.slice(2, start..<Swift.min(start + length, x.size(2))), start == 0)
            if let before { try blend(before, into: tile, axis: 2, blended) }
            parts.append(try tile.start(2, start == 0 ? kept + 1 : kept))
            before = tile
        }
        return try concatenated(parts, axis: 2).start(2, total)
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
