import CTorch

/// One fused AdamW update over lists of tensors, equal to `torch.optim.AdamW` (Loshchilov and Hutter 2019): decoupled
/// weight decay, bias correction, states in the dtype of the parameters. `steps` are float scalars and are advanced. A
/// `skip` that is not zero, a scalar on the device of the parameters, leaves everything as it was, without a wait for it.
public func adamW(
    _ parameters: [Tensor], _ gradients: [Tensor], _ first: [Tensor], _ second: [Tensor], _ steps: [Tensor],
    rate: Double, betas: (Double, Double), weightDecay: Double, epsilon: Double, skip: Tensor? = nil
) throws {
    guard [gradients, first, second, steps].allSatisfy({ $0.count == parameters.count }) else {
        throw TorchError.failed("the lists of an AdamW update are not equally long")
    }
    try skip.lend { skip in
        try check(parameters, gradients, first, second, steps) { p, g, m, v, s in
            ct_adamw_(
                p.start, g.start, m.start, v.start, s.start, p.count, rate, betas.0, betas.1, weightDecay, epsilon,
                skip)
        }
    }
}

/// One AdamW update with states in 8 bits, equal to bitsandbytes' CUDA kernels (Dettmers et al. 2022). `first` and `second` are
/// uint8 with a peak every 256 elements in fp32; where a tensor has no peaks they are fp32. `steps` and `skip` as for `adamW`.
public func adamW8bit(
    _ parameters: [Tensor], _ gradients: [Tensor], _ first: [Tensor], _ second: [Tensor], peaks: ([Tensor], [Tensor]),
    _ steps: [Tensor], rate: Double, betas: (Double, Double), weightDecay: Double, epsilon: Double, skip: Tensor? = nil
) throws {
    guard [gradients, first, second, peaks.0, peaks.1, steps].allSatisfy({ $0.count == parameters.count }) else {
        throw TorchError.failed("the lists of an AdamW update are not equally long")
    }
    try skip.lend { skip in
        try peaks.0.lend { a in
            try peaks.1.lend { b in
                try check(parameters, gradients, first, second, steps) { p, g, m, v, s in
                    ct_adamw8bit_(
                        p.start, g.start, m.start, v.start, a.start, b.start, s.start, p.count, rate, betas.0, betas.1,
                        weightDecay, epsilon, skip)
                }
            }
        }
    }
}

/// The L2 norm of each tensor in its own dtype, as one tensor (no host synchronisation).
public func norms(_ tensors: [Tensor]) throws -> Tensor {
    try make(tensors) { ct_norms($0.start, $0.count, $1) }
}
/// The L2 norm over all elements of all tensors, a scalar, as `torch.nn.utils.get_total_norm` (no host synchronisation).
public func totalNorm(_ tensors: [Tensor]) throws -> Tensor { try norms(tensors).norm() }

/// Multiplies all tensors by one scalar tensor.
public func scaleAll(_ tensors: [Tensor], by factor: Tensor) throws {
    try check(tensors, factor) { ct_scale_all_($0.start, $0.count, $1) }
}
