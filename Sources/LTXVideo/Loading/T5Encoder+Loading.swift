import Base
import NN
import Torch

extension T5Encoder {
    /// Loads a transformers folder (`config.json` and `model*.safetensors`, sharded or not).
    ///
    /// Strict: a missing, unused or misshapen tensor is an error that names it. `dtype` nil keeps that of the file. On
    /// the CPU a tensor that needs no conversion stays in the mapped file.
    public static func load(_ folder: String, dtype: DType? = nil, device: Device = .cpu) throws -> T5Encoder {
        let config = Path.join(folder, "config.json")
        let weights = Weights(
            try Checkpoint.read(folder, stem: "model"), source: folder, dtype: dtype, device: device)
        let encoder = try T5Encoder(weights, T5Configuration(json: Files.json(config), path: config))
        try weights.finish()
        return encoder
    }
}
