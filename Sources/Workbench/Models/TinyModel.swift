import Base
import LTXVideo
import NN
import Text
import Torch

/// Makes a tiny random model in the layout of the published ones, for tests and for learning the ropes: everything runs
/// in seconds and nothing that it draws makes sense.
public enum TinyModel {
    /// Writes the folder. Does nothing when `path` is a whole model folder already. Throws when it is something else.
    public static func make(at path: String, seed: UInt64 = 0) throws {
        let path = Path.absolute(path)
        if Files.isFolder(path), !(try Files.list(path)).isEmpty {
            _ = try ModelFolder(finding: path)
            return
        }
        let random = try Generator(seed: seed)
        let vocabulary = try writeTokenizer(Path.join(path, "tokenizer"))
        try write(path, "transformer", stem: "diffusion_pytorch_model", config: transformer, random) { w, config in
            _ = try Transformer(w, TransformerConfiguration(json: config, path: path))
        }
        try write(path, "vae", stem: "diffusion_pytorch_model", config: vae, random) { w, config in
            _ = try VideoVAE(w, VideoVAEConfiguration(json: config, path: path))
        }
        let text = textEncoder(vocabulary: vocabulary)
        try write(path, "text_encoder", stem: "model", config: text, random) { w, config in
            _ = try T5Encoder(w, T5Configuration(json: config, path: path))
        }
        try Files.makeFolder(Path.join(path, "scheduler"))
        try save(scheduler, Path.join(path, "scheduler/scheduler_config.json"))
        try save(index, Path.join(path, "model_index.json"))
    }

    /// Builds a part on fresh tensors and writes what it asked for.
    private static func write(
        _ path: String, _ part: String, stem: String, config: JSON, _ random: Generator,
        build: (Weights, JSON) throws -> Void
    ) throws {
        let folder = Path.join(path, part)
        let weights = Weights { key, shape in try draw(key, shape, random) }
        try build(weights, config)
        try Files.makeFolder(folder)
        try save(config, Path.join(folder, "config.json"))
        try Safetensors.write(weights.taken, to: Path.join(folder, "\(stem).safetensors"))
    }

    /// As PyTorch initialises: norms 1, matrices and kernels uniform in ±1/√inputs, embeddings normal, biases small.
    private static func draw(_ key: String, _ shape: [Int], _ random: Generator) throws -> Tensor {
        let tensor = try Tensor.empty(shape)
        let inputs = Double(shape.dropFirst().reduce(1, *))
        switch key {
        case "latents_mean": try tensor.fillNormal(deviation: 0.1, generator: random)
        case "latents_std": try tensor.fillUniform(0.5, 1, generator: random)
        case _ where key.hasSuffix("scale_shift_table"): try tensor.fillNormal(deviation: 0.1, generator: random)
        case _ where key.contains("shared") || key.contains("relative_attention_bias"):
            try tensor.fillNormal(deviation: 0.5, generator: random)
        case _ where shape.count >= 2:
            try tensor.fillUniform(-1 / inputs.squareRoot(), 1 / inputs.squareRoot(), generator: random)
        case _ where key.hasSuffix("weight"): try tensor.fill(1)
        default: try tensor.fillUniform(-0.02, 0.02, generator: random)
        }
        return tensor
    }

    private static func save(_ json: JSON, _ path: String) throws {
        try AtomicFile.write(json.text(indent: 2) + "\n", to: path)
    }

    // MARK: - Configurations

    private static let transformer: JSON = [
        "_class_name": "LTXVideoTransformer3DModel", "in_channels": 128, "out_channels": 128, "patch_size": 1,
        "patch_size_t": 1,
        "num_attention_heads": 4, "attention_head_dim": 32, "cross_attention_dim": 128, "num_layers": 4,
        "activation_fn": "gelu-approximate", "qk_norm": "rms_norm_across_heads", "norm_elementwise_affine": false,
        "norm_eps": 1e-6, "caption_channels": 64, "attention_bias": true, "attention_out_bias": true,
    ]
    private static let vae: JSON = [
        "_class_name": "AutoencoderKLLTXVideo", "in_channels": 3, "out_channels": 3, "latent_channels": 128,
        "patch_size": 4,
        "patch_size_t": 1, "block_out_channels": [8, 16, 32, 64, 64], "decoder_block_out_channels": [16, 32, 64],
        "down_block_types": [
            "LTXVideo095DownBlock3D", "LTXVideo095DownBlock3D", "LTXVideo095DownBlock3D", "LTXVideo095DownBlock3D",
        ],
        "downsample_type": ["spatial", "temporal", "spatiotemporal", "spatiotemporal"],
        "layers_per_block": [2, 1, 1, 1, 1],
        "decoder_layers_per_block": [1, 1, 1, 1], "spatio_temporal_scaling": [true, true, true, true],
        "decoder_spatio_temporal_scaling": [true, true, true], "decoder_inject_noise": [false, false, false, false],
        "upsample_residual": [true, true, true], "upsample_factor": [2, 2, 2], "timestep_conditioning": true,
        "resnet_norm_eps": 1e-6, "scaling_factor": 1.0, "encoder_causal": true, "decoder_causal": false,
        "spatial_compression_ratio": 32, "temporal_compression_ratio": 8,
    ]
    private static func textEncoder(vocabulary: Int) -> JSON {
        [
            "architectures": ["T5EncoderModel"], "model_type": "t5",
            "vocab_size": .integer((vocabulary + 63) / 64 * 64), "d_model": 64,
            "d_kv": 16, "d_ff": 160, "num_layers": 3, "num_heads": 4, "feed_forward_proj": "gated-gelu",
            "is_gated_act": true,
            "dense_act_fn": "gelu_new", "relative_attention_num_buckets": 32, "relative_attention_max_distance": 128,
            "layer_norm_epsilon": 1e-6, "is_encoder_decoder": false, "tie_word_embeddings": false, "pad_token_id": 0,
            "eos_token_id": 1,
        ]
    }
    private static let scheduler: JSON = [
        "_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 1.0,
        "use_dynamic_shifting": false,
    ]
    private static let index: JSON = [
        "_class_name": "LTXConditionPipeline", "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
        "text_encoder": ["transformers", "T5EncoderModel"], "tokenizer": ["transformers", "T5Tokenizer"],
        "transformer": ["diffusers", "LTXVideoTransformer3DModel"], "vae": ["diffusers", "AutoencoderKLLTXVideo"],
    ]

    // MARK: - Tokenizer

    /// Trains a small SentencePiece model on made-up captions. Returns how many ids there are, extra ones included.
    private static func writeTokenizer(_ folder: String) throws -> Int {
        let vocabulary = 400, extra = 100
        let model = try SentencePieceTrainer(vocabulary: vocabulary).train(captions)
        try Files.makeFolder(folder)
        try AtomicFile.write(model, to: Path.join(folder, "spiece.model"))
        let names = (0..<extra).map { "<extra_id_\($0)>" }
        try save(
            [
                "tokenizer_class": "T5Tokenizer", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>",
                "legacy": true,
                "extra_ids": .integer(extra), "additional_special_tokens": .array(names.map(JSON.string)),
                "model_max_length": 128,
            ], Path.join(folder, "tokenizer_config.json"))
        try save(
            [
                "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>",
                "additional_special_tokens": .array(names.map(JSON.string)),
            ], Path.join(folder, "special_tokens_map.json"))
        // T5 numbers its extra tokens from the end backwards.
        let ids = names.enumerated().map { (key: $1, value: JSON.integer(vocabulary + extra - 1 - $0)) }
        try save(.object(JSONObject(ids)), Path.join(folder, "added_tokens.json"))
        return vocabulary + extra
    }

    /// Every sentence that a small grammar makes.
    private static var captions: [String] {
        let who = [
            "A woman", "A man", "The cyclist", "A dog", "The camera", "A red car", "A crowd", "The child",
            "Two friends", "A robot",
        ]
        let what = [
            "walks slowly", "rides a bicycle", "turns around", "drives past", "waits", "pans left", "smiles",
            "runs quickly", "looks up", "moves closer",
        ]
        let place = [
            "in a busy street", "near the old bridge", "along the river", "in the garden", "under grey clouds",
            "at night", "beside a shop window", "in soft morning light", "through the park", "on a wooden floor",
        ]
        let style = [
            "cinematic, shallow focus", "a wide static shot", "handheld, warm colours", "a close-up with bokeh",
            "slow motion, high detail",
        ]
        return who.flatMap { who in
            what.flatMap { what in
                place.enumerated().map { number, place in
                    "\(who) \(what) \(place); \(style[(number + what.count) % style.count])."
                }
            }
        }
    }
}
