import Foundation
import Torch

/// Pictures as Qwen's vision tower takes them: resized to whole pairs of patches, normalised, cut into patches.
public struct QwenPatches: Sendable {
    /// Pixels of a picture, at least and at most.
    public var least = 16 * 28 * 28, most = 64 * 28 * 28
    private let patch: Int, frames: Int, merge: Int
    private let mean = [0.48145466, 0.4578275, 0.40821073], deviation = [0.26862954, 0.26130258, 0.27577711]

    /// For a tower. The limits are upstream's: 12,544 to 50,176 pixels.
    public init(_ vision: QwenConfiguration.Vision) {
        (patch, frames, merge) = (vision.patch, vision.frames, vision.merge)
    }

    /// The size that a picture is brought to; nil for one that is more than 200 times as long as wide.
    public func size(height: Int, width: Int) -> (height: Int, width: Int)? {
        let factor = Double(patch * merge), h = Double(height), w = Double(width)
        guard height > 0, width > 0, max(h, w) / min(h, w) <= 200 else { return nil }
        var high = (h / factor).rounded(.toNearestOrEven) * factor,
            wide = (w / factor).rounded(.toNearestOrEven) * factor
        if high * wide > Double(most) {
            let beta = (h * w / Double(most)).squareRoot()
            (high, wide) = ((h / beta / factor).rounded(.down) * factor, (w / beta / factor).rounded(.down) * factor)
        } else if high * wide < Double(least) {
            let beta = (Double(least) / (h * w)).squareRoot()
            (high, wide) = ((h * beta / factor).rounded(.up) * factor, (w * beta / factor).rounded(.up) * factor)
        }
        // A thin picture would have no patch across.
        return (Int(max(factor, high)), Int(max(factor, wide)))
    }

    /// Patches (patches, 3·frames·patch·patch) of pictures (count, height, width, 3), uint8, and their grid. An odd count
    /// gets its last picture again; one picture is an image.
    public func callAsFunction(_ pictures: Tensor) throws -> (patches: Tensor, grid: VisualGrid) {
        guard let size = size(height: pictures.size(1), width: pictures.size(2)) else {
            throw TorchError.failed(
                "a picture of \(pictures.size(2))x\(pictures.size(1)) pixels is too thin to be looked at")
        }
        var x = try pictures.permuted(0, 3, 1, 2).contiguous()  // (count, 3, height, width)
        if (x.size(2), x.size(3)) != size { x = try x.resized(height: size.height, width: size.width) }
        let center = try Tensor(mean.map { Float($0 * 255) }, shape: [3, 1, 1])
        let spread = try Tensor(deviation.map { Float($0 * 255) }, shape: [3, 1, 1])
        x = try (x.to(.float32) - center) / spread
        let missing = (frames - x.size(0) % frames) % frames
        if missing > 0 {
            x = try concatenated([x] + Array(repeating: x.slice(0, from: x.size(0) - 1), count: missing), axis: 0)
        }
        let grid = VisualGrid(frames: x.size(0) / frames, height: size.height / patch, width: size.width / patch)
        // Patches that become one token lie together.
        x = try x.reshaped([
            grid.frames, frames, 3, grid.height / merge, merge, patch, grid.width / merge, merge, patch,
        ]).permuted(0, 3, 6, 4, 7, 2, 1, 5, 8)
        return (try x.reshaped(grid.count, 3 * frames * patch * patch), grid)
    }
}
