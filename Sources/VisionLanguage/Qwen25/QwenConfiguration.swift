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
    public var vocabulary = 152064, width = 3584, hidden = 18944, layers = 28, heads = 28, sources = 4
    public var epsilon = 1e-6, base = 1e6
    /// Pairs of channels that turn by time, by row and by column.
    public var sections = [16, 24, 24]
    /// The output is the table of tokens itself.
    public var isTied = false
    public var imageToken = 151655, videoToken = 151656
    /// Tokens that it was trained on at a time.
    public var context = 128_000

    /// The 7B.
    public init() {}

    /// Reads `config.json`; what it leaves out is as transformers fills it in.
    public init(json: JSON, path: String) throws {
        let top = ModelConfigurationReader(json, path: path)
        try top.require("model_type", "qwen2_5_vl")
        let text = json["text_config"].map { ModelConfigurationReader($0, path: path) } ?? top
        vocabulary = try text.int("vocab_size", vocabulary)
        width = try text.int("hidden_size", width)
        hidden = try text.int("intermediate_size", hidden)
        layers = try text.int("num_hidden_layers", layers, atMost: 1024)
        heads = try text.int("num_attention_heads", heads)
        sources = try text.int("num_key_value_heads", sources)
        epsilon = try text.number("rms_norm_eps", epsilon)
        context = try text.int("max_position_embeddings", context)
        try text.require("hidden_act", "silu")
        let rotary = (json["text_config"] ?? json)["rope_scaling"] ?? (json["text_config"] ?? json)["rope_parameters"]
        base = try text.number("rope_theta", rotary?["rope_theta"]?.number ?? base)
        sections =
            try rotary.map { try ModelConfigurationReader($0, path: path).ints("mrope_section", sections) } ?? sections
        isTied = try top.bool("tie_word_embeddings", isTied)
        imageToken = try top.int("image_token_id", imageToken)
        videoToken = try top.int("video_token_id", videoToken)
        try readVision(json["vision_config"] ?? [:], path)
        func refuse(_ key: String, _ found: String, _ supported: String) -> ModelConfigurationError {
            .unsupported(path, key: key, found: found, supported: supported)
        }
        guard width % heads == 0, heads % sources == 0 else {
            throw refuse(
                "num_attention_heads", "\(heads)", "a divisor of hidden_size and a multiple of num_key_value_heads")
        }
        guard sections.count == 3, sections.reduce(0, +) * 2 == headSize else {
            throw refuse("mrope_section", "\(sections)", "three numbers that add up to half of \(headSize)")
        }
        guard vision.output == width else { throw refuse("out_hidden_size", "\(vision.output)", "\(width)") }
    }
    /// Channels of a head.
    var headSize: Int { width / heads }

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
