import Base
import NN

/// The structure of a video VAE, as `vae/config.json` has it: the three generations (0.9.0, 0.9.1, 0.9.5 and later)
/// differ in these values alone. Defaults are those of diffusers' `AutoencoderKLLTXVideo`, which is 0.9.0.
public struct VideoVAEConfiguration: ModelConfiguration, Sendable, Equatable {
    /// How an encoder block makes the video smaller.
    public enum Downsampling: String, Sendable {
        /// A convolution with stride 2 in all three directions (0.9.0, 0.9.1).
        case conv
        /// Pixels to channels in height and width, in time, or in all three, beside their mean (0.9.5).
        case spatial, temporal, spatiotemporal
    }

    /// Channels of a picture, and of a latent.
    public var pictureChannels = 3, latentChannels = 128
    /// Side of the pixel patches that become channels.
    public var patch = 4
    /// Channels of the encoder's blocks, and layers of each; the last entry of `layers` is the middle block.
    public var channels = [128, 256, 512, 512], layers = [4, 3, 3, 3, 4]
    /// Which encoder blocks make the video smaller, and how.
    public var scaling = [true, true, true, false]
    /// How, block by block.
    public var downsampling: [Downsampling] = [.conv, .conv, .conv, .conv]
    /// True for the encoder of 0.9.5: its blocks change the number of channels while they make the video smaller.
    public var isSecondEncoder = false
    /// The decoder's, listed from the picture inwards like the encoder's.
    public var decoderChannels = [128, 256, 512, 512], decoderLayers = [4, 3, 3, 3, 4]
    /// Which decoder blocks make the video larger.
    public var decoderScaling = [true, true, true, false]
    /// Which decoder blocks add noise after each convolution; the last entry is the middle block.
    public var noise = [false, false, false, false, false]
    /// Which decoder blocks add their enlarged input, and by how much each divides its channels.
    public var residual = [false, false, false, false], factors = [1, 1, 1, 1]
    /// True when the decoder is told the noise level of its latents (0.9.1 and later).
    public var isTimed = false
    /// Whether a frame sees only what came before it.
    public var encoderIsCausal = true, decoderIsCausal = false
    /// Of the layer norms; the RMS norms have 1e-8.
    public var epsilon = 1e-6
    /// What latents are divided by on the way to the decoder.
    public var scalingFactor = 1.0
    /// Pixels and frames a latent.
    public var spatialCompression = 32, temporalCompression = 8

    /// 0.9.0.
    public init() {}

    /// Reads `config.json` of a diffusers folder. A missing key takes diffusers' default; a value that this code does
    /// not implement is a `ModelConfigurationError`.
    public init(json: JSON, path: String) throws {
        let file = ModelConfigurationReader(json, path: path)
        pictureChannels = try file.int("in_channels", pictureChannels)
        try file.require("out_channels", .integer(pictureChannels))
        latentChannels = try file.int("latent_channels", latentChannels)
        patch = try file.int("patch_size", patch, atMost: 64)
        try file.require("patch_size_t", .integer(1))
        channels = try file.ints("block_out_channels", channels)
        layers = try file.ints("layers_per_block", layers)
        scaling = try file.bools("spatio_temporal_scaling", scaling)
        decoderChannels = try file.ints("decoder_block_out_channels", decoderChannels)
        decoderLayers = try file.ints("decoder_layers_per_block", decoderLayers)
        decoderScaling = try file.bools("decoder_spatio_temporal_scaling", decoderScaling)
        noise = try file.bools("decoder_inject_noise", noise)
        residual = try file.bools("upsample_residual", residual)
        factors = try file.ints("upsample_factor", factors)
        isTimed = try file.bool("timestep_conditioning", isTimed)
        encoderIsCausal = try file.bool("encoder_causal", encoderIsCausal)
        decoderIsCausal = try file.bool("decoder_causal", decoderIsCausal)
        epsilon = try file.number("resnet_norm_eps", epsilon)
        scalingFactor = try file.number("scaling_factor", scalingFactor)
        try readEncoderKind(file, path)
        let halvings = scaling.filter { $0 }.count
        guard halvings <= 8 else {
            throw ModelConfigurationError.unsupported(
                path, key: "spatio_temporal_scaling", found: "\(halvings) times true", supported: "up to 8 times")
        }
        let ratio = 1 << halvings
        spatialCompression = try file.int("spatial_compression_ratio", patch * ratio)
        temporalCompression = try file.int("temporal_compression_ratio", ratio)
        try checkLengths(path)
    }

    private mutating func readEncoderKind(_ file: ModelConfigurationReader, _ path: String) throws {
        let first = "LTXVideoDownBlock3D", second = "LTXVideo095DownBlock3D"
        let kinds = try file.strings("down_block_types", [first, first, first, first])
        isSecondEncoder = kinds.last == second
        guard kinds.allSatisfy({ $0 == (isSecondEncoder ? second : first) }) else {
            throw ModelConfigurationError.unsupported(
                path, key: "down_block_types", found: "\(kinds)", supported: "'\(first)' or '\(second)' throughout")
        }
        downsampling = try file.strings("downsample_type", ["conv", "conv", "conv", "conv"]).map { name in
            guard let kind = Downsampling(rawValue: name) else {
                throw ModelConfigurationError.unsupported(
                    path, key: "downsample_type", found: "'\(name)'",
                    supported: "'conv', 'spatial', 'temporal' or 'spatiotemporal'")
            }
            return kind
        }
        // The blocks of the first encoder know no other way, whatever the list says.
        if !isSecondEncoder { downsampling = downsampling.map { _ in .conv } }
    }

    /// Lists that must go together. A list may be longer than is read, as in the published files.
    private func checkLengths(_ path: String) throws {
        let blocks = encoderBlocks, decoderBlocks = decoderChannels.count
        func check(_ key: String, _ count: Int, _ least: Int) throws {
            guard count < least else { return }
            throw ModelConfigurationError.type(
                path, key: key, found: "\(count)", expected: "a list of at least \(least) entries")
        }
        try check("block_out_channels", channels.count, isSecondEncoder ? 2 : 1)
        try check("decoder_block_out_channels", decoderChannels.count, 1)
        try check("layers_per_block", layers.count, blocks + 1)
        try check("spatio_temporal_scaling", scaling.count, blocks)
        try check("downsample_type", downsampling.count, blocks)
        try check("decoder_layers_per_block", decoderLayers.count, decoderBlocks + 1)
        try check("decoder_spatio_temporal_scaling", decoderScaling.count, decoderBlocks)
        try check("decoder_inject_noise", noise.count, decoderBlocks + 1)
        try check("upsample_residual", residual.count, decoderBlocks)
        try check("upsample_factor", factors.count, decoderBlocks)
        for (width, factor) in zip(decoderChannels, factors)
        where width % factor != 0 || ![1, 2, 4, 8].contains(factor) {
            throw ModelConfigurationError.type(
                path, key: "upsample_factor", found: "\(factor)",
                expected: "1, 2, 4 or 8, and divide 'decoder_block_out_channels'")
        }
        // diffusers hands such a block the bare timestep, which its shapes do not fit: no such model exists.
        var width = decoderChannels.last ?? 0
        for (outputs, factor) in zip(decoderChannels.reversed(), factors.reversed()) {
            guard !isTimed || width / factor == outputs / factor else {
                throw ModelConfigurationError.unsupported(
                    path, key: "decoder_block_out_channels", found: "\(decoderChannels) with timestep_conditioning",
                    supported: "blocks that keep their width")
            }
            width = outputs / factor
        }
    }

    /// How many blocks the encoder has before its middle one.
    var encoderBlocks: Int { channels.count - (isSecondEncoder ? 1 : 0) }
}
