import CTorch

/// One fused AdamW update over lists of tensors, equal to `torch.optim.AdamW` (Loshchilov and Hutter 2019): decoupled
/// weight decay, bias correction, states in the dtype of the parameters. `steps` are float scalars and are advanced. A `skip` that is not zero, a scalar on
/// the device of the parameters, leaves everything as it was, without a wait for the device.
public func adamW(
    _ parameters: [Tensor], _ gradients: [Tensor], _ first: [Tensor], _ second: [Tensor], _ steps: [Tensor],
    rate: Double, betas: (Double, Double), weightDecay: Double, epsilon: Double, skip: Tensor? = nil
) throws {
    try withHandles(parameters) { p, n in
        try withHandles(gradients) { g, _ in
            try withHandles(first) { m, _ in
                try withHandles(second) { v, _ in
                    try withHandles(steps) { s, _ in
                        try withExtendedLifetime(skip) {
                            try check(
                                ct_adamw_(
                                    p, g, m, v, s, n, rate, betas.0, betas.1, weightDecay, epsilon, skip?.handle))
                        }
                    }
                }
            }
        }
    }
}

/// The L2 norm over all elements of all tensors, as a scalar tensor (no host synchronisation).
public func totalNorm(_ tensors: [Tensor]) throws -> Tensor {
    try withHandles(tensors) { p, n in try make { ct_total_norm(p, n, $0) } }
}

/// Multiplies all tensors by one scalar tensor.
public func scaleAll(_ tensors: [Tensor], by factor: Tensor) throws {
    try withHandles(tensors) { p, n in try check(ct_scale_all_(p, n, factor.handle)) }
}
