import Base
import NN

/// The sizes of a Qwen3-VL without experts: 2B, 4B, 8B, 32B. Defaults: transformers'.
public struct Qwen3Configuration: ModelConfiguration, Sendable, Equatable {
    /// The vision tower.
    public struct Vision: Sendable, Equatable {
        public var layers = 27, width = 1152, hidden = 4304, heads = 16, output = 3584
        /// Pixels of a patch, frames of one, and patches a side that become one token.
        public var patch = 16, frames = 2, merge = 2
        /// Learned positions, a square of them.
        public var positions = 2304
        /// Layers whose patches reach the first layers of what answers, too.
        public var deepLayers = [8, 16, 24]
        /// Learned positions a side.
        var side: Int { Int(Double(positions).squareRoot()) }
    }
    /// Of the vision tower.
    public var vision = Vision()
    /// Of what answers.
    public var text = DecoderConfiguration(
        vocabulary: 151936, width: 4096, hidden: 22016, layers: 32, heads: 32, sources: 32, headSize: 128,
        base: 500_000,
        sections: [24, 20, 20], isInterleaved: true, normsHeads: true, context: 128_000)
    public var imageToken = 151655, videoToken = 151656

    /// What transformers takes for a file that says nothing.
    public init() {}

    /// Reads `config.json`; what it leaves out is as transformers fills it in.
    public init(json: JSON, path: String) throws {
        let top = ModelConfigurationReader(json, path: path), words = json["text_config"] ?? [:]
        try top.require("model_type", JSON.string(Qwen3Family.modelType))
        if words["head_dim"] == nil { text.headSize = 128 }
        try text.read(words, path)
        let isTied = try ModelConfigurationReader(words, path: path).bool("tie_word_embeddings", text.isTied)
        text.isTied = try top.bool("tie_word_embeddings", isTied)
        imageToken = try top.int("image_token_id", imageToken)
        videoToken = try top.int("video_token_id", videoToken)
        try readVision(json["vision_config"] ?? [:], path)
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
        vision.positions = try read.int("num_position_embeddings", vision.positions)
        try read.require("in_channels", 3)
        try read.require("hidden_act", "gelu_pytorch_tanh")
        if let list = json["deepstack_visual_indexes"]?.array { vision.deepLayers = list.compactMap(\.integer) }
        func refuse(_ key: String, _ found: String, _ supported: String) -> ModelConfigurationError {
            .unsupported(path, key: key, found: found, supported: supported)
        }
        guard vision.width % vision.heads == 0, vision.width / vision.heads % 4 == 0 else {
            throw refuse("num_heads", "\(vision.heads)", "heads of a multiple of 4 channels")
        }
        guard vision.side * vision.side == vision.positions, vision.side > 1 else {
            throw refuse("num_position_embeddings", "\(vision.positions)", "a square")
        }
        guard vision.output == text.width else { throw refuse("out_hidden_size", "\(vision.output)", "\(text.width)") }
        guard vision.deepLayers.allSatisfy({ (0..<vision.layers).contains($0) }),
            Set(vision.deepLayers).count == vision.deepLayers.count, vision.deepLayers.count <= text.layers
        else {
            throw refuse("deepstack_visual_indexes", "\(vision.deepLayers)", "different layers of \(vision.layers)")
        }
    }
}
