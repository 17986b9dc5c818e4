import Torch

/// The blocks of a model, walked in order.
///
/// What flows through them is a list of tensors, one a stream; nil where a stream is left out.
public struct BlockStack<Block> {
    /// One block applied to what flows.
    public typealias Step = (Block, [Tensor?]) throws -> [Tensor?]
    private let residency: any BlockResidency<Block>

    /// The blocks stay where `residency` has them.
    public init(_ residency: any BlockResidency<Block>) { self.residency = residency }
    /// Whether blocks pass through the device, so that a training step has to compute them again.
    public var isPassing: Bool { (0..<residency.count).contains { residency.isPassing($0) } }

    /// What comes out of the last block. Gradients are recorded when they are on.
    public func forward(_ state: [Tensor?], _ step: Step) throws -> [Tensor?] {
        var state = state
        for index in 0..<residency.count { state = try residency.with(index) { try step($0, state) } }
        return state
    }

    /// The same without a graph, and a function that takes the gradients of what came out back through the blocks, and
    /// through what `first` was computed from. Call it once.
    ///
    /// Of a block that is recomputed only the input is kept; it is computed again with gradients when its turn comes, so that
    /// one such block's activations live at a time. It then draws what it drew the first time.
    ///
    /// - Parameters:
    ///   - recomputation: which blocks are recomputed; those that pass through the device are in any case.
    ///   - generator: what the blocks draw from; nil when they draw nothing.
    public func recomputed(
        _ first: [Tensor?], _ recomputation: Recomputation = .all, generator: Generator?, _ step: @escaping Step
    ) throws -> (state: [Tensor?], backward: ([Tensor?]) throws -> Void) {
        var walked: [WalkedBlock] = [], state = first
        let device = first.lazy.compactMap { $0?.device }.first ?? .cpu
        let away = try recomputation.offloadsInputs ? OffloadedInputs(device) : nil
        for index in 0..<residency.count {
            // Without anything trained in front of the blocks nobody asks for the gradient of their first input.
            let needed = first.map { index > 0 || $0?.requiresGradient == true }
            if recomputation.includes(index) || residency.isPassing(index) {
                var block = WalkedBlock(input: state, needed: needed, draws: try generator?.state())
                // The first one's is held by whoever has it, the last one's is asked for at once.
                if let away, index > 0, index < residency.count - 1 {
                    (block.stored, block.input) = (try away.store(state), [])
                }
                walked.append(block)
                state = try withoutGradients { try residency.with(index) { try step($0, state) } }
            } else {
                let leaves = try WalkedBlock.leaves(state, needed)
                let outputs = try residency.with(index) { try step($0, leaves) }
                walked.append(WalkedBlock(input: leaves, needed: needed, outputs: outputs))
                state = try outputs.map { try $0?.detached() }
            }
        }
        let backward = { [residency] (gradients: [Tensor?]) in
            guard gradients.contains(where: { $0 != nil }) else { return }
            var flowing = gradients
            for index in walked.indices.reversed() {
                var block = walked[index]
                // Its activations go when its turn is over.
                walked[index] = WalkedBlock(input: [], needed: [])
                if let stored = block.stored { block.input = try away?.take(stored) ?? [] }
                if index > 0, let next = walked[index - 1].stored { try away?.bring(next) }
                let leaves = try block.outputs == nil ? WalkedBlock.leaves(block.input, block.needed) : block.input
                let flowed =
                    try block.outputs.map { try accumulateGradients(of: $0, from: flowing) }
                    ?? residency.with(index) { ready in
                        let outputs = try block.draws.map { draws in
                            try generator?.replaying(draws) { try step(ready, leaves) } ?? step(ready, leaves)
                        }
                        return try accumulateGradients(of: outputs ?? step(ready, leaves), from: flowing)
                    }
                guard flowed else { return }
                flowing = try leaves.map { try $0?.gradient() }
            }
            try accumulateGradients(of: first, from: flowing)
        }
        return (state, backward)
    }
}

/// What a block leaves behind for the way back.
private struct WalkedBlock {
    /// What went into it: leaves of its graph, if that is kept.
    var input: [Tensor?]
    /// Of which streams the gradient is needed.
    let needed: [Bool]
    /// What came out, with its graph; nil when it is to be computed again.
    var outputs: [Tensor?]?
    /// The input, while it waits in host memory.
    var stored: OffloadedInputs.Stored?
    /// Where the generator was before it.
    var draws: Tensor?

    static func leaves(_ state: [Tensor?], _ needed: [Bool]) throws -> [Tensor?] {
        try zip(state, needed).map { try $0?.detached().trainable($1) }
    }
}
