import Torch

/// Where the blocks of a model are, and who may use one for a moment.
public protocol BlockResidency {
    associatedtype Block
    /// How many there are.
    var count: Int { get }
    /// Hands out the block, ready on the device, for the time of `body`.
    func with<Result>(_ index: Int, _ body: (Block) throws -> Result) throws -> Result
}

/// All blocks are on the device.
public struct ResidentBlocks<Block>: BlockResidency {
    private let blocks: [Block]

    /// In the order in which they are walked.
    public init(_ blocks: [Block]) { self.blocks = blocks }
    /// How many there are.
    public var count: Int { blocks.count }
    /// There is nothing to be done for it.
    public func with<Result>(_ index: Int, _ body: (Block) throws -> Result) throws -> Result {
        try body(blocks[index])
    }
}

/// The blocks of a model, walked in order.
///
/// What flows through them is a list of tensors, one a stream; nil where a stream is left out.
public struct BlockStack<Residency: BlockResidency> {
    /// One block applied to what flows.
    public typealias Step = (Residency.Block, [Tensor?]) throws -> [Tensor?]
    private let residency: Residency

    /// The blocks stay where `residency` has them.
    public init(_ residency: Residency) { self.residency = residency }

    /// What comes out of the last block. Gradients are recorded when they are on.
    public func forward(_ state: [Tensor?], _ step: Step) throws -> [Tensor?] {
        var state = state
        for index in 0..<residency.count { state = try residency.with(index) { try step($0, state) } }
        return state
    }

    /// The same without a graph, and a function that takes the gradients of what came out back through the blocks, and
    /// through what `first` was computed from.
    ///
    /// Only the input of each block is kept; a block is computed again with gradients when its turn comes, so that one
    /// block's activations live at a time. It then draws what it drew the first time.
    ///
    /// - Parameter generator: what the blocks draw from; nil when they draw nothing.
    public func recomputed(
        _ first: [Tensor?], generator: Generator?, _ step: @escaping Step
    ) throws -> (state: [Tensor?], backward: ([Tensor?]) throws -> Void) {
        var inputs: [[Tensor?]] = [], draws: [Tensor] = [], state = first
        try withoutGradients {
            for index in 0..<residency.count {
                inputs.append(state)
                if let generator { draws.append(try generator.state()) }
                state = try residency.with(index) { try step($0, state) }
            }
        }
        let backward = { [inputs, draws] (gradients: [Tensor?]) in
            guard gradients.contains(where: { $0 != nil }) else { return }
            var flowing = gradients
            for index in inputs.indices.reversed() {
                // Without anything trained in front of the blocks nobody asks for the gradient of their first input.
                let leaves = try zip(inputs[index], first).map { input, first in
                    try input?.detached().trainable(index > 0 || first?.requiresGradient == true)
                }
                let flowed = try residency.with(index) { block in
                    let outputs = try generator.map { try $0.replaying(draws[index]) { try step(block, leaves) } }
                    return try accumulateGradients(of: outputs ?? step(block, leaves), from: flowing)
                }
                guard flowed else { return }
                flowing = try leaves.map { try $0?.gradient() }
            }
            try accumulateGradients(of: first, from: flowing)
        }
        return (state, backward)
    }
}
