import Torch

/// The rotary position embedding of a sequence: one complex factor e^{iθ} per token and channel pair, computed in fp32.
///
/// Reference: diffusers `LTXVideoRotaryPosEmbed`. Channels are frequency-major with (frame, row, column) interleaved;
/// where the width is no multiple of 6 the first pairs are not rotated.
public struct RotaryTable {
    /// (1 or batch, tokens, width / 2)
    public let cos: Tensor, sin: Tensor
    let factors: Tensor

    /// For a latent grid: coordinates are index · scale (seconds, pixels, pixels).
    public init(width: Int, grid: LatentGrid, scale: (Double, Double, Double), device: Device = .cpu) throws {
        try self.init(width: width, coordinates: grid.coordinates(scale: scale, device: device))
    }

    /// For explicit coordinates (batch, 3, tokens): seconds, pixels, pixels, in fp32.
    public init(width: Int, coordinates: Tensor) throws {
        let device = coordinates.device, bands = width / 6
        let bases = try Tensor([20, 2048, 2048] as [Float], device: device)
        let grid = try coordinates.transposed(1, 2) / bases  // (batch, tokens, 3)
        let exponents = try Tensor.linspace(0, 1, count: bands, device: device)
        // In this order: angles reach 16,000 radians,
        // where another rounding in fp32 shows in the third decimal of a cosine.
        let frequencies = try Tensor.power(10000, exponents) * Double.pi / 2  // (bands)
        let angles = try (grid.unsqueezed(-1) * 2 - 1) * frequencies  // (batch, tokens, 3, bands)
        let pairs = try angles.transposed(-1, -2).flattened(from: 2)  // (batch, tokens, 3·bands)
        let still = width / 2 - 3 * bands
        let padded = try pairs.padded([still, 0])  // angle 0: no rotation
        (cos, sin) = (try padded.cos(), try padded.sin())
        factors = try Tensor.complex(cos, sin)
    }

    /// x (batch, tokens, width) with each pair of neighbouring channels turned by its angle, in fp32,
    /// in the dtype of x.
    public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.rotated(by: factors) }
}
