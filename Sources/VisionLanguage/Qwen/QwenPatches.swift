import Base
import Foundation
import Torch

/// Pictures as Qwen's vision towers take them: resized to whole tokens, normalised, cut into patches.
struct QwenPatches: Sendable {
    /// Pixels that are looked at, at least and at most: of a picture, or of all pictures of a video.
    struct Limits: Sendable, Equatable {
        var least: Int, most: Int
    }
    /// Of an image, and of a video.
    var image: Limits, video: Limits
    /// Whether the limits of a video are those of all its pictures together.
    var sharesLimits = false
    /// Tokens of a picture of a video, at most.
    var mostTokens: Int?
    let patch: Int, frames: Int, merge: Int
    private let mean: [Double], deviation: [Double]

    /// For a tower whose patches have `patch` pixels a side and `frames` pictures, of which `merge` a side become one token.
    init(patch: Int, frames: Int, merge: Int, image: Limits, video: Limits, mean: [Double], deviation: [Double]) {
        (self.patch, self.frames, self.merge) = (patch, frames, merge)
        (self.image, self.video, self.mean, self.deviation) = (image, video, mean, deviation)
    }

    /// The size that pictures are brought to; nil for those that are more than 200 times as long as wide.
    func size(_ shape: PictureShape) -> (height: Int, width: Int)? {
        let factor = Double(patch * merge)
        var h = Double(shape.height), w = Double(shape.width)
        guard h > 0, w > 0, max(h, w) / min(h, w) <= 200 else { return nil }
        var limits = shape.frames == nil ? image : video
        let isShared = sharesLimits && shape.frames != nil
        let count = Double(isShared ? shape.frames ?? 1 : 1)
        if isShared, let mostTokens, let frames = shape.frames {
            let share = min(mostTokens * Int(factor * factor), limits.most / max(1, frames))
            limits.most = max(share, Int(Double(limits.least) * 1.05)) * frames
        }
        if isShared, min(h, w) < factor {
            let scale = max(factor / h, factor / w)
            (h, w) = ((h * scale).rounded(.down), (w * scale).rounded(.down))
        }
        // Pictures come in pairs; an odd one counts as Python rounds it.
        let pairs = max(1, (count / Double(frames)).rounded(.toNearestOrEven))
        let rounded = isShared ? pairs * Double(frames) : 1
        func whole(_ x: Double) -> Double { (x / factor).rounded(.toNearestOrEven) * factor }
        var high = whole(h), wide = whole(w)
        if rounded * high * wide > Double(limits.most) {
            let beta = (count * h * w / Double(limits.most)).squareRoot()
            (high, wide) = ((h / beta / factor).rounded(.down) * factor, (w / beta / factor).rounded(.down) * factor)
        } else if rounded * high * wide < Double(limits.least) {
            let beta = (Double(limits.least) / (count * h * w)).squareRoot()
            (high, wide) = ((h * beta / factor).rounded(.up) * factor, (w * beta / factor).rounded(.up) * factor)
        }
        // A thin picture would have no patch across.
        return (Int(max(factor, high)), Int(max(factor, wide)))
    }
    /// What pictures become; nil for those that are too thin.
    func grid(_ shape: PictureShape) -> VisualGrid? {
        guard let size = size(shape) else { return nil }
        let pairs = ((shape.frames ?? 1) + frames - 1) / frames
        return VisualGrid(frames: pairs, height: size.height / patch, width: size.width / patch)
    }

    /// A picture (count, height, width, 3), uint8, in the size that it is looked at in.
    func resized(_ pictures: Tensor, _ shape: PictureShape) throws -> Tensor {
        guard let size = size(shape) else {
            throw TorchError.failed("a picture of \(shape.width)x\(shape.height) pixels is too thin to be looked at")
        }
        if (pictures.size(1), pictures.size(2)) == size { return pictures }
        return try pictures.permuted(0, 3, 1, 2).contiguous().resized(height: size.height, width: size.width)
            .permuted(0, 2, 3, 1)
    }
    /// Patches (patches, 3·frames·patch·patch) of pictures (count, height, width, 3), uint8, of their size, and their grid. An odd
    /// count gets its last picture again; one picture may be an image.
    func callAsFunction(_ pictures: Tensor) throws -> (patches: Tensor, grid: VisualGrid) {
        let center = try Tensor(mean.map { Float($0 * 255) }, shape: [3, 1, 1])
        let spread = try Tensor(deviation.map { Float($0 * 255) }, shape: [3, 1, 1])
        var x = try (pictures.permuted(0, 3, 1, 2).to(.float32) - center) / spread  // (count, 3, height, width)
        let missing = (frames - x.size(0) % frames) % frames
        if missing > 0 {
            x = try concatenated([x] + Array(repeating: x.slice(0, from: x.size(0) - 1), count: missing), axis: 0)
        }
        let grid = VisualGrid(frames: x.size(0) / frames, height: x.size(2) / patch, width: x.size(3) / patch)
        // Patches that become one token lie together.
        x = try x.reshaped([
            grid.frames, frames, 3, grid.height / merge, merge, patch, grid.width / merge, merge, patch,
        ]).permuted(0, 3, 6, 4, 7, 2, 1, 5, 8)
        return (try x.reshaped(grid.count, 3 * frames * patch * patch), grid)
    }
}
