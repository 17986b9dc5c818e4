import Torch

/// AdamW with its states in 8 bits, a scale every 256 elements (Dettmers et al. 2022): a quarter of AdamW's memory. Equal to
/// bitsandbytes' `AdamW8bit` on CUDA.
public final class AdamW8bit: Optimizer {
    /// See `Optimizer`.
    public let parameters: [Parameter]
    /// May be changed between two updates.
    public var weightDecay: Double, betas: (Double, Double), epsilon: Double
    private let first: [Tensor], second: [Tensor], firstPeaks: [Tensor], secondPeaks: [Tensor], steps: [Tensor]

    /// Smaller tensors have their states in fp32: there is nothing to be saved.
    private static let smallest = 4096, block = 256

    /// States are zero and lie where the parameters do.
    public init(
        _ parameters: [Parameter], weightDecay: Double = 0.01, betas: (Double, Double) = (0.9, 0.999),
        epsilon: Double = 1e-8
    ) throws {
        self.parameters = parameters
        (self.weightDecay, self.betas, self.epsilon) = (weightDecay, betas, epsilon)
        func states() throws -> [Tensor] {
            try parameters.map { try $0.zeros($0.tensor.count < Self.smallest ? .float32 : .uint8) }
        }
        func peaks() throws -> [Tensor] {
            try parameters.map {
                let blocks = $0.tensor.count < Self.smallest ? 0 : ($0.tensor.count + Self.block - 1) / Self.block
                return try .zeros([blocks], device: $0.tensor.device)
            }
        }
        (first, second, firstPeaks, secondPeaks) = (try states(), try states(), try peaks(), try peaks())
        steps = try parameters.map { try .zeros([], device: $0.tensor.device) }
    }

    /// See `Optimizer`.
    public func update(rate: Double, skip: Tensor? = nil) throws {
        let found = try gradients(), places = found.map(\.place)
        guard !places.isEmpty else { return }
        func at(_ tensors: [Tensor]) -> [Tensor] { places.map { tensors[$0] } }
        try adamW8bit(
            places.map { parameters[$0].tensor }, found.map(\.gradient), at(first), at(second),
            peaks: (at(firstPeaks), at(secondPeaks)), at(steps), rate: rate, betas: betas, weightDecay: weightDecay,
            epsilon: epsilon, skip: skip)
    }

    /// `state1`, `state2`, `absmax1`, `absmax2` and `step` of each parameter, as bitsandbytes names them.
    public var entries: [(name: String, tensor: Tensor)] {
        named("state1", first) + named("state2", second) + named("absmax1", firstPeaks)
            + named("absmax2", secondPeaks) + named("step", steps)
    }
}
