import Torch

/// Gradients made smaller together where they are too large, as `torch.nn.utils.clip_grad_norm_`. The host waits for
/// nothing.
public struct GradientClip {
    /// The L2 norm over all gradients before clipping, a scalar where they are.
    public let norm: Tensor
    /// The same of each gradient, in the order of the parameters that have one.
    public let norms: Tensor
    /// 1 when that norm, or the loss, is infinite or no number, else 0; in fp32, for `Optimizer.update(rate:skip:)`.
    public let notFinite: Tensor

    /// Scales the gradients on `parameters` so that their norm is at most `maxNorm`; 0 and below leaves them. They stay
    /// where they are: `clearGradients` takes them off.
    ///
    /// - Parameter loss: a scalar on the device that must be finite, too.
    public static func apply(
        to parameters: [Parameter], maxNorm: Double, loss: Tensor? = nil
    ) throws -> GradientClip {
        let gradients = try parameters.compactMap { try $0.tensor.gradient() }
        guard let sample = gradients.first else {
            let zero = try Tensor.zeros([])
            return GradientClip(norm: zero, norms: try Tensor.zeros([0]), notFinite: zero)
        }
        let each = try Torch.norms(gradients), norm = try each.norm()
        if maxNorm > 0 {
            let limit = try Tensor.full([], maxNorm, dtype: sample.dtype, device: sample.device)
            try scaleAll(gradients, by: (limit / (norm + 1e-6)).clamped(0, 1))
        }
        // 0 · x is no number for everything that is not finite.
        let whole = try loss.map { try norm.to(.float32) + $0.to(.float32) * 0 } ?? norm
        return GradientClip(norm: norm, norms: each, notFinite: try whole.isFinite().negated().to(.float32))
    }
}

extension [Parameter] {
    /// Forgets what the backward passes have left, as `zero_grad(set_to_none=True)`.
    public func clearGradients() throws { for parameter in self { try parameter.tensor.setGradient(nil) } }
}
