import Configuration
import LTXVideo
import NN
import Torch

/// What a training takes in memory: an update is made on tensors that have shapes alone, and everything that a real one would make
/// counts.
struct TrainingFootprint: Sendable, Equatable {
    /// Bytes on the device of the model's weights; two passing blocks count where some lie in host memory.
    let weights: Int
    /// Bytes of those that lie in host memory, and of the inputs of recomputed blocks that wait there.
    let host: Int, waiting: Int
    /// Of adapters; 0 where the model itself is trained.
    let adapters: Int
    /// Of the optimizer's states and of copies in fp32, and of the moving average.
    let optimizer: Int, average: Int
    /// Most that an update makes besides: activations and gradients.
    let update: Int
    /// What of that the gradients of all parameters take.
    let gradients: Int
    /// How many numbers are trained, and of how many of them ranks copy the gradients to sum them.
    let parameters: Int, copied: Int
    /// Of how many blocks, and how many of them are computed a second time: those that pass through the device are in any case.
    let blocks: Int, recomputed: Int
    /// How many really are: the turn of the last one comes at once, and it is kept as it is unless it passes.
    let repeated: Int
    /// Bytes of what ranks that share weights, or an optimizer, put together in an update.
    let gathered: Int

    /// The most at once.
    var total: Int { resident + update }
    /// What stays between two updates.
    var resident: Int { weights + adapters + optimizer + average }

    /// - Parameters:
    ///   - configuration: checked; `auto` counts as none.
    ///   - sizes: of the transformer.
    ///   - ranks: how many train together.
    init(
        _ configuration: TrainingConfiguration, _ sizes: TransformerConfiguration, _ batch: BatchShape, ranks: Int = 1
    ) throws {
        let counted = try Allocations(on: .meta), optimization = configuration.optimization
        let acceleration = configuration.acceleration
        var offloaded = 0
        if case .count(let count) = acceleration.blocksToOffload { offloaded = min(count, sizes.layers) }
        let shard = ranks > 1 ? WeightShard(0, of: ranks) : nil
        let policy = configuration.transformerPolicy(on: .meta, offloaded: offloaded, shard: shard)
        let kept = policy.dtype ?? acceleration.dtype
        let transformer = try Transformer(
            Weights(policy: policy) { _, shape in try .empty(shape, dtype: kept, device: .meta) }, sizes)
        let block = transformer.linears.filter { $0.path.hasPrefix("transformer_blocks.0.") }
            .reduce(0) { $0 + $1.byteCount }
        let passing = (policy.shard == nil ? min(2, offloaded) : min(2, sizes.layers)) * block
        host = offloaded * block
        weights = transformer.byteCount - host + passing

        func grown<Made>(_ make: () throws -> Made) throws -> (made: Made, bytes: Int) {
            let before = try counted.now, made = try make()
            return (made, try counted.now - before)
        }
        let (trainable, adapters) = try grown { () -> any Trainable in
            guard configuration.model.trainingMode == .lora, let lora = configuration.lora else {
                return WholeModel(transformer.trained)
            }
            return try AdapterSet(
                transformer.linears, lora.adapters, targets: lora.targetModules, generator: nil)
        }
        let (optimizer, states) = try grown {
            try configuration.makeOptimizer(of: trainable.parameters, shard: shard, group: nil)
        }
        let (average, averages) = try grown {
            try optimization.emaDecay.map { try MovingAverage(optimizer.trained, decay: $0) }
        }
        (self.adapters, self.optimizer, self.average) = (adapters, states, averages)
        parameters = trainable.parameterCount
        let communication = acceleration.communicationDtype.dtype
        copied = trainable.parameters.map(\.tensor).reduce(0) {
            $0 + ($1.dtype == communication && $1.byteCount >= GradientSums.uncopied ? 0 : $1.count)
        }
        if policy.shard != nil {
            gathered = 2 * sizes.layers * block * optimization.gradientAccumulationSteps
        } else {
            gathered = optimizer is ShardedOptimizer ? trainable.parameters.reduce(0) { $0 + $1.tensor.byteCount } : 0
        }
        gradients = optimizer.trained.reduce(0) { $0 + $1.tensor.byteCount }

        let dropout = configuration.lora?.dropout ?? 0
        trainable.attach(strength: 1, dropout: dropout > 0 ? Dropout(dropout, generator: try Generator(seed: 0)) : nil)
        defer { trainable.detach() }
        // The second of several batches meets the gradients of the first.
        let batches = min(2, optimization.gradientAccumulationSteps)
        let (_, most) = try counted.peak {
            for _ in 0..<batches {
                _ = try TrainingStep.gradients(
                    transformer, batch.outline(sizes), share: 1 / Double(batches),
                    checkpointing: Recomputation(configuration))
            }
            try optimizer.takeGradients(times: nil)
        }
        update = most - passing
        blocks = sizes.layers
        recomputed = policy.shard == nil ? configuration.recomputedBlocks(of: sizes.layers) : sizes.layers
        // The last of those that pass is the last of all.
        let isPassing = policy.shard != nil || policy.offloadedBlocks > 0
        repeated = recomputed == blocks && !isPassing ? max(0, blocks - 1) : recomputed
        // Neither the first block's nor the last one's goes away.
        let away = max(0, recomputed - (recomputed == sizes.layers ? 2 : 1))
        waiting =
            acceleration.offloadActivations
            ? away * batch.count * batch.tokens * sizes.width * transformer.dtype.size : 0
        withExtendedLifetime(average) {}
    }
}

extension TrainingConfiguration {
    /// How the transformer is kept that is trained, or trained on: a model that is trained itself in fp32, as the reference does.
    ///
    /// - Parameter shard: which of several ranks it is kept on.
    func transformerPolicy(on device: Device, offloaded: Int = 0, shard: WeightShard? = nil) -> WeightPolicy {
        model.trainingMode == .full
            ? WeightPolicy(.float32, on: device, trainedIn: acceleration.dtype)
            : WeightPolicy(
                acceleration.dtype, on: device, quantization: acceleration.quantization?.format,
                offloadedBlocks: offloaded, shard: acceleration.shardAcrossRanks ? shard : nil)
    }
    /// Blocks that are computed a second time; those that pass through the device are in any case.
    fileprivate func recomputedBlocks(of layers: Int) -> Int {
        let offloaded: Int
        if case .count(let count) = acceleration.blocksToOffload { offloaded = count } else { offloaded = 0 }
        let recomputed: Int
        switch optimization.enableGradientCheckpointing {
        case .on: recomputed = layers
        case .blocks(let count): recomputed = count
        case .off, .auto: recomputed = 0
        }
        return min(layers, max(recomputed, offloaded))
    }
}
