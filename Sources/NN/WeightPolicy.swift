import Torch

/// How a model's weights are kept in memory.
public struct WeightPolicy: Hashable, Sendable {
    /// What floating-point tensors are converted to; nil leaves them as the file has them.
    public var dtype: DType?
    /// Where they are put.
    public var device: Device

    /// As the file has them, on the CPU, unless told otherwise.
    public init(_ dtype: DType? = nil, on device: Device = .cpu) { (self.dtype, self.device) = (dtype, device) }
}
