import NN
import Testing
import Torch

@Suite struct BlockStackTests {
    /// Two streams that read each other, and draw.
    private struct Block {
        let picture: Tensor, sound: Tensor
        let generator: Generator

        func callAsFunction(_ state: [Tensor?]) throws -> [Tensor?] {
            guard let x = state[0] else { return state }
            let h = try (x * picture).sin().dropout(0.3, generator: generator)
            guard let y = state[1] else { return [try x + h, nil] }
            return [try x + h * y, try y + (y * sound + x).tanh()]
        }
    }
    private struct Run {
        let outputs: [Tensor?], gradients: [Tensor?], next: Tensor
    }

    /// Gradients of Σ output² by the inputs and the weights of three blocks.
    private func run(recomputed: Bool, withSound: Bool, inputsTrain: Bool = true) throws -> Run {
        let draws = try Generator(seed: 1), generator = try Generator(seed: 2)
        let weights = try (0..<6).map { _ in try Tensor.randn([4], generator: draws).trainable() }
        let inputs = try (0..<2).map { _ in try Tensor.randn([4], generator: draws).trainable(inputsTrain) }
        let stack = BlockStack(
            ResidentBlocks(
                (0..<3).map { Block(picture: weights[2 * $0], sound: weights[2 * $0 + 1], generator: generator) }))
        // Something of the graph lies in front of the blocks.
        let first = [try inputs[0] * 2, withSound ? try inputs[1] * 3 : nil]
        let outputs: [Tensor?]
        if recomputed {
            let (state, backward) = try stack.recomputed(first, generator: generator) { block, state, _ in
                try block(state)
            }
            #expect(state.allSatisfy { $0?.requiresGradient != true })
            try backward(state.map { try $0.map { try $0 * 2 } })
            outputs = state
        } else {
            outputs = try stack.forward(first) { block, state, _ in try block(state) }
            try accumulateGradients(of: outputs, from: outputs.map { try $0.map { try $0.detached() * 2 } })
        }
        return Run(
            outputs: outputs, gradients: try (weights + inputs).map { try $0.gradient() },
            next: try Tensor.randn([4], generator: generator))
    }

    @Test(arguments: [(true, true), (false, true), (true, false), (false, false)])
    func `recomputed blocks give the outputs and gradients of the whole graph, masks and all`(
        _ withSound: Bool, _ inputsTrain: Bool
    ) throws {
        let whole = try run(recomputed: false, withSound: withSound, inputsTrain: inputsTrain)
        let blocks = try run(recomputed: true, withSound: withSound, inputsTrain: inputsTrain)
        #expect(whole.outputs.count == 2 && (whole.outputs[1] != nil) == withSound)
        for (a, b) in zip(whole.outputs + whole.gradients, blocks.outputs + blocks.gradients) {
            #expect((a == nil) == (b == nil))
            if let a, let b { #expect(try a.isEqual(to: b)) }
        }
        // Sound weights of the last block matter to the sound alone, those before to the picture too.
        #expect(whole.gradients.count { $0 != nil } == (withSound ? 6 : 3) + (inputsTrain ? withSound ? 2 : 1 : 0))
        #expect(try whole.next.isEqual(to: blocks.next), "the generator goes on from where the forward pass left it")
    }

    @Test(arguments: [(Recomputation.all, [0, 1]), (.first(9), [0, 1]), (.first(1), [0]), (.none, [])])
    func `the last block is kept, and of those computed again nobody reads what comes out`(
        _ recomputation: Recomputation, _ again: [Int]
    ) throws {
        let weights = try (0..<3).map { try Tensor.full([4], Double($0 + 2)).trainable() }
        var read: [Int] = [], unread: [Int] = []
        let (state, backward) = try BlockStack(ResidentBlocks([0, 1, 2])).recomputed(
            [try Tensor.ones([4])], recomputation, generator: nil
        ) { block, state, isRead in
            if isRead { read.append(block) } else { unread.append(block) }
            return try state.map { try $0.map { try $0 * weights[block] } }
        }
        #expect(read == [0, 1, 2] && unread.isEmpty)
        try backward(state.map { try $0.map { try Tensor.ones($0.shape) } })
        #expect(read == [0, 1, 2] && unread == again.reversed())
        #expect(try weights.map { try #require(try $0.gradient()).floats()[0] } == [12, 8, 6])
    }

    @Test func `no gradient for any stream computes nothing again`() throws {
        let generator = try Generator(seed: 2), weight = try Tensor.ones([4]).trainable()
        let stack = BlockStack(ResidentBlocks([Block(picture: weight, sound: weight, generator: generator)]))
        var calls = 0
        let (_, backward) = try stack.recomputed([try Tensor.ones([4]), nil], generator: generator) { block, state, _ in
            calls += 1
            return try block(state)
        }
        try backward([nil, nil])
        #expect(try calls == 1 && weight.gradient() == nil)
    }
}
