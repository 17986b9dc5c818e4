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
    /// The part of the blocks' matrices that is kept here, where several ranks share them; nil keeps them whole.
    public var shard: WeightShard?
    /// What linear layers compute in whose weights are trained: every tensor is then a leaf of its own, kept in `dtype`. Nil for
    /// frozen weights.
    public var trainedIn: DType?

    /// As the file has them, on the CPU, unless told otherwise.
    public init(
        _ dtype: DType? = nil, on device: Device = .cpu, quantization: QuantizedFormat? = nil, offloadedBlocks: Int = 0,
        shard: WeightShard? = nil, trainedIn: DType? = nil
    ) {
        (self.dtype, self.device, self.quantization) = (dtype, device, quantization)
        (self.offloadedBlocks, self.shard, self.trainedIn) = (offloadedBlocks, shard, trainedIn)
    }
}

extension WeightPolicy: CustomStringConvertible {
    /// In a word or two: `"bf16"`, `"bf16, int8"`, `"as published"`.
    public var description: String {
        let parts = [
            dtype.map { "\($0)" } ?? "as published", quantization?.rawValue,
            offloadedBlocks > 0 ? "\(offloadedBlocks) blocks offloaded" : nil,
            shard.map { "part \($0.rank + 1) of \($0.count)" },
            trainedIn.map { "trained in \($0)" },
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }
}

/// One of equal parts of something that several ranks share.
public struct WeightShard: Hashable, Sendable {
    /// Which one, 0 ..< count, and of how many.
    public let rank: Int, count: Int

    /// Not checked.
    public init(_ rank: Int, of count: Int) { (self.rank, self.count) = (rank, count) }
}
