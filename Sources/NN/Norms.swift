import Torch

/// Root-mean-square normalisation over the last axis, with a weight.
public struct RMSNorm {
    let size: Int, weight: Tensor, epsilon: Double

    /// Takes `weight` (size).
    public init(_ w: Weights, _ size: Int, epsilon: Double) throws {
        (self.size, self.epsilon) = (size, epsilon)
        weight = try w.take("weight", size)
    }
    /// x (…, size), of the same shape.
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        // A weight that is trained has more bits than what is computed in.
        guard weight.dtype != x.dtype else { return try x.rmsNorm(size, weight: weight, epsilon: epsilon) }
        return try x.to(weight.dtype).rmsNorm(size, weight: weight, epsilon: epsilon).to(x.dtype)
    }
}

/// Layer normalisation over the last axis, with or without weight and bias.
public struct LayerNorm {
    let size: Int, weight: Tensor?, bias: Tensor?, epsilon: Double

    /// `w` nil: no weight and no bias.
    public init(_ w: Weights?, _ size: Int, epsilon: Double) throws {
        (self.size, self.epsilon) = (size, epsilon)
        weight = try w?.take("weight", size)
        bias = try w?.take("bias", size)
    }
    /// x (…, size), of the same shape.
    public func callAsFunction(_ x: Tensor) throws -> Tensor {
        try x.layerNorm(size, weight: weight, bias: bias, epsilon: epsilon)
    }
}
