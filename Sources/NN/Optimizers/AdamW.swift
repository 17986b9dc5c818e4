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
        func zeros(like t: Tensor) throws -> Tensor { try .zeros(t.shape, dtype: t.dtype, device: t.device) }
        first = try parameters.map { try zeros(like: $0.tensor) }
        second = try parameters.map { try zeros(like: $0.tensor) }
        steps = try parameters.map { try Tensor.zeros([], device: $0.tensor.device) }
    }

    /// See `Optimizer`.
    public func update(rate: Double, skip: Tensor? = nil) throws {
        var places: [Int] = [], gradients: [Tensor] = []
        for (place, parameter) in parameters.enumerated() {
            guard let gradient = try parameter.tensor.gradient() else { continue }
            places.append(place)
            gradients.append(gradient)
        }
        guard !places.isEmpty else { return }
        try adamW(
            places.map { parameters[$0].tensor }, gradients, places.map { first[$0] }, places.map { second[$0] },
            places.map { steps[$0] }, rate: rate, betas: betas, weightDecay: weightDecay, epsilon: epsilon, skip: skip)
    }

    /// `exp_avg`, `exp_avg_sq` and `step` of each parameter, as torch names them.
    public var state: [String: Tensor] { Dictionary(uniqueKeysWithValues: entries) }

    private var entries: [(String, Tensor)] {
        parameters.enumerated().flatMap { place, parameter in
            [
                ("\(parameter.name).exp_avg", first[place]), ("\(parameter.name).exp_avg_sq", second[place]),
                ("\(parameter.name).step", steps[place]),
            ]
        }
    }

    /// See `Optimizer`.
    public func restore(_ state: [String: Tensor]) throws {
        var rest = state
        let pairs = try entries.map { key, ours in
            guard let theirs = rest.removeValue(forKey: key) else { throw OptimizerError.missing(key) }
            guard theirs.shape == ours.shape else {
                throw OptimizerError.shape(key, expected: ours.shape, found: theirs.shape)
            }
            return (ours, theirs)
        }
        if !rest.isEmpty { throw OptimizerError.unknown(rest.keys.sorted()) }
        for (ours, theirs) in pairs { try ours.copy(from: theirs) }
    }
}
