import Torch

/// Gradients made smaller together where they are too large, as `torch.nn.utils.clip_grad_norm_`. The host waits for
/// nothing.
public struct GradientClip {
    /// The L2 norm over all gradients before clipping, a scalar where they are.
    public let norm: Tensor
    /// That of each parameter's gradient, in order; 0 for one without.
    public let norms: Tensor
    /// 1 when the norm, or the loss that was given, is infinite or no number, else 0; a scalar in fp32, for
    /// `Optimizer.update(rate:skip:)`.
    public let notFinite: Tensor

    /// Scales the gradients on `parameters` so that their norm is at most `maxNorm`; 0 and below leaves them. They stay
    /// where they are: `clearGradients` takes them off.
    ///
    /// - Parameter loss: what they are the gradients of, on their device, where `notFinite` is to look at it too.
    public static func apply(to parameters: [Parameter], maxNorm: Double, loss: Tensor? = nil) throws -> GradientClip {
        let found = try parameters.map { try $0.tensor.gradient() }, gradients = found.compactMap(\.self)
        guard let sample = gradients.first else {
            let none = try Tensor.zeros([parameters.count], device: parameters.first?.tensor.device ?? .cpu)
            return try GradientClip(none.sum(), none, loss)
        }
        let each = try Torch.norms(gradients), norm = try each.norm()
        if maxNorm > 0 {
            let limit = try Tensor.full([], maxNorm, dtype: sample.dtype, device: sample.device)
            try scaleAll(gradients, by: (limit / (norm + 1e-6)).clamped(0, 1))
        }
        guard gradients.count < found.count else { return try GradientClip(norm, each, loss) }
        var rest = try each.unbound(0)[...]
        let all = try found.map {
            try $0 == nil ? Tensor.zeros([], dtype: norm.dtype, device: norm.device) : rest.removeFirst()
        }
        return try GradientClip(norm, stacked(all), loss)
    }

    private init(_ norm: Tensor, _ norms: Tensor, _ loss: Tensor?) throws {
        (self.norm, self.norms) = (norm, norms)
        // 0 times what is not finite is NaN.
        let sum = try loss.map { try norm.to(.float32) + $0.detached() * 0 } ?? norm
        notFinite = try sum.isFinite().negated().to(.float32)
    }
}

extension [Parameter] {
    /// Forgets what the backward passes have left, as `zero_grad(set_to_none=True)`.
    public func clearGradients() throws { for parameter in self { try parameter.tensor.setGradient(nil) } }
}
