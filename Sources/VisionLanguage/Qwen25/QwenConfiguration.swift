import Base
import NN

/// The sizes of a Qwen2.5-VL, as `config.json` has them in its first form and as transformers saves it again. Defaults: the
/// 7B's.
public struct QwenConfiguration: ModelConfiguration, Sendable, Equatable {
    /// The vision tower.
    public struct Vision: Sendable, Equatable {
        public var layers = 32, width = 1280, hidden = 3420, heads = 16, output = 3584
        /// Pixels of a patch, frames of one, and patches a side that become one token.
        public var patch = 14, frames = 2, merge = 2
        /// Pixels a side of a window, and the layers that look beyond it.
        public var window = 112
        /// Layers that look at whole frames.
        public var wholeLayers = [7, 15, 23, 31]
        /// Positions a second.
        public var tokensPerSecond = 2
    }
    /// Of the vision tower.
    public var vision = Vision()
    /// Of what answers.
    public var text = DecoderConfiguration(
        vocabulary: 152064, width: 3584, hidden: 18944, layers: 28, heads: 28, sources: 4, headSize: 128, base: 1e6,
        sections: [16, 24, 24], hasBias: true, context: 128_000)
    public var imageToken = 151655, videoToken = 151656

    /// The 7B.
    public init() {}

    /// Reads `config.json`; what it leaves out is as transformers fills it in.
    public init(json: JSON, path: String) throws {
        let top = ModelConfigurationReader(json, path: path)
        try top.require("model_type", JSON.string(QwenFamily.modelType))
        try text.read(json["text_config"] ?? json, path)
        text.isTied = try top.bool("tie_word_embeddings", text.isTied)
        imageToken = try top.int("image_token_id", imageToken)
        videoToken = try top.int("video_token_id", videoToken)
        try readVision(json["vision_config"] ?? [:], path)
        guard vision.output == text.width else {
            throw ModelConfigurationError.unsupported(
                path, key: "out_hidden_size", found: "\(vision.output)", supported: "\(text.width)")
        }
    }

    private mutating func readVision(_ json: JSON, _ path: String) throws {
        let read = ModelConfigurationReader(json, path: path)
        vision.layers = try read.int("depth", vision.layers, atMost: 1024)
        vision.width = try read.int("hidden_size", vision.width)
        vision.hidden = try read.int("intermediate_size", vision.hidden)
        vision.heads = try read.int("num_heads", vision.heads)
        vision.output = try read.int("out_hidden_size", vision.output)
        vision.patch = try read.int("patch_size", vision.patch, atMost: 256)
        vision.frames = try read.int("temporal_patch_size", vision.frames, atMost: 16)
        vision.merge = try read.int("spatial_merge_size", vision.merge, atMost: 16)
        vision.window = try read.int("window_size", vision.window, atMost: 4096)
        vision.tokensPerSecond = try read.int("tokens_per_second", vision.tokensPerSecond, atMost: 1000)
        try read.require("in_chans", 3)
        try read.require("hidden_act", "silu")
        if let list = json["fullatt_block_indexes"]?.array { vision.wholeLayers = list.compactMap(\.integer) }
        guard vision.width % vision.heads == 0, vision.width / vision.heads % 4 == 0 else {
            throw ModelConfigurationError.unsupported(
                path, key: "num_heads", found: "\(vision.heads)", supported: "heads of a multiple of 4 channels")
        }
        guard vision.window >= vision.patch * vision.merge else {
            throw ModelConfigurationError.unsupported(
                path, key: "window_size", found: "\(vision.window)",
                supported: "at least \(vision.patch * vision.merge)")
        }
    }
}
