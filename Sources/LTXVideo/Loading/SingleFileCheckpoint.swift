import Base
import NN
import Torch

/// A single-file Lightricks checkpoint: transformer and VAE in one safetensors file, under their original names.
///
/// Weights in fp8 become whatever the policy asks for as they are taken, with their scales where they have some; where it asks for
/// eight bits they stay as they are.
public struct SingleFileCheckpoint {
    private let file: Safetensors.File
    private let names: CheckpointKeys.Names, scales: ScaledWeights
    private let original: OriginalConfiguration?

    /// Maps the file. Throws when it is no such checkpoint.
    public init(_ path: String) throws {
        file = try Safetensors.File(path)
        let scales = try ScaledWeights(file.header, path: path)
        names = CheckpointKeys.names(file.header.entries.map(\.name).filter { !scales.marks.contains($0) })
        self.scales = scales
        guard names.transformer["proj_in.weight"] != nil else { throw SingleFileError.noTransformer(path) }
        original = try OriginalConfiguration(file.header.metadata["config"], path: path)
    }

    /// The transformer. Strict, as for a folder. `configuration` nil: that of the file's metadata, else the published
    /// sizes that fit the shapes (32 heads).
    public func transformer(
        _ policy: WeightPolicy = WeightPolicy(), configuration: TransformerConfiguration? = nil
    ) throws -> Transformer {
        try weights(names.transformer, policy).whole {
            try Transformer($0, configuration ?? transformerConfiguration())
        }
    }

    /// The VAE. Strict, as for a folder. `configuration` nil: that of the file's metadata, else the published one of the
    /// file's generation.
    public func vae(
        _ policy: WeightPolicy = WeightPolicy(), configuration: VideoVAEConfiguration? = nil
    ) throws -> VideoVAE {
        guard !names.vae.isEmpty else { throw SingleFileError.noVAE(file.path) }
        return try weights(names.vae, policy).whole { try VideoVAE($0, configuration ?? vaeConfiguration()) }
    }

    /// What the file says of how it wants to be sampled.
    public func sampling() throws -> ModelSampling { try original?.sampling() ?? ModelSampling() }

    private func weights(_ names: [String: String], _ policy: WeightPolicy) throws -> Weights {
        let rest = self.names.transformer["proj_in.weight"].flatMap { file.header[$0]?.dtype } ?? .bfloat16
        return try scales.weights(names, of: file, rest: rest, policy)
    }

    /// The structure of the VAE: that of the file's metadata, else the published one of its generation.
    public func vaeConfiguration() throws -> VideoVAEConfiguration {
        try original?.vae() ?? VideoVAEConfiguration(json: Self.published(names.generation), path: file.path)
    }

    /// The sizes of the transformer: those of the file's metadata, else the published ones that fit the shapes (32 heads).
    public func transformerConfiguration() throws -> TransformerConfiguration {
        if let configuration = try original?.transformer() { return configuration }
        func shape(_ name: String) throws -> (outputs: Int, inputs: Int) {
            guard let key = names.transformer[name] else { throw WeightsError.missing(name, file.path) }
            let shape = try file.entry(key).shape
            guard shape.count == 2 else { throw SafetensorsError.tensor(file.path, key, "has the shape \(shape)") }
            return (shape[0], shape[1])
        }
        let input = try shape("proj_in.weight"), text = try shape("caption_projection.linear_1.weight")
        let layers = Set(
            names.transformer.keys.filter { $0.hasPrefix("transformer_blocks.") }
                .compactMap { $0.split(separator: ".").dropFirst().first }
        ).count
        // By way of its JSON: what a shape says is as good as what a configuration says, and is bounded alike.
        let members = [
            "in_channels": input.inputs, "out_channels": try shape("proj_out.weight").outputs,
            "num_attention_heads": 32, "attention_head_dim": input.outputs / 32, "num_layers": layers,
            "cross_attention_dim": input.outputs, "caption_channels": text.inputs,
        ]
        return try TransformerConfiguration(
            json: .object(JSONObject(members.map { ($0.key, .integer($0.value)) })), path: file.path)
    }

    /// `vae/config.json` as published with each generation (diffusers' conversion script).
    private static func published(_ generation: CheckpointKeys.Generation) -> JSON {
        let first: JSON = [
            "block_out_channels": [128, 256, 512, 512], "layers_per_block": [4, 3, 3, 3, 4],
            "down_block_types": [
                "LTXVideoDownBlock3D", "LTXVideoDownBlock3D", "LTXVideoDownBlock3D", "LTXVideoDownBlock3D",
            ],
            "spatio_temporal_scaling": [true, true, true, false], "downsample_type": ["conv", "conv", "conv", "conv"],
            // Stated, as in the published files: diffusers' formula gives 64 and 16 for the newest encoder.
            "spatial_compression_ratio": 32, "temporal_compression_ratio": 8,
        ]
        var config = first.object ?? JSONObject()
        func set(_ values: KeyValuePairs<String, JSON>) { for (key, value) in values { config[key] = value } }
        switch generation {
        case .v090:
            set([
                "decoder_block_out_channels": [128, 256, 512, 512], "decoder_layers_per_block": [4, 3, 3, 3, 4],
                "decoder_spatio_temporal_scaling": [true, true, true, false],
                "decoder_inject_noise": [false, false, false, false, false],
                "upsample_residual": [false, false, false, false],
                "upsample_factor": [1, 1, 1, 1], "timestep_conditioning": false,
            ])
        case .v091, .v095:
            set([
                "decoder_block_out_channels": [256, 512, 1024], "decoder_layers_per_block": [5, 6, 7, 8],
                "decoder_spatio_temporal_scaling": [true, true, true],
                "decoder_inject_noise": [true, true, true, false],
                "upsample_residual": [true, true, true], "upsample_factor": [2, 2, 2], "timestep_conditioning": true,
            ])
        }
        if generation == .v095 {
            set([
                "block_out_channels": [128, 256, 512, 1024, 2048], "layers_per_block": [4, 6, 6, 2, 2],
                "down_block_types": [
                    "LTXVideo095DownBlock3D", "LTXVideo095DownBlock3D", "LTXVideo095DownBlock3D",
                    "LTXVideo095DownBlock3D",
                ],
                "spatio_temporal_scaling": [true, true, true, true],
                "downsample_type": ["spatial", "temporal", "spatiotemporal", "spatiotemporal"],
                "decoder_layers_per_block": [5, 5, 5, 5], "decoder_inject_noise": [false, false, false, false],
            ])
        }
        return .object(config)
    }
}
