import Base
import LTXVideo
import Torch

/// A latents file: packed, normalised latents and their grid.
struct LatentFile {
    let latents: Tensor, grid: LatentGrid, fps: Double
    /// What was taken otherwise than the file says, as a sentence.
    let remark: String?

    /// Throws `FileError`, `TorchFileError`, or `PrecomputedError` for a file of another shape.
    init(_ path: String) throws {
        let file = try TorchFile.read(path)
        guard let stored = file["latents"]?.tensor, let frames = file["num_frames"]?.integer,
            let height = file["height"]?.integer, let width = file["width"]?.integer
        else { throw PrecomputedError.shape(path, "needs latents, num_frames, height and width") }
        let grid = LatentGrid(frames: frames, height: height, width: width)
        // The LTX-2 trainer stores (channels, frames, height, width).
        let isVolume = stored.rank == 4 && Array(stored.shape.dropFirst()) == [frames, height, width]
        guard stored.rank == 2 || isVolume, stored.count > 0 else {
            throw PrecomputedError.shape(
                path,
                "has latents of shape \(stored.shape); (tokens, channels) is expected, or (channels, frames, height, width)"
            )
        }
        let latents = isVolume ? try stored.unsqueezed(0).packed().squeezed(0).contiguous() : stored
        guard frames > 0, height > 0, width > 0, Shape.elementCount([frames, height, width]) == latents.size(0) else {
            throw PrecomputedError.shape(path, "has \(latents.size(0)) tokens for a grid of \(grid)")
        }
        (self.latents, self.grid) = (latents, grid)
        let rate = file["fps"]?.number ?? 24
        if Self.rates.contains(rate) {
            (fps, remark) = (rate, nil)
        } else if frames == 1 {
            (fps, remark) = (1, nil)  // other programs store −1 for pictures, which have no rate
        } else {
            (fps, remark) = (24, "'\(path)' has the rate fps = \(rate), which is none; 24 is taken")
        }
    }
    /// Frames a second that can be meant. Positions in time are divided by the rate: far outside they are no numbers.
    private static let rates = 1e-3...1e6

    static func write(_ latents: Tensor, grid: LatentGrid, fps: Double, to path: String) throws {
        let whole = grid.frames == 1 ? Int(exactly: fps) : nil
        try TorchFile.write(
            TorchValue([
                "latents": .tensor(latents), "num_frames": .integer(grid.frames), "height": .integer(grid.height),
                "width": .integer(grid.width), "fps": whole.map { .integer($0) } ?? .number(fps),
            ]), to: path)
    }
}
