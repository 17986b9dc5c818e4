import Torch

/// The blocks of a model, walked in order.
///
/// What flows through them is a list of tensors, one a stream; nil where a stream is left out.
public struct BlockStack<Block> {
    /// One block applied to what flows. `isRead` is false where nobody reads what comes out, and gradients go back through it all the
    /// same: what they do not need may be left out then.
    public typealias Step = (_ block: Block, _ state: [Tensor?], _ isRead: Bool) throws -> [Tensor?]
    private let residency: any BlockResidency<Block>
    private let lane = InputLane()

    /// The blocks stay where `residency` has them.
    public init(_ residency: any BlockResidency<Block>) { self.residency = residency }
    /// Whether blocks pass through the device, so that a training step has to compute them again.
    public var isPassing: Bool { (0..<residency.count).contains { residency.isPassing($0) } }

    /// What comes out of the last block. Gradients are recorded when they are on.
    public func forward(_ state: [Tensor?], _ step: Step) throws -> [Tensor?] {
        var state = state
        for index in 0..<residency.count { state = try residency.with(index) { try step($0, state, true) } }
        return state
    }

    /// The same without a graph, and a function that takes the gradients of what came out back through the blocks, and
    /// through what `first` was computed from. Call it once.
    ///
    /// Of a block that is recomputed only the input is kept; it is computed again with gradients when its turn comes, so that
    /// one such block's activations live at a time. It then draws what it drew the first time.
    ///
    /// The turn of the last one comes at once: computed again, its activations would be all there as they were. So it is only where it
    /// passes through the device.
    ///
    /// - Parameters:
    ///   - recomputation: which blocks are recomputed; those that pass through the device are in any case.
    ///   - generator: what the blocks draw from; nil when they draw nothing.
    public func recomputed(
        _ first: [Tensor?], _ recomputation: Recomputation = .all, generator: Generator?, _ step: @escaping Step
    ) throws -> (state: [Tensor?], backward: ([Tensor?]) throws -> Void) {
        var walked: [WalkedBlock] = [], state = first
        let device = first.lazy.compactMap { $0?.device }.first ?? .cpu
        let away = try recomputation.offloadsInputs ? OffloadedInputs(device, lane.reaching(device)) : nil
        for index in 0..<residency.count {
            // Without anything trained in front of the blocks nobody asks for the gradient of their first input.
            let needed = first.map { index > 0 || $0?.requiresGradient == true }
            let isLast = index == residency.count - 1
            if residency.isPassing(index) || (recomputation.includes(index) && !isLast) {
                var block = WalkedBlock(input: state, needed: needed, draws: try generator?.state())
                // The first one's is held by whoever has it, the last one's is asked for at once.
                if let away, index > 0, !isLast {
                    (block.stored, block.input) = (try away.store(state), [])
                }
                walked.append(block)
                state = try withoutGradients { try residency.with(index) { try step($0, state, true) } }
            } else {
                let leaves = try WalkedBlock.leaves(state, needed)
                let outputs = try residency.with(index) { try step($0, leaves, true) }
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
                        let again = { try step(ready, leaves, false) }
                        let outputs = try block.draws.map { try generator?.replaying($0, again) ?? again() } ?? again()
                        return try accumulateGradients(of: outputs, from: flowing)
                    }
                guard flowed else { return }
                flowing = try leaves.map { try $0?.gradient() }
            }
            try accumulateGradients(of: first, from: flowing)
        }
        return (state, backward)
    }
}

/// What inputs of blocks leave and come back on, from the first step that sends them away: a lane is one of few streams of a device.
private final class InputLane {
    private var made: (lane: CopyLane, device: Device)?

    func reaching(_ device: Device) throws -> CopyLane {
        if let made, made.device == device { return made.lane }
        let lane = try CopyLane(device)
        made = (lane, device)
        return lane
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
