import Foundation
import Torch

/// Pictures as LLaVA-NeXT-Video takes them: the middle of a video's picture in the tower's size, an image whole and in tiles of it.
struct LlavaPictures: Sendable {
    private let side: Int, resolutions: [[Int]]

    init(_ config: LlavaConfiguration) { (side, resolutions) = (config.vision.picture, config.resolutions) }

    /// The middle of pictures (count, height, width, 3), uint8: (count, side, side, 3).
    func middle(_ pictures: Tensor) throws -> Tensor {
        let height = pictures.size(1), width = pictures.size(2), short = min(height, width), long = max(height, width)
        let longer = side * long / short
        let x = try resized(
            pictures, height: height <= width ? side : longer, width: height <= width ? longer : side)
        let top = (x.size(1) - side) / 2, left = (x.size(2) - side) / 2
        return try x.slice(1, top..<(top + side)).slice(2, left..<(left + side))
    }
    /// An image (1, height, width, 3), uint8, whole and then tile by tile: (1 + tiles, side, side, 3).
    func tiles(_ image: Tensor) throws -> Tensor {
        let height = image.size(1), width = image.size(2), size = best(height: height, width: width)
        let across = Double(size.width) / Double(width), down = Double(size.height) / Double(height)
        let high = across < down ? min(Int((Double(height) * across).rounded(.up)), size.height) : size.height
        let wide = across < down ? size.width : min(Int((Double(width) * down).rounded(.up)), size.width)
        let top = (size.height - high) / 2, left = (size.width - wide) / 2
        let frame = try resized(image, height: high, width: wide)
            .padded([0, 0, left, size.width - wide - left, top, size.height - high - top])
        let tiles = try frame.reshaped([size.height / side, side, size.width / side, side, 3])
            .permuted(0, 2, 1, 3, 4).reshaped(-1, side, side, 3)
        return try concatenated([resized(image, height: side, width: side), tiles], axis: 0)
    }
    /// The resolution that loses least of an image; of those the one that wastes least.
    func best(height: Int, width: Int) -> (height: Int, width: Int) {
        var best: (size: (height: Int, width: Int), used: Int, wasted: Int)?
        for size in resolutions {
            let scale = min(Double(size[1]) / Double(width), Double(size[0]) / Double(height))
            let used = min(Int(Double(width) * scale) * Int(Double(height) * scale), width * height)
            let wasted = size[0] * size[1] - used
            if used > best?.used ?? 0 || used == best?.used && wasted < best?.wasted ?? .max {
                best = ((size[0], size[1]), used, wasted)
            }
        }
        return best?.size ?? (side, side)
    }
    /// Rows and columns of `patches` patches a tile that show the image and not what it was padded with.
    func shown(height: Int, width: Int, patches: Int) -> (rows: Range<Int>, columns: Range<Int>) {
        let size = best(height: height, width: width)
        let rows = size.height / side * patches, columns = size.width / side * patches
        // As the reference rounds it: a millionth too little is not a patch less.
        func whole(_ x: Double) -> Int { Int((x * 1e7).rounded(.toNearestOrEven) / 1e7) }
        if Double(width) / Double(height) > Double(columns) / Double(rows) {
            let padding = (rows - whole(Double(height) * (Double(columns) / Double(width)))) / 2
            return (padding..<(rows - padding), 0..<columns)
        }
        let padding = (columns - whole(Double(width) * (Double(rows) / Double(height)))) / 2
        return (0..<rows, padding..<(columns - padding))
    }
    /// (count, 3, height, width), fp32.
    func normalized(_ pictures: Tensor) throws -> Tensor {
        let center = try Tensor(ClipColors.mean.map { Float($0 * 255) }, shape: [3, 1, 1])
        let spread = try Tensor(ClipColors.deviation.map { Float($0 * 255) }, shape: [3, 1, 1])
        return try (pictures.permuted(0, 3, 1, 2).to(.float32) - center) / spread
    }
    private func resized(_ pictures: Tensor, height: Int, width: Int) throws -> Tensor {
        if (pictures.size(1), pictures.size(2)) == (height, width) { return pictures }
        return try pictures.permuted(0, 3, 1, 2).contiguous().resized(height: height, width: width).permuted(0, 2, 3, 1)
    }
}
