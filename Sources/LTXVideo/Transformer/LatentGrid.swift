import Torch

/// The size of a video in latent cells; tokens run frame by frame, row by row.
public struct LatentGrid: Sendable, Hashable, CustomStringConvertible {
    public var frames: Int, height: Int, width: Int

    /// In latent cells: 8 frames by 32 × 32 pixels each, the first frame alone.
    public init(frames: Int, height: Int, width: Int) {
        (self.frames, self.height, self.width) = (frames, height, width)
    }

    /// One for each cell; the largest number for a grid of more than anything could hold.
    public var tokens: Int { Shape.elementCount([frames, height, width]) ?? .max }
    /// Tokens of one latent frame, likewise.
    public var frameTokens: Int { Shape.elementCount([height, width]) ?? .max }
    /// `"12x14x24"`: frames, height, width.
    public var description: String { "\(frames)x\(height)x\(width)" }

    /// The indices of each token times `scale`, (1, 3, tokens) in fp32: frame, row, column.
    public func coordinates(scale: (Double, Double, Double), device: Device = .cpu) throws -> Tensor {
        let f = try axis(frames, scale.0, [-1, 1, 1], device)
        let h = try axis(height, scale.1, [1, -1, 1], device)
        let w = try axis(width, scale.2, [1, 1, -1], device)
        return try stacked([f, h, w]).flattened(from: 1).unsqueezed(0)
    }
    private func axis(_ count: Int, _ scale: Double, _ shape: [Int], _ device: Device) throws -> Tensor {
        try (Tensor.arange(to: Double(count), device: device) * scale).reshaped(shape).expanded([frames, height, width])
    }
}
