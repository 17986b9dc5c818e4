import NN
import Testing
import Torch

/// Blocks whose matrices lie in host memory. On the CPU they are copied all the same, so that a wrong copy shows.
@Suite struct StreamedBlocksTests {
    private struct Block {
        let up: Linear, down: Linear
        func callAsFunction(_ state: [Tensor?], _ isRead: Bool) throws -> [Tensor?] {
            try state.map { x in try x.map { try $0 + down(up($0).gelu(), isRead: isRead) } }
        }
    }
    private struct Model {
        let stack: BlockStack<Block>, residency: any BlockResidency<Block>, linears: [Linear]

        init(_ policy: WeightPolicy, blocks: Int = 6) throws {
            let draws = try Generator(seed: 4)
            var tensors: [String: Tensor] = [:]
            for index in 0..<blocks {
                tensors["blocks.\(index).up.weight"] = try Tensor.randn([64, 32], generator: draws)
                tensors["blocks.\(index).up.bias"] = try Tensor.randn([64], generator: draws)
                tensors["blocks.\(index).down.weight"] = try Tensor.randn([32, 64], generator: draws) * 0.1
            }
            let w = Weights(tensors, source: "toy", policy: policy)
            residency = try w.blocks(blocks) { w, index in
                Block(
                    up: try Linear(w / "blocks" / index / "up", 32, 64),
                    down: try Linear(w / "blocks" / index / "down", 64, 32, bias: false))
            }
            (stack, linears) = (BlockStack(residency), w.linears)
        }
    }

    /// Two steps of a sum of squares; the outputs and the gradients of every adapter.
    private func steps(_ policy: WeightPolicy, _ recomputation: Recomputation?) throws -> [Tensor] {
        let model = try Model(policy), draws = try Generator(seed: 9)
        let adapters = try AdapterSet(model.linears, rank: 2, alpha: 2, targets: ["up", "down"], generator: draws)
        for (_, lora) in adapters.adapters { try lora.b.detached().fillUniform(-1, 1, generator: draws) }
        adapters.attach()
        defer { adapters.detach() }
        var found: [Tensor] = []
        for _ in 0..<2 {
            let x = try Tensor.randn([5, 32], dtype: policy.dtype ?? .float32, generator: draws)
            let step: BlockStack<Block>.Step = { block, state, isRead in try block(state, isRead) }
            if let recomputation {
                let (state, backward) = try model.stack.recomputed([x], recomputation, generator: nil, step)
                try backward(state.map { try $0.map { try $0 * 2 } })
                found += state.compactMap(\.self)
            } else {
                let state = try model.stack.forward([x], step)
                try accumulateGradients(of: state, from: state.map { try $0.map { try $0.detached() * 2 } })
                found += try state.compactMap { try $0?.detached() }
            }
        }
        return try found + adapters.parameters.map { try #require(try $0.tensor.gradient()) }
    }

    @Test(arguments: [1, 2, 3, 6, 9], [nil, .int8, .int4] as [QuantizedFormat?])
    func `streamed blocks give the outputs and gradients of resident ones, to the bit`(
        _ count: Int, _ format: QuantizedFormat?
    ) throws {
        let dtype: DType = format == nil ? .float32 : .bfloat16
        let whole = try steps(WeightPolicy(dtype, quantization: format), nil)
        for recomputation in [Recomputation.none, .first(2), .all] {
            let streamed = try steps(WeightPolicy(dtype, quantization: format, offloadedBlocks: count), recomputation)
            #expect(streamed.count == whole.count && whole.count == 2 + 24)
            for (a, b) in zip(whole, streamed) { #expect(try a.isEqual(to: b)) }
        }
    }

    @Test func `any number of blocks can be recomputed, with the same gradients`() throws {
        let whole = try steps(WeightPolicy(.float32), nil)
        for count in 0...7 {
            let some = try steps(WeightPolicy(.float32), .first(count))
            #expect(some.count == whole.count)
            for (a, b) in zip(whole, some) { #expect(try a.isEqual(to: b)) }
        }
    }

    @Test(arguments: [0, 3, 6])
    func `inputs of recomputed blocks come back from host memory as they were`(_ offloadedBlocks: Int) throws {
        let whole = try steps(WeightPolicy(.float32), nil)
        for blocks in [Recomputation.Blocks.none, .first(1), .first(4), .all] {
            let policy = WeightPolicy(.float32, offloadedBlocks: offloadedBlocks)
            let away = try steps(policy, Recomputation(blocks, offloadsInputs: true))
            #expect(away.count == whole.count)
            for (a, b) in zip(whole, away) { #expect(try a.isEqual(to: b)) }
        }
    }
    @Test func `two inputs of recomputed blocks are on the device at a time, the others in host memory`() throws {
        func most(_ recomputation: Recomputation, blocks: Int) throws -> Int {
            let model = try Model(WeightPolicy(.float32, on: .meta), blocks: blocks)
            let x = try Tensor.empty([1000, 32], dtype: .float32, device: .meta)
            let counted = try Allocations(on: .meta)
            let (_, peak) = try counted.peak {
                let (state, backward) = try model.stack.recomputed([x], recomputation, generator: nil) {
                    block, state, isRead in
                    try block(state, isRead)
                }
                try backward(state)
            }
            return peak
        }
        let input = 1000 * 32 * 4
        for (few, many) in [(6, 7), (6, 12)] {
            let kept = try most(.all, blocks: many) - most(.all, blocks: few)
            #expect(kept == (many - few) * input)
            let away = Recomputation(.all, offloadsInputs: true)
            #expect(try most(away, blocks: many) == most(away, blocks: few))
        }
    }

    @Test func `blocks in host memory are spread, and only two of them are on the device`() throws {
        let model = try Model(WeightPolicy(.float32, offloadedBlocks: 3))
        #expect((0..<6).map(model.residency.isPassing) == [false, true, false, true, false, true])
        #expect(model.stack.isPassing)
        #expect(try !Model(WeightPolicy(.float32)).stack.isPassing)
        // Outside its turn a block has no matrices to compute with.
        let error = #expect(throws: TorchError.self) { try model.linears[2](Tensor.ones([1, 32])) }
        #expect(error.map { "\($0)".contains("outside its block") } == true)
        #expect(try model.linears[0](Tensor.ones([1, 32])).shape == [1, 64])
        #expect(model.linears[2].device == .cpu && model.linears[2].computeType == .float32)
    }

    @Test func `an error in a block leaves the others usable`() throws {
        struct Stop: Error {}
        let model = try Model(WeightPolicy(.float32, offloadedBlocks: 6)), x = try Tensor.ones([1, 32])
        let before = try model.stack.forward([x]) { block, state, isRead in try block(state, isRead) }
        var calls = 0
        #expect(throws: Stop.self) {
            try model.stack.forward([x]) { block, state, isRead in
                calls += 1
                if calls == 3 { throw Stop() }
                return try block(state, isRead)
            }
        }
        let after = try model.stack.forward([x]) { block, state, isRead in try block(state, isRead) }
        #expect(try #require(before[0]).isEqual(to: #require(after[0])))
    }
}
