import LTXVideo
import NN
import Torch

/// What a transformer takes in memory, from its sizes alone: nothing is read.
struct TransformerFootprint {
    /// Bytes of all weights as they are kept, and of the matrices of one block.
    let total: Int, block: Int
    let layers: Int

    init(_ sizes: TransformerConfiguration, dtype: DType, quantization: QuantizedFormat?) throws {
        let policy = WeightPolicy(dtype, on: .meta, quantization: quantization)
        let weights = Weights(policy: policy) { _, shape in try Tensor.empty(shape, dtype: dtype, device: .meta) }
        let transformer = try Transformer(weights, sizes)
        (total, layers) = (transformer.byteCount, sizes.layers)
        block =
            transformer.linears.filter { $0.path.hasPrefix("transformer_blocks.0.") }.reduce(0) { $0 + $1.byteCount }
    }

    /// Bytes on the device with so many blocks in host memory: two places hold the ones that pass.
    func onDevice(offloaded: Int) -> Int { total - Swift.max(0, offloaded - 2) * block }
    /// Bytes on each of so many ranks that share the blocks: its part, and two blocks that pass.
    func onDevice(sharedBy ranks: Int) -> Int {
        total - layers * (block - block / ranks) + Swift.min(2, layers) * block
    }
    /// The fewest blocks in host memory with which the rest takes at most `bytes`; all where it never does.
    func offloaded(toFit bytes: Int) -> Int { (0...layers).first { onDevice(offloaded: $0) <= bytes } ?? layers }
}

extension ModelFolder {
    /// Blocks of the transformer that a device has no room for when a quarter of it is left to what is computed. The size of the device
    /// counts, not what is free now: a second run must not have another number, and load the model again for it.
    func blocksWithoutRoom(on device: Device, dtype: DType, quantization: QuantizedFormat?) throws -> Int {
        guard case .cuda(let index) = device else { return 0 }
        let footprint = try TransformerFootprint(transformerConfiguration(), dtype: dtype, quantization: quantization)
        return footprint.offloaded(toFit: try Backend.cudaMemory(index).total / 4 * 3)
    }
}
