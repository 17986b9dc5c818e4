import Torch

/// An optimizer of copies in fp32, whose roundings are what is trained: at usual rates an update is smaller than half of bf16's
/// last place and would be lost, 88 % of the way at a rate of 1e-4.
public final class MasterWeights: Optimizer {
    /// See `Optimizer`.
    public let parameters: [Parameter]
    /// The copies in fp32.
    public let trained: [Parameter]
    private let optimizer: any Optimizer

    /// `make` makes the optimizer of the copies.
    public init(_ parameters: [Parameter], _ make: ([Parameter]) throws -> any Optimizer) throws {
        self.parameters = parameters
        trained = try parameters.map {
            Parameter($0.name, try $0.tensor.detached().to(.float32).cloned().trainable())
        }
        optimizer = try make(trained)
    }

    /// See `Optimizer`.
    public var weightDecay: Double {
        get { optimizer.weightDecay }
        set { optimizer.weightDecay = newValue }
    }

    /// Widens the gradients of the parameters, and takes them off these.
    public func takeGradients(times factor: Tensor? = nil) throws {
        for (place, gradient) in try gradients() {
            let wide = try gradient.to(.float32)
            try trained[place].tensor.setGradient(factor.map { try wide * $0 } ?? wide)
        }
        try parameters.clearGradients()
    }
    /// See `Optimizer`.
    public func update(rate: Double, skip: Tensor? = nil) throws {
        try optimizer.update(rate: rate, skip: skip)
        try withoutGradients {
            for (parameter, master) in zip(parameters, trained) { try parameter.tensor.copy(from: master.tensor) }
        }
    }

    /// `master` of each parameter, and those of the optimizer.
    public var entries: [(name: String, tensor: Tensor)] {
        trained.map { ("\($0.name).master", $0.tensor) } + optimizer.entries
    }
}
