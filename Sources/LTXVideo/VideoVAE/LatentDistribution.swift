import Torch

/// The normal distribution of latents that the encoder gives (diffusers' `DiagonalGaussianDistribution`): a mean for
/// every value, one variance for all channels of a place.
public struct LatentDistribution {
    /// (batch, channels, F, H, W): the most likely latents.
    public let mean: Tensor
    /// (batch, 1, F, H, W)
    private let logVariance: Tensor

    /// - Parameter parameters: (batch, channels + 1, F, H, W), the log-variance last.
    init(_ parameters: Tensor) throws {
        mean = try parameters.slice(1, 0..<parameters.size(1) - 1)
        logVariance = try parameters.slice(1, from: -1)
    }

    /// As diffusers holds it: means, then the log-variance once a channel (batch, 2 · channels, F, H, W).
    public func parameters() throws -> Tensor {
        try concatenated([mean, logVariance.expanded([-1, mean.size(1), -1, -1, -1])], axis: 1)
    }
    /// (batch, 1, F, H, W), of all channels.
    public func deviation() throws -> Tensor { try (logVariance.clamped(-30, 20) * 0.5).exp() }

    /// Latents drawn from it. `generator` nil: libtorch's default one.
    public func sample(_ generator: Generator? = nil) throws -> Tensor {
        let noise = try Tensor.randn(mean.shape, dtype: mean.dtype, device: mean.device, generator: generator)
        return try mean + deviation() * noise
    }
}
