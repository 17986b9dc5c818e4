import Torch

/// The matrix of a linear layer, as it is kept.
///
/// Whoever needs a number format or a place asks for these; only the product knows what lies in memory.
public enum LinearWeight {
    /// (outputs, inputs), in the dtype that is computed in.
    case dense(Tensor)

    /// x·Wᵀ + b of x (…, inputs).
    func product(_ x: Tensor, _ bias: Tensor?) throws -> Tensor {
        switch self {
        case .dense(let matrix): try x.linear(matrix, bias)
        }
    }
    /// What a product comes out in, and what an adapter beside it is made in.
    var computeType: DType {
        switch self {
        case .dense(let matrix): matrix.dtype
        }
    }
    var device: Device {
        switch self {
        case .dense(let matrix): matrix.device
        }
    }
}
