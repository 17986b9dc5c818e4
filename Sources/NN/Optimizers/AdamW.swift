import Torch

/// AdamW over the parameters of a run, with `torch.optim.AdamW`'s defaults; states in the dtype of the parameters.
public final class AdamW: Optimizer {
    /// See `Optimizer`.
    public let parameters: [Parameter]
    /// May be changed between two updates.
    public var weightDecay: Double, betas: (Double, Double), epsilon: Double
    private let first: [Tensor], second: [Tensor], steps: [Tensor]

    /// States are zero and lie where the parameters do.
    public init(
        _ parameters: [Parameter], weightDecay: Double = 0.01, betas: (Double, Double) = (0.9, 0.999),
        epsilon: Double = 1e-8
    ) throws {
        self.parameters = parameters
        (self.weightDecay, self.betas, self.epsilon) = (weightDecay, betas, epsilon)
        first = try parameters.map { try $0.zeros() }
        second = try parameters.map { try $0.zeros() }
        steps = try parameters.map { try Tensor.zeros([], device: $0.tensor.device) }
    }

    /// See `Optimizer`.
    public func update(rate: Double, skip: Tensor? = nil) throws {
        let found = try gradients(), places = found.map(\.place)
        guard !places.isEmpty else { return }
        try adamW(
            places.map { parameters[$0].tensor }, found.map(\.gradient), places.map { first[$0] },
            places.map { second[$0] }, places.map { steps[$0] }, rate: rate, betas: betas, weightDecay: weightDecay,
            epsilon: epsilon, skip: skip)
    }

    /// `exp_avg`, `exp_avg_sq` and `step` of each parameter, as torch names them.
    public var entries: [(name: String, tensor: Tensor)] {
        named("exp_avg", first) + named("exp_avg_sq", second) + named("step", steps)
    }
}
