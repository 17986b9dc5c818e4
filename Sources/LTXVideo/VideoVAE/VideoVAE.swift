import NN
import Torch

/// The VAE of LTX-Video (Lightricks, arXiv 2501.00103; diffusers' `AutoencoderKLLTXVideo`): 32 × 32 pixels of 8 frames
/// are one latent of 128 channels. The first frame is one of its own.
///
/// Nothing in it changes: what differs from use to use is an argument.
public final class VideoVAE {
    /// The structure.
    public let config: VideoVAEConfiguration
    /// Of every latent channel over the training set: (channels).
    public let mean: Tensor, deviation: Tensor
    /// Bytes of its weights.
    public let byteCount: Int
    private let encoder: VideoEncoder, decoder: VideoDecoder

    /// Takes its tensors out of `w`, which stands at the top of the checkpoint. Throws `WeightsError`.
    public init(_ w: Weights, _ config: VideoVAEConfiguration) throws {
        self.config = config
        encoder = try VideoEncoder(w / "encoder", config)
        decoder = try VideoDecoder(w / "decoder", config)
        mean = try w.take("latents_mean", config.latentChannels)
        deviation = try w.take("latents_std", config.latentChannels)
        byteCount = w.byteCount
    }

    /// The dtype of the weights and so of the outputs.
    public var dtype: DType { mean.dtype }
    /// Where the weights are.
    public var device: Device { mean.device }

    // MARK: - Encoding

    /// The distribution of the latents of a video (batch, 3, frames, height, width) in [-1, 1].
    ///
    /// Throws `VideoVAEError.size` unless frames are 8·n + 1 and the sides multiples of 32.
    ///
    /// - Parameter tiling: takes a video larger than a tile apart; nil takes it whole.
    public func encode(_ video: Tensor, tiling: VAETiling? = nil) throws -> LatentDistribution {
        let (s, t) = (config.spatialCompression, config.temporalCompression), shape = video.shape
        guard shape.count == 5, shape[1] == config.pictureChannels, shape[2] % t == 1 % t, shape[2] > 0,
            shape[3] % s == 0, shape[4] % s == 0, shape[3] > 0, shape[4] > 0
        else { throw VideoVAEError.size(shape: shape, spatial: s, temporal: t) }
        return try withoutGradients {
            let x = try video.to(device).to(dtype)
            return try LatentDistribution(
                tiling?.encode(x, compression: s, inTime: t, encoder.callAsFunction) ?? encoder(x))
        }
    }

    /// Normalised latents in sequence (batch, F·H·W, channels) of a video, as upstream's preprocessing stores them
    /// (docs/reference-behaviour.md#latent-encoding): drawn from the distribution, or its mean.
    public func encodeVideo(
        _ video: Tensor, sampling: Bool = true, generator: Generator? = nil, tiling: VAETiling? = nil
    ) throws -> Tensor {
        try withoutGradients {
            let latents = try encode(video, tiling: tiling)
            return try normalized(sampling ? latents.sample(generator) : latents.mean).packed()
        }
    }

    // MARK: - Decoding

    /// The video (batch, 3, frames, height, width), about [-1, 1], of latents (batch, channels, F, H, W) as the encoder
    /// gives them, not normalised.
    ///
    /// - Parameters:
    ///   - timestep: how noisy the latents are, 0 to 1, (1) or (batch); models before 0.9.1 do not ask.
    ///   - generator: of the noise that 0.9.1 adds; nil is libtorch's default one.
    ///   - tiling: takes a video larger than a tile apart; nil takes it whole.
    public func decode(
        _ latents: Tensor, timestep: Tensor? = nil, generator: Generator? = nil, tiling: VAETiling? = nil
    ) throws -> Tensor {
        guard latents.rank == 5, latents.size(1) == config.latentChannels, latents.count > 0 else {
            throw VideoVAEError.latents(shape: latents.shape, expected: "(batch, \(config.latentChannels), F, H, W)")
        }
        if config.isTimed, timestep == nil { throw VideoVAEError.noTimestep }
        return try withoutGradients {
            let z = try latents.to(device).to(dtype), t = try timestep?.to(device).to(dtype).expanded([z.size(0)])
            let whole = { try self.decoder($0, timestep: t, generator: generator) }
            return try tiling?.decode(
                z, compression: config.spatialCompression, inTime: config.temporalCompression, whole) ?? whole(z)
        }
    }

    /// The video of stored latents (1, F·H·W, channels), normalised, as upstream decodes them
    /// (docs/reference-behaviour.md#latent-decoding): a little noise first, and the decoder told of it. Values about [0, 1], not clamped.
    ///
    /// - Parameters:
    ///   - noiseScale: share of noise; nil is the same as `timestep`.
    ///   - generator: of that noise.
    ///   - injection: of the noise that 0.9.1's decoder adds.
    ///   - tiling: as for `decode`.
    public func decodeVideo(
        _ sequence: Tensor, frames: Int, height: Int, width: Int, timestep: Double = 0, noiseScale: Double? = nil,
        generator: Generator? = nil, injection: Generator? = nil, tiling: VAETiling? = nil
    ) throws -> Tensor {
        try withoutGradients {
            let stored = try sequence.to(device).to(dtype)
            let z = try denormalized(stored.unpacked(frames: frames, height: height, width: width))
            let noise = try Tensor.randn(z.shape, dtype: dtype, device: device, generator: generator)
            let share = try Tensor.full([1], noiseScale ?? timestep, dtype: dtype, device: device)
            let noisy = try (1 - share) * z + share * noise
            let t = try Tensor.full([1], timestep, dtype: dtype, device: device)
            let video = try decode(noisy, timestep: t, generator: injection, tiling: tiling)
            try video.multiply(inPlace: 0.5)
            return try video + 0.5
        }
    }

    // MARK: - Latents

    /// Mean 0 and deviation 1 a channel, which the transformer works on.
    public func normalized(_ latents: Tensor) throws -> Tensor {
        try (latents - channelwise(mean, latents)) / channelwise(deviation, latents)
    }
    /// The inverse.
    public func denormalized(_ latents: Tensor) throws -> Tensor {
        try latents * channelwise(deviation, latents) / config.scalingFactor + channelwise(mean, latents)
    }
    private func channelwise(_ values: Tensor, _ like: Tensor) throws -> Tensor {
        try values.to(like.device).to(like.dtype).reshaped(1, -1, 1, 1, 1)
    }
}
