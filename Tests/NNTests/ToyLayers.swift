import NN
import Torch

/// Layers of made-up weights: `blocks.0.attn.to_q` and so on.
struct ToyLayers {
    let linears: [Linear]

    /// Two blocks of two layers each, from 4 to 6 channels, and one layer in front.
    init(dtype: DType = .float32) throws {
        let generator = try Generator(seed: 1)
        let weights = Weights { _, shape in try Tensor.randn(shape, dtype: dtype, generator: generator) }
        _ = try Linear(weights / "enter", 3, 4)
        for block in 0..<2 {
            _ = try Linear(weights / "blocks" / block / "attn" / "to_q", 4, 6)
            _ = try Linear(weights / "blocks" / block / "attn" / "to_out" / 0, 4, 6, bias: false)
        }
        linears = weights.linears
    }

    /// The tensors of a LoRA with these ranks, by path.
    static func file(_ ranks: KeyValuePairs<String, Int>, inputs: Int = 4, outputs: Int = 6) throws -> [String: Tensor]
    {
        let generator = try Generator(seed: 2)
        var tensors: [String: Tensor] = [:]
        for (path, rank) in ranks {
            tensors["\(path).lora_A.weight"] = try Tensor.randn([rank, inputs], generator: generator)
            tensors["\(path).lora_B.weight"] = try Tensor.randn([outputs, rank], generator: generator)
        }
        return tensors
    }
}
