import LTXVideo
import NN
import Torch

/// `train.f32.*`, `train.bf16.*` and `train.int8.*`: the losses, gradient norms and final adapters of 20 steps with fixed noise (batch
/// 2, AdamW at 4e-3, linear schedule to 10 %, clipping at 1).
public struct TrainStage: ParityStage {
    /// What `--stage` takes.
    public let name: String
    private let dtype: DType, quantization: QuantizedFormat?, lossTolerance: Double, weightTolerance: Double

    /// In fp32.
    public static let fp32 = TrainStage(
        name: "train.f32", dtype: .float32, quantization: nil, lossTolerance: Tolerance.forward,
        weightTolerance: Tolerance.trained)
    /// In bf16.
    public static let bf16 = TrainStage(
        name: "train.bf16", dtype: .bfloat16, quantization: nil, lossTolerance: Tolerance.bf16Loss,
        weightTolerance: Tolerance.bf16Trained)
    /// In bf16 on a base in int8.
    public static let int8 = TrainStage(
        name: "train.int8", dtype: .bfloat16, quantization: .int8, lossTolerance: Tolerance.bf16Loss,
        weightTolerance: Tolerance.bf16Trained)

    /// Rows for losses, rates and norms, and one for the adapter that is furthest off.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.has("\(name).loss") else { return [] }
        let transformer = try model.transformer(dtype, quantization)
        let adapters = try AdapterSet(
            transformer.linears, tensors: goldens.tensors(after: "lora.init."), source: "lora.init")
        adapters.attach()
        defer { adapters.detach() }
        var rows = try TrainedSteps(transformer, adapters, goldens, dtype, recomputing: { Recomputation($0 % 2 == 1) })
            .rows(goldens, name, lossTolerance, weightTolerance)
        let final = try goldens.tensors(after: "\(name).final.")
        let ours = try adapters.tensors()
        let worst = try final.map { key, value in
            guard let tensor = ours[key] else { throw MissingGradient("no adapter '\(key)'") }
            return try ParityRow.compare("final \(key)", tensor, value, weightTolerance)
        }.max { $0.relative < $1.relative }
        rows += worst.map { [$0] } ?? []
        return rows
    }
}
