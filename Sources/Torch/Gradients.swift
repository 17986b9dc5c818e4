import CTorch

extension Tensor {
    /// Marks a leaf as one that gradients are wanted for; returns it.
    @discardableResult
    public func trainable(_ on: Bool = true) throws -> Tensor {
        try check(self) { ct_set_requires_grad($0, on) }
        return self
    }
    /// The same values outside the graph.
    public func detached() throws -> Tensor { try make(self, ct_detach) }
    /// Accumulates gradients in the leaves; `gradient` is that of this tensor, nil for a scalar.
    public func backward(_ gradient: Tensor? = nil) throws { try check(self, gradient, ct_backward) }
    /// What `backward` left on a leaf, nil when nothing.
    public func gradient() throws -> Tensor? {
        var out: ct_tensor?
        try check(self) { ct_grad($0, &out) }
        return out.map(Tensor.init(owning:))
    }
    /// What `gradient()` returns from now on; nil clears it.
    public func setGradient(_ gradient: Tensor?) throws { try check(self, gradient, ct_set_grad) }
}

/// Runs `body` without recording gradients. The mode is per thread.
public func withoutGradients<R>(_ body: () throws -> R) throws -> R { try withGradients(false, body) }

/// Runs `body` with recording on or off. The mode is per thread.
public func withGradients<R>(_ on: Bool = true, _ body: () throws -> R) throws -> R {
    try check(ct_open())
    let previous = ct_set_grad_enabled(on)
    defer { _ = ct_set_grad_enabled(previous) }
    return try body()
}

/// Runs `body` under autocast, as `torch.autocast(device_type, dtype)`; nil runs it as it is. The mode is per thread.
public func withAutocast<R>(_ dtype: DType?, on device: Device, _ body: () throws -> R) throws -> R {
    guard let dtype else { return try body() }
    try check(ct_open())
    let type = device.c.type, previous = ct_autocast_dtype(type)
    try check(ct_autocast(type, dtype.rawValue))
    defer { _ = ct_autocast(type, previous) }
    return try body()
}
