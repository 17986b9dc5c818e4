import NN
import RankSupport
import Testing
import Torch

@testable import NN

/// What several ranks share: the weights of blocks, and the states of an optimizer. Ranks are threads here.
@Suite(.serialized) struct ShardingTests {
    private struct Block {
        let up: Linear, down: Linear
        func callAsFunction(_ state: [Tensor?], _ isRead: Bool) throws -> [Tensor?] {
            try state.map { x in try x.map { try $0 + down(up($0).gelu(), isRead: isRead) } }
        }
    }
    /// Blocks of odd sizes, and where they are kept.
    private struct Model {
        let stack: BlockStack<Block>, shards: ShardedMatrices?, linears: [Linear], byteCount: Int

        init(_ policy: WeightPolicy, blocks: Int = 5) throws {
            let draws = try Generator(seed: 4)
            var tensors: [String: Tensor] = [:]
            for index in 0..<blocks {
                tensors["blocks.\(index).up.weight"] = try Tensor.randn([67, 33], generator: draws)
                tensors["blocks.\(index).up.bias"] = try Tensor.randn([67], generator: draws)
                tensors["blocks.\(index).down.weight"] = try Tensor.randn([33, 67], generator: draws) * 0.1
            }
            let w = Weights(tensors, source: "toy", policy: policy)
            let residency = try w.blocks(blocks) { w, index in
                Block(
                    up: try Linear(w / "blocks" / index / "up", 33, 67),
                    down: try Linear(w / "blocks" / index / "down", 67, 33, bias: false))
            }
            (stack, shards, linears, byteCount) = (BlockStack(residency), w.shards, w.linears, w.byteCount)
        }
    }
    /// Two steps of a sum of squares: outputs and the gradients of every adapter, as numbers.
    private static func steps(_ model: Model, _ dtype: DType, _ between: () throws -> Void = {}) throws -> [[Float]] {
        let draws = try Generator(seed: 9)
        let adapters = try AdapterSet(model.linears, rank: 2, alpha: 2, targets: ["up", "down"], generator: draws)
        for (_, lora) in adapters.adapters { try lora.b.detached().fillUniform(-1, 1, generator: draws) }
        adapters.attach()
        defer { adapters.detach() }
        var found: [[Float]] = []
        for _ in 0..<2 {
            let x = try Tensor.randn([5, 33], dtype: dtype, generator: draws)
            let (state, backward) = try model.stack.recomputed([x], .all, generator: nil) { block, state, isRead in
                try block(state, isRead)
            }
            try backward(state.map { try $0.map { try $0 * 2 } })
            found += try state.compactMap { try $0?.floats() }
            try between()
        }
        return try found + adapters.parameters.map { try #require(try $0.tensor.gradient()).floats() }
    }

    @Test(arguments: [2, 3], [nil, .int8, .int4] as [QuantizedFormat?])
    func `ranks that share weights compute what one does that has them whole, to the bit`(
        _ count: Int, _ format: QuantizedFormat?
    ) throws {
        let dtype: DType = format == nil ? .float32 : .bfloat16
        let whole = try Self.steps(Model(WeightPolicy(dtype, quantization: format)), dtype)
        let ranks = try RankThreads.run(count) { group in
            let shard = WeightShard(group.rank, of: count)
            let model = try Model(WeightPolicy(dtype, quantization: format, shard: shard))
            let shards = try #require(model.shards)
            shards.group = group
            return try Self.steps(model, dtype) {
                // Between two steps one walks alone, and the others lend what they have.
                guard group.rank == 0 else {
                    shards.forget()
                    while case let index = try Self.number(group, 0), index >= 0 { try shards.lend(index) }
                    return
                }
                shards.announce = { _ = try Self.number(group, $0) }
                for _ in 0..<2 {
                    _ = try model.stack.forward([Tensor.ones([1, 33], dtype: dtype)]) { block, state, isRead in
                        try block(state, isRead)
                    }
                }
                shards.announce = nil
                shards.forget()
                _ = try Self.number(group, -1)
            }
        }
        for rank in ranks { #expect(try #require(rank).get() == whole) }
    }
    private static func number(_ group: ProcessGroup, _ number: Int) throws -> Int {
        let tensor = try Tensor([number])
        try group.broadcast(tensor)
        return try tensor.ints()[0]
    }

    @Test func `a rank keeps its part of the blocks' matrices, and no matrix is there outside its block`() throws {
        let whole = try Model(WeightPolicy(.float32)).byteCount
        let model = try Model(WeightPolicy(.float32, shard: WeightShard(1, of: 4)))
        // Two matrices of 67 · 33 a block; biases stay. What is added makes parts equal.
        let matrices = 5 * 2 * 67 * 33 * 4
        #expect(model.byteCount >= whole - matrices * 3 / 4 && model.byteCount < whole - matrices * 3 / 4 + 5 * 256)
        #expect(model.stack.isPassing && model.linears[0].device == .cpu && model.linears[0].computeType == .float32)
        for use in [{ _ = try model.linears[0](Tensor.ones([1, 33])) }, { _ = try model.linears[0].dense(.float32) }] {
            let error = #expect(throws: TorchError.self) { try use() }
            #expect(error.map { "\($0)".contains("outside its block") } == true)
        }
        let lonely = #expect(throws: TorchError.self) {
            try model.stack.forward([Tensor.ones([1, 33])]) { block, state, isRead in try block(state, isRead) }
        }
        #expect(lonely.map { "\($0)".contains("without the other ranks") } == true)
    }

    @Test func `parameters are divided so that all ranks have about as much`() {
        #expect(ShardedOptimizer.owners([1, 1, 1, 1], ranks: 2) == [0, 1, 0, 1])
        #expect(ShardedOptimizer.owners([2, 9, 3, 4], ranks: 2) == [1, 0, 1, 1])
        #expect(ShardedOptimizer.owners([5], ranks: 3) == [0])
    }
    @Test func `ranks that share an optimizer move parameters as one does, and its whole state can be collected`()
        throws
    {
        @Sendable func parameters() throws -> [Parameter] {
            let draws = try Generator(seed: 2)
            return try [[40, 30], [7], [50, 20], [3, 3, 3]].enumerated().map { place, shape in
                Parameter("p\(place)", try Tensor.randn(shape, generator: draws).trainable())
            }
        }
        @Sendable func update(_ optimizer: any Optimizer, _ times: Range<Int>) throws {
            for time in times {
                let draws = try Generator(seed: UInt64(time))
                for parameter in optimizer.parameters {
                    try parameter.tensor.setGradient(Tensor.randn(parameter.tensor.shape, generator: draws))
                }
                try optimizer.update(rate: 0.01, skip: nil)
            }
        }
        let alone = try AdamW(parameters())
        try update(alone, 0..<4)
        let expected = try alone.parameters.map { try $0.tensor.detached().floats() }
        let state = try alone.state.mapValues { try $0.floats() }
        let ranks = try RankThreads.run(3) { group in
            let shard = WeightShard(group.rank, of: 3), all = try parameters()
            let first = try ShardedOptimizer(all, shard, group: group) { try AdamW($0) }
            try update(first, 0..<2)
            // What all have together goes on as one whole, on other ranks too.
            let collected = try first.collect(keeps: true)
            #expect(first.entries.count < collected.count && collected.count == 12)
            let second = try ShardedOptimizer(all, shard, group: group) { try AdamW($0) }
            try second.restore(Dictionary(uniqueKeysWithValues: collected.map { ($0.name, $0.tensor) }))
            try update(second, 2..<4)
            let end = try second.collect(keeps: group.rank == 0)
            return (
                try all.map { try $0.tensor.detached().floats() },
                try Dictionary(uniqueKeysWithValues: end.map { ($0.name, try $0.tensor.floats()) })
            )
        }
        for (rank, result) in ranks.enumerated() {
            let (values, found) = try #require(result).get()
            #expect(values == expected && found == (rank == 0 ? state : [:]))
        }
    }
}
