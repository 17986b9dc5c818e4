import Base
import NN

/// The sizes of a T5 v1.1 encoder, as `text_encoder/config.json` has them. Defaults: T5-XXL, the one LTX-Video uses.
public struct T5Configuration: ModelConfiguration, Sendable, Equatable {
    /// Rows of the embedding table; the tokenizer's IDs are below it.
    public var vocabulary = 32128
    public var width = 4096, layers = 24, heads = 64, headSize = 64, hidden = 10240
    /// Classes of distance between two tokens, and the distance from which on all are in the last one.
    public var buckets = 32, farthest = 128
    /// Of the RMS norms.
    public var epsilon = 1e-6

    /// T5-XXL.
    public init() {}

    /// Reads `config.json` of a transformers folder. A missing key takes the value of transformers' `T5Config`, which is T5
    /// small; a value that this code does not implement is a `ModelConfigurationError`.
    public init(json: JSON, path: String) throws {
        let read = ModelConfigurationReader(json, path: path)
        vocabulary = try read.int("vocab_size", vocabulary)
        width = try read.int("d_model", 512)
        layers = try read.int("num_layers", 6, atMost: 1024)
        heads = try read.int("num_heads", 8)
        headSize = try read.int("d_kv", headSize)
        hidden = try read.int("d_ff", 2048)
        buckets = try read.int("relative_attention_num_buckets", buckets, atMost: 4096)
        farthest = try read.int("relative_attention_max_distance", farthest)
        epsilon = try read.number("layer_norm_epsilon", epsilon)
        let activation = try read.string("feed_forward_proj", "relu")
        guard activation == "gated-gelu" else {
            throw ModelConfigurationError.unsupported(
                path, key: "feed_forward_proj", found: "\"\(activation)\"", supported: "\"gated-gelu\"")
        }
        guard buckets % 4 == 0, farthest > buckets / 4 else {
            throw ModelConfigurationError.unsupported(
                path, key: "relative_attention_num_buckets", found: "\(buckets)",
                supported: "a multiple of 4 below 4 times the maximum distance")
        }
    }
}
