import Torch

/// Gradients made smaller together where they are too large, as `torch.nn.utils.clip_grad_norm_`. The host waits for
/// nothing.
public struct GradientClip {
    /// The L2 norm over all gradients before clipping, a scalar where they are.
    public let norm: Tensor
    /// 1 when that norm is infinite or no number, else 0; in fp32, for `Optimizer.update(rate:skip:)`.
    public let notFinite: Tensor

    /// Scales the gradients on `parameters` so that their norm is at most `maxNorm`; 0 and below leaves them. They stay
    /// where they are: `clearGradients` takes them off.
    public static func apply(to parameters: [Parameter], maxNorm: Double) throws -> GradientClip {
        let gradients = try parameters.compactMap { try $0.tensor.gradient() }
        guard let sample = gradients.first else {
            return GradientClip(norm: try Tensor.zeros([]), notFinite: try Tensor.zeros([]))
        }
        let norm = try totalNorm(gradients)
        if maxNorm > 0 {
            let limit = try Tensor.full([], maxNorm, dtype: sample.dtype, device: sample.device)
            try scaleAll(gradients, by: (limit / (norm + 1e-6)).clamped(0, 1))
        }
        return GradientClip(norm: norm, notFinite: try norm.isFinite().negated().to(.float32))
    }
}

extension [Parameter] {
    /// Forgets what the backward passes have left, as `zero_grad(set_to_none=True)`.
    public func clearGradients() throws { for parameter in self { try parameter.tensor.setGradient(nil) } }
}
