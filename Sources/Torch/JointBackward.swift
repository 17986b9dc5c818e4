import CTorch

/// Accumulates gradients in the leaves of one graph that several tensors came out of: `gradients` has that of each.
///
/// A tensor without a gradient, or that needs none, is left out. Returns whether anything was left.
@discardableResult
public func accumulateGradients(of tensors: [Tensor?], from gradients: [Tensor?]) throws -> Bool {
    var outputs: [Tensor] = [], flowing: [Tensor] = []
    for case (let tensor?, let gradient?) in zip(tensors, gradients) where tensor.requiresGradient {
        outputs.append(tensor)
        flowing.append(gradient)
    }
    guard !outputs.isEmpty else { return false }
    try check(outputs, flowing) { ct_backward_all($0.start, $1.start, $0.count) }
    return true
}
