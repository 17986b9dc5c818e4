import Torch

/// What a file that keeps weights in floats of eight bits says of them.
public struct StoredScales {
    /// What a stored weight is multiplied by, one element each, by the key of the weight; others count as they are.
    public var scales: [String: Tensor]
    /// What such weights become where the policy names no dtype: nothing is computed in eight bits.
    public var dtype: DType

    /// Neither is checked.
    public init(_ scales: [String: Tensor] = [:], dtype: DType) { (self.scales, self.dtype) = (scales, dtype) }
}
