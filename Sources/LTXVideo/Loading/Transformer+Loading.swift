import Base
import NN
import Torch

extension Transformer {
    /// Loads a diffusers folder (`config.json` and `diffusion_pytorch_model*.safetensors`, sharded or not).
    ///
    /// Strict: a missing, unused or misshapen tensor is an error that names it. `dtype` nil keeps that of the file. On
    /// the CPU a tensor that needs no conversion stays in the mapped file.
    public static func load(_ folder: String, dtype: DType? = nil, device: Device = .cpu) throws -> Transformer {
        let config = Path.join(folder, "config.json")
        let weights = Weights(
            try Checkpoint.read(folder, stem: "diffusion_pytorch_model"), source: folder, dtype: dtype, device: device)
        let transformer = try Transformer(weights, TransformerConfiguration(json: Files.json(config), path: config))
        try weights.finish()
        return transformer
    }
}
