import Torch

/// AdamW over the parameters of a run, with `torch.optim.AdamW`'s defaults; states in the dtype of the parameters.
public final class AdamW {
    /// What `step` updates in place.
    public let parameters: [Tensor]
    private let first: [Tensor], second: [Tensor], steps: [Tensor]
    public var weightDecay: Double, betas: (Double, Double), epsilon: Double

    /// States are zero and lie where the parameters do.
    public init(
        _ parameters: [Tensor], weightDecay: Double = 0.01, betas: (Double, Double) = (0.9, 0.999),
        epsilon: Double = 1e-8
    ) throws {
        self.parameters = parameters
        (self.weightDecay, self.betas, self.epsilon) = (weightDecay, betas, epsilon)
        first = try parameters.map { try Tensor.zeros($0.shape, dtype: $0.dtype, device: $0.device) }
        second = try parameters.map { try Tensor.zeros($0.shape, dtype: $0.dtype, device: $0.device) }
        steps = try parameters.map { try Tensor.zeros([], device: $0.device) }
    }

    /// One update from the gradients on the parameters, which are then cleared. `maxNorm` above 0 clips their joint L2
    /// norm, as `torch.nn.utils.clip_grad_norm_`. Returns the norm before clipping, as a scalar tensor on the device.
    @discardableResult
    public func step(rate: Double, maxNorm: Double) throws -> Tensor {
        var touched: [Int] = [], gradients: [Tensor] = []
        for (place, parameter) in parameters.enumerated() {
            if let gradient = try parameter.gradient() {
                touched.append(place)
                gradients.append(gradient)
            }
        }
        guard let sample = gradients.first else { return try Tensor.zeros([]) }
        let norm = try totalNorm(gradients)
        if maxNorm > 0 {
            let factor = try (Tensor.full([], maxNorm, dtype: sample.dtype, device: sample.device) / (norm + 1e-6))
                .clamped(0, 1)
            try scaleAll(gradients, by: factor)
        }
        try adamW(
            touched.map { parameters[$0] }, gradients, touched.map { first[$0] }, touched.map { second[$0] },
            touched.map { steps[$0] }, rate: rate, betas: betas, weightDecay: weightDecay, epsilon: epsilon)
        for place in touched { try parameters[place].setGradient(nil) }
        return norm
    }
}
