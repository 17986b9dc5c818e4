import Torch

/// Lion (Chen et al. 2023): every element moves by the rate, in the direction of an average of its gradients. One state a
/// parameter; rates are a third to a tenth of AdamW's.
public final class Lion: Optimizer {
    /// See `Optimizer`.
    public let parameters: [Parameter]
    /// May be changed between two updates.
    public var weightDecay: Double, betas: (Double, Double)
    private let averages: [Tensor]

    /// With the defaults of its authors; states are zero, in the dtype of the parameters and where they are.
    public init(_ parameters: [Parameter], weightDecay: Double = 0, betas: (Double, Double) = (0.9, 0.99)) throws {
        self.parameters = parameters
        (self.weightDecay, self.betas) = (weightDecay, betas)
        averages = try parameters.map { try $0.zeros() }
    }

    /// See `Optimizer`.
    public func update(rate: Double, skip: Tensor? = nil) throws {
        try withoutGradients {
            let commit = try Commit(skip: skip)
            for (place, gradient) in try gradients() {
                let parameter = parameters[place].tensor, average = averages[place]
                let direction = try (average * betas.0).adding(gradient, scaledBy: 1 - betas.0).sign()
                try commit(parameter, (parameter * (1 - rate * weightDecay)).adding(direction, scaledBy: -rate))
                try commit(average, (average * betas.1).adding(gradient, scaledBy: 1 - betas.1))
            }
        }
    }

    /// `exp_avg` of each parameter.
    public var entries: [(name: String, tensor: Tensor)] { named("exp_avg", averages) }
}
