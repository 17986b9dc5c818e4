import CTorch

extension Tensor {
    /// a + b, broadcast.
    public static func + (a: Tensor, b: Tensor) throws -> Tensor { try make { ct_add(a.handle, b.handle, $0) } }
    /// a − b, broadcast.
    public static func - (a: Tensor, b: Tensor) throws -> Tensor { try make { ct_sub(a.handle, b.handle, $0) } }
    /// a · b element by element, broadcast.
    public static func * (a: Tensor, b: Tensor) throws -> Tensor { try make { ct_mul(a.handle, b.handle, $0) } }
    /// a / b element by element, broadcast; integers become floating-point numbers.
    public static func / (a: Tensor, b: Tensor) throws -> Tensor { try make { ct_div(a.handle, b.handle, $0) } }
    /// a + b; a whole `b` leaves integers integers, as a Python int does.
    public static func + (a: Tensor, b: Double) throws -> Tensor { try make { ct_add_scalar(a.handle, b, $0) } }
    /// a − b; a whole `b` leaves integers integers, as a Python int does.
    public static func - (a: Tensor, b: Double) throws -> Tensor { try make { ct_sub_scalar(a.handle, b, $0) } }
    /// a · b; a whole `b` leaves integers integers, as a Python int does.
    public static func * (a: Tensor, b: Double) throws -> Tensor { try make { ct_mul_scalar(a.handle, b, $0) } }
    /// a / b; integers become floating-point numbers.
    public static func / (a: Tensor, b: Double) throws -> Tensor { try make { ct_div_scalar(a.handle, b, $0) } }
    /// b + a.
    public static func + (a: Double, b: Tensor) throws -> Tensor { try b + a }
    /// b · a.
    public static func * (a: Double, b: Tensor) throws -> Tensor { try b * a }
    /// a − b, computed as −1 · b + a.
    public static func - (a: Double, b: Tensor) throws -> Tensor { try b * -1 + a }
    /// −a.
    public static prefix func - (a: Tensor) throws -> Tensor { try make { ct_neg(a.handle, $0) } }

    /// Matrix product over the last two axes; those before them are broadcast (`torch.matmul`).
    public func matmul(_ other: Tensor) throws -> Tensor { try make { ct_matmul(handle, other.handle, $0) } }
    /// base to the power of each element.
    public static func power(_ base: Double, _ exponents: Tensor) throws -> Tensor {
        try make { ct_power_of(base, exponents.handle, $0) }
    }
    /// Each element to the power of `exponent`.
    public func power(_ exponent: Double) throws -> Tensor { try make { ct_pow_scalar(handle, exponent, $0) } }
    /// self + scale · a · b in one pass.
    public func adding(_ a: Tensor, times b: Tensor, scale: Double = 1) throws -> Tensor {
        try make { ct_addcmul(handle, a.handle, b.handle, scale, $0) }
    }
    /// self + scale · other in one pass.
    public func adding(_ other: Tensor, scaledBy scale: Double) throws -> Tensor {
        try make { ct_add_scaled(handle, other.handle, scale, $0) }
    }
    /// self + weight · (end − self)
    public func interpolated(to end: Tensor, _ weight: Tensor) throws -> Tensor {
        try make { ct_lerp(handle, end.handle, weight.handle, $0) }
    }
}

// MARK: - In place: the caller is the only user of the tensor

extension Tensor {
    /// self += scale · other.
    public func add(inPlace other: Tensor, scaledBy scale: Double = 1) throws {
        try check(ct_add_scaled_(handle, other.handle, scale))
    }
    /// self *= other, broadcast to the shape of self.
    public func multiply(inPlace other: Tensor) throws { try check(ct_mul_(handle, other.handle)) }
    /// self *= factor.
    public func multiply(inPlace factor: Double) throws { try check(ct_mul_number(handle, factor)) }
    /// The values of `other`, broadcast and converted to the dtype and device of self.
    public func copy(from other: Tensor) throws { try check(ct_copy_(handle, other.handle)) }
    /// Every element becomes `value`.
    public func fill(_ value: Double) throws { try check(ct_fill_number(handle, value)) }
    /// Uniform draws from [low, high).
    public func fillUniform(_ low: Double, _ high: Double, generator: Generator? = nil) throws {
        try check(ct_uniform_(handle, low, high, generator?.handle))
    }
    /// Normal draws.
    public func fillNormal(mean: Double = 0, deviation: Double = 1, generator: Generator? = nil) throws {
        try check(ct_normal_(handle, mean, deviation, generator?.handle))
    }
}

// MARK: - Comparison and choice: tensors of bool

extension Tensor {
    /// True where an element equals `value`.
    public func equals(_ value: Double) throws -> Tensor { try make { ct_eq_scalar(handle, value, $0) } }
    /// True where an element is below `value`; never for NaN.
    public func isBelow(_ value: Double) throws -> Tensor { try make { ct_lt_scalar(handle, value, $0) } }
    /// True where an element is above `value`; never for NaN.
    public func isAbove(_ value: Double) throws -> Tensor { try make { ct_gt_scalar(handle, value, $0) } }
    /// True where self is below `other`, broadcast.
    public func isBelow(_ other: Tensor) throws -> Tensor { try make { ct_lt(handle, other.handle, $0) } }
    /// True where self is above `other`, broadcast.
    public func isAbove(_ other: Tensor) throws -> Tensor { try make { ct_gt(handle, other.handle, $0) } }
    /// True where an element is zero or false.
    public func negated() throws -> Tensor { try make { ct_logical_not(handle, $0) } }
    /// False where an element is NaN or infinite.
    public func isFinite() throws -> Tensor { try make { ct_isfinite(handle, $0) } }
    /// Whether every element is true or not zero, as a scalar tensor.
    public func all() throws -> Tensor { try make { ct_all(handle, $0) } }
    /// Whether some element is true or not zero, as a scalar tensor.
    public func any() throws -> Tensor { try make { ct_any(handle, $0) } }
    /// `yes` where the condition holds, `no` elsewhere.
    public static func choose(_ condition: Tensor, _ yes: Tensor, _ no: Tensor) throws -> Tensor {
        try make { ct_where(condition.handle, yes.handle, no.handle, $0) }
    }
}
