import Base
import NN

/// The sizes of an LTX-Video transformer, as in `transformer/config.json` (diffusers `LTXVideoTransformer3DModel`).
public struct TransformerConfiguration: ModelConfiguration, Sendable, Equatable {
    public var inChannels = 128, outChannels = 128
    public var heads = 32, headSize = 64, layers = 28
    public var crossAttentionWidth = 2048, captionChannels = 4096
    public var attentionBias = true, attentionOutBias = true

    /// heads · head size: the width of the residual stream.
    public var width: Int { heads * headSize }

    /// The published 2B model (0.9.0 … 0.9.6, 0.9.8).
    public static let ltxv2B = TransformerConfiguration()
    /// The published 13B model (0.9.7, 0.9.8).
    public static let ltxv13B = TransformerConfiguration(headSize: 128, layers: 48, crossAttentionWidth: 4096)

    /// The defaults are the 2B model's; both attention biases are on.
    public init(
        inChannels: Int = 128, outChannels: Int = 128, heads: Int = 32, headSize: Int = 64, layers: Int = 28,
        crossAttentionWidth: Int = 2048, captionChannels: Int = 4096
    ) {
        (self.inChannels, self.outChannels, self.heads, self.headSize) = (inChannels, outChannels, heads, headSize)
        (self.layers, self.crossAttentionWidth, self.captionChannels) = (layers, crossAttentionWidth, captionChannels)
    }

    /// Reads `config.json`. A missing key takes diffusers' default;
    /// a value that this code does not implement is an error.
    public init(json: JSON, path: String) throws {
        let read = ModelConfigurationReader(json, path: path)
        inChannels = try read.int("in_channels", inChannels)
        outChannels = try read.int("out_channels", inChannels)
        heads = try read.int("num_attention_heads", heads)
        headSize = try read.int("attention_head_dim", headSize)
        layers = try read.int("num_layers", layers, atMost: 1024)
        crossAttentionWidth = try read.int("cross_attention_dim", crossAttentionWidth)
        captionChannels = try read.int("caption_channels", captionChannels)
        guard width <= ModelConfigurationReader.most else {
            throw ModelConfigurationError.unsupported(
                path, key: "attention_head_dim", found: "\(headSize) for each of \(heads) heads",
                supported: "a width of at most \(ModelConfigurationReader.most)")
        }
        attentionBias = try read.bool("attention_bias", true)
        attentionOutBias = try read.bool("attention_out_bias", true)
        try read.require("patch_size", .integer(1))
        try read.require("patch_size_t", .integer(1))
        try read.require("activation_fn", .string("gelu-approximate"))
        try read.require("qk_norm", .string("rms_norm_across_heads"))
        try read.require("norm_elementwise_affine", .bool(false))
        let epsilon = try read.number("norm_eps", 1e-6)
        guard epsilon == 1e-6 else {
            throw ModelConfigurationError.unsupported(path, key: "norm_eps", found: "\(epsilon)", supported: "1e-06")
        }
    }
}
