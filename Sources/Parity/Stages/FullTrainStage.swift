import LTXVideo
import NN
import Torch

/// `full.f32.*` and `full.bf16.*`: losses, gradient norms and all final weights of 20 steps in which the whole model is trained, with
/// the data of `train.*`. In bf16 the weights stay in fp32 and autocast computes in bf16.
public struct FullTrainStage: ParityStage {
    /// What `--stage` takes.
    public let name: String
    private let dtype: DType, lossTolerance: Double, weightTolerance: Double

    /// In fp32.
    public static let fp32 = FullTrainStage(
        name: "full.f32", dtype: .float32, lossTolerance: Tolerance.forward, weightTolerance: Tolerance.trained)
    /// Under autocast.
    public static let bf16 = FullTrainStage(
        name: "full.bf16", dtype: .bfloat16, lossTolerance: Tolerance.bf16Loss, weightTolerance: Tolerance.bf16Trained)

    /// Rows for losses, rates and norms, and one for the weight that is furthest off.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.has("\(name).loss") else { return [] }
        let transformer = try model.trained(in: dtype), whole = WholeModel(transformer.trained)
        var rows = try TrainedSteps(
            transformer, whole, goldens, dtype,
            recomputing: { $0 % 2 == 1 ? .all : $0 % 4 == 2 ? .first(1) : .none }
        ).rows(goldens, name, lossTolerance, weightTolerance)
        let final = try goldens.tensors(after: "\(name).final.")
        let ours = Dictionary(uniqueKeysWithValues: whole.parameters.map { ($0.name, $0.tensor) })
        guard ours.count == final.count else { throw MissingGradient("\(ours.count) weights of \(final.count)") }
        let worst = try final.map { key, value in
            guard let tensor = ours[key] else { throw MissingGradient("no weight '\(key)'") }
            return try ParityRow.compare("final \(key)", tensor.detached(), value, weightTolerance)
        }.max { $0.relative < $1.relative }
        rows += worst.map { [$0] } ?? []
        return rows
    }
}
