import Base
import NN
import Torch

extension VideoVAE {
    /// Loads a diffusers folder (`config.json` and `diffusion_pytorch_model*.safetensors`, sharded or not).
    ///
    /// Strict: a missing, unused or misshapen tensor is an error that names it. `dtype` nil keeps that of the file.
    /// Kernels are copied into the order that convolutions are fastest on; the rest may stay in the mapped file.
    public static func load(_ folder: String, dtype: DType? = nil, device: Device = .cpu) throws -> VideoVAE {
        let config = Path.join(folder, "config.json")
        let weights = Weights(
            try Checkpoint.read(folder, stem: "diffusion_pytorch_model"), source: folder, dtype: dtype, device: device)
        let vae = try VideoVAE(weights, VideoVAEConfiguration(json: Files.json(config), path: config))
        try weights.finish()
        return vae
    }
}
