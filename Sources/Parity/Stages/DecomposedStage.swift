import NN
import Torch

/// `dora.*`: peft's DoRA on a linear layer of 64 by 64, rank 8, scaling 0.5: the starting magnitude, a forward and a backward pass.
public struct DecomposedStage: ParityStage {
    /// What `--stage` takes.
    public let name = "dora"
    /// The only one.
    public init() {}

    /// Rows for each layer in the file.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        let layers = goldens.keys(after: "dora.").filter { $0.hasSuffix(".dy") }.map { String($0.dropLast(3)) }
        return try layers.flatMap { layer -> [ParityRow] in
            let tolerance = layer.hasPrefix("bf16") ? Tolerance.bf16 : Tolerance.gradient
            func golden(_ key: String) throws -> Tensor { try goldens["dora.\(layer).\(key)"] }
            var weights = ["layer.weight": try golden("weight")]
            if goldens.has("dora.\(layer).bias") { weights["layer.bias"] = try golden("bias") }
            let linear = try Linear(
                Weights(weights, source: name) / "layer", 64, 64, bias: weights["layer.bias"] != nil)
            let fresh = try LoRA(for: linear, rank: 8, alpha: 4, isDecomposed: true, generator: Generator(seed: 0))
            let leaves = try ["lora_A.weight", "lora_B.weight", "magnitude"].map {
                ($0, try golden($0).cloned().trainable())
            }
            linear.lora = LoRA(a: leaves[0].1, b: leaves[1].1, magnitude: leaves[2].1, alpha: 4)
            let x = try golden("x").cloned().trainable(), y = try linear(x)
            try y.backward(golden("dy"))
            func row(_ key: String, _ ours: Tensor?) throws -> ParityRow {
                guard let ours else { throw MissingGradient("'\(layer).\(key)' has no gradient") }
                return try .compare("\(layer).\(key)", ours, golden(key), tolerance)
            }
            return try [
                row("start_magnitude", fresh.magnitude), row("y", y.detached()), row("dx", x.gradient()),
            ] + leaves.map { try row("grad.\($0)", $1.gradient()) }
        }
    }
}
