import NN
import Torch

/// One part of the model checked against stored values of the reference implementation.
public protocol ParityStage: Sendable {
    /// What `--stage` takes and what the first part of the golden keys is: `"xf"`.
    var name: String { get }
    /// Compares everything that `goldens` has for this stage. An empty result means that it has nothing: a skip.
    func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow]
}

/// One comparison.
public struct ParityRow: Sendable {
    /// What was compared: mostly the golden key without the stage's name.
    public let label: String
    /// The reference's.
    public let shape: [Int]
    /// max |a − b|, and ‖a − b‖ / ‖b‖ with b the reference.
    public let maxAbsolute: Double, relative: Double
    /// The bound on `relative` (0: the bits must be equal).
    public let tolerance: Double
    /// Whether `relative` is within `tolerance`; never for NaN.
    public var passed: Bool { relative <= tolerance && !relative.isNaN }
}

/// Bounds on ‖a − b‖ / ‖b‖, from what the reference itself varies by between kernels (see `docs/parity.md`).
public enum Tolerance {
    /// Integers, random draws and schedules: nothing may differ.
    public static let exact = 0.0
    /// Forward passes and sampling in fp32: other kernels move the reference by up to 7e-7.
    public static let forward = 1e-5
    /// LoRA gradients in fp32: other kernels move the reference by up to 5e-6.
    public static let gradient = 1e-4
    /// LoRA weights after 20 AdamW steps in fp32: Adam divides small gradients by themselves,
    /// so that rounding shows (1.7e-4).
    public static let trained = 2e-3
    /// Forward passes in bf16: other kernels move the reference by up to 1.7e-2.
    public static let bf16 = 2e-2
    /// Losses in bf16 (7e-5), and weights after 20 steps in bf16 (9e-2).
    public static let bf16Loss = 1e-3, bf16Trained = 0.15
}

extension ParityRow {
    /// Compares a tensor with the reference's.
    public static func compare(
        _ label: String, _ ours: Tensor, _ reference: Tensor, _ tolerance: Double
    ) throws -> ParityRow {
        guard ours.shape == reference.shape else {
            return ParityRow(
                label: "\(label) \(ours.shape)", shape: reference.shape, maxAbsolute: .infinity, relative: .infinity,
                tolerance: tolerance)
        }
        guard reference.count > 0 else {
            return ParityRow(label: label, shape: reference.shape, maxAbsolute: 0, relative: 0, tolerance: tolerance)
        }
        let a = try ours.detached().to(.cpu).to(.float64), b = try reference.to(.cpu).to(.float64)
        let difference = try a - b
        let norm = try b.norm().item(), error = try difference.norm().item()
        return ParityRow(
            label: label, shape: reference.shape, maxAbsolute: try difference.abs().max().item(),
            relative: error == 0 ? 0 : error / Swift.max(norm, 1e-30), tolerance: tolerance)
    }
}
