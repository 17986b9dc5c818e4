import Base
import NN

/// The sizes of a LLaVA-NeXT-Video, as `config.json` has them. What it leaves out is as transformers fills it in: of the language model
/// of the published 7B, all sizes.
public struct LlavaConfiguration: ModelConfiguration, Sendable, Equatable {
    /// CLIP's vision tower.
    public struct Vision: Sendable, Equatable {
        public var layers = 24, width = 1024, hidden = 4096, heads = 16
        /// Pixels a side of a picture and of a patch.
        public var picture = 336, patch = 14
        /// Of its norms.
        public var epsilon = 1e-5
        /// Patches a side.
        public var side: Int { picture / patch }
    }
    /// Of the vision tower.
    public var vision = Vision()
    /// Of what answers.
    public var text = DecoderConfiguration()
    public var imageToken = 32001, videoToken = 32000
    /// Patches a side of a video's picture that become one token.
    public var pooling = 2
    /// Layers of the tower that are gone through.
    public var visionLayers = 23
    /// What images are brought to: height and width of each.
    public var resolutions = [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]]

    /// Reads `config.json`.
    public init(json: JSON, path: String) throws {
        let top = ModelConfigurationReader(json, path: path)
        try top.require("model_type", JSON.string(LlavaFamily.modelType))
        try text.read(json["text_config"] ?? [:], path)
        text.isTied = try top.bool("tie_word_embeddings", false)
        imageToken = try top.int("image_token_index", top.int("image_token_id", imageToken))
        videoToken = try top.int("video_token_index", top.int("video_token_id", videoToken))
        pooling = try top.int("spatial_pool_stride", pooling, atMost: 64)
        try top.require("spatial_pool_mode", "average")
        try top.require("projector_hidden_act", "gelu")
        try top.require("vision_feature_select_strategy", "default")
        try top.require("multimodal_projector_bias", true)
        if let vision = json["vision_config"] { try readVision(vision, path) }
        func refuse(_ key: String, _ found: JSON?, _ supported: String) -> ModelConfigurationError {
            .unsupported(path, key: key, found: found?.text() ?? "nothing", supported: supported)
        }
        // Counted from behind, where the last is what comes out of the last layer.
        let layer = json["vision_feature_layer"] ?? -2
        guard let place = layer.integer, (-vision.layers...vision.layers).contains(place) else {
            throw refuse("vision_feature_layer", layer, "one layer of \(vision.layers)")
        }
        visionLayers = place < 0 ? vision.layers + 1 + place : place
        guard vision.side >= pooling else {
            throw refuse("spatial_pool_stride", .integer(pooling), "1 to \(vision.side)")
        }
        if let list = json["image_grid_pinpoints"]?.array {
            resolutions = list.map { $0.array?.compactMap(\.integer) ?? [] }
        }
        guard !resolutions.isEmpty, resolutions.allSatisfy(isWhole) else {
            throw refuse("image_grid_pinpoints", json["image_grid_pinpoints"], "multiples of \(vision.picture) pixels")
        }
    }
    private func isWhole(_ size: [Int]) -> Bool {
        size.count == 2 && size.allSatisfy { $0 > 0 && $0 % vision.picture == 0 && $0 / vision.picture < 64 }
    }
    private mutating func readVision(_ json: JSON, _ path: String) throws {
        let read = ModelConfigurationReader(json, path: path)
        try read.require("model_type", "clip_vision_model")
        // CLIP's own defaults are those of its smallest model.
        vision = Vision(layers: 12, width: 768, hidden: 3072, heads: 12, picture: 224, patch: 32)
        vision.layers = try read.int("num_hidden_layers", vision.layers, atMost: 1024)
        vision.width = try read.int("hidden_size", vision.width)
        vision.hidden = try read.int("intermediate_size", vision.hidden)
        vision.heads = try read.int("num_attention_heads", vision.heads)
        vision.picture = try read.int("image_size", vision.picture, atMost: 4096)
        vision.patch = try read.int("patch_size", vision.patch, atMost: 256)
        vision.epsilon = try read.number("layer_norm_eps", vision.epsilon)
        try read.require("num_channels", 3)
        try read.require("hidden_act", "quick_gelu")
        guard vision.width % vision.heads == 0 else {
            throw ModelConfigurationError.unsupported(
                path, key: "num_attention_heads", found: "\(vision.heads)", supported: "a divisor of hidden_size")
        }
        guard vision.picture >= vision.patch else {
            throw ModelConfigurationError.unsupported(
                path, key: "patch_size", found: "\(vision.patch)", supported: "at most \(vision.picture)")
        }
    }
}
