import Torch

/// How a model's weights are kept in memory.
public struct WeightPolicy: Hashable, Sendable {
    /// What floating-point tensors are converted to; nil leaves them as the file has them.
    public var dtype: DType?
    /// Where they are put.
    public var device: Device
    /// What the matrices that a model says may be are kept in; nil keeps them in `dtype`.
    public var quantization: QuantizedFormat?
    /// How many of a model's blocks have their matrices in host memory and bring them to the device when their turn comes.
    public var offloadedBlocks: Int
    /// What linear layers compute in whose weights are trained: every tensor is then a leaf of its own, kept in `dtype`. Nil for
    /// frozen weights.
    public var trainedIn: DType?

    /// As the file has them, on the CPU, unless told otherwise.
    public init(
        _ dtype: DType? = nil, on device: Device = .cpu, quantization: QuantizedFormat? = nil, offloadedBlocks: Int = 0,
        trainedIn: DType? = nil
    ) {
        (self.dtype, self.device, self.quantization) = (dtype, device, quantization)
        (self.offloadedBlocks, self.trainedIn) = (offloadedBlocks, trainedIn)
    }
}

extension WeightPolicy: CustomStringConvertible {
    /// In a word or two: `"bf16"`, `"bf16, int8"`, `"as published"`.
    public var description: String {
        let parts = [
            dtype.map { "\($0)" } ?? "as published", quantization?.rawValue,
            offloadedBlocks > 0 ? "\(offloadedBlocks) blocks offloaded" : nil,
            trainedIn.map { "trained in \($0)" },
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}
