import CTorch

extension Tensor {
    /// a + b, broadcast.
    public static func + (a: Tensor, b: Tensor) throws -> Tensor { try make(a, b, ct_add) }
    /// a − b, broadcast.
    public static func - (a: Tensor, b: Tensor) throws -> Tensor { try make(a, b, ct_sub) }
    /// a · b element by element, broadcast.
    public static func * (a: Tensor, b: Tensor) throws -> Tensor { try make(a, b, ct_mul) }
    /// a / b element by element, broadcast; integers become floating-point numbers.
    public static func / (a: Tensor, b: Tensor) throws -> Tensor { try make(a, b, ct_div) }
    /// a + b; a whole `b` leaves integers integers, as a Python int does.
    public static func + (a: Tensor, b: Double) throws -> Tensor { try make(a) { ct_add_scalar($0, b, $1) } }
    /// a − b; a whole `b` leaves integers integers, as a Python int does.
    public static func - (a: Tensor, b: Double) throws -> Tensor { try make(a) { ct_sub_scalar($0, b, $1) } }
    /// a · b; a whole `b` leaves integers integers, as a Python int does.
    public static func * (a: Tensor, b: Double) throws -> Tensor { try make(a) { ct_mul_scalar($0, b, $1) } }
    /// a / b; integers become floating-point numbers.
    public static func / (a: Tensor, b: Double) throws -> Tensor { try make(a) { ct_div_scalar($0, b, $1) } }
    /// b + a.
    public static func + (a: Double, b: Tensor) throws -> Tensor { try b + a }
    /// b · a.
    public static func * (a: Double, b: Tensor) throws -> Tensor { try b * a }
    /// a − b, computed as −1 · b + a.
    public static func - (a: Double, b: Tensor) throws -> Tensor { try b * -1 + a }
    /// −a.
    public static prefix func - (a: Tensor) throws -> Tensor { try make(a, ct_neg) }

    /// Matrix product over the last two axes; those before them are broadcast (`torch.matmul`).
    public func matmul(_ other: Tensor) throws -> Tensor { try make(self, other, ct_matmul) }
    /// base to the power of each element.
    public static func power(_ base: Double, _ exponents: Tensor) throws -> Tensor {
        try make(exponents) { ct_power_of(base, $0, $1) }
    }
    /// Each element to the power of `exponent`.
    public func power(_ exponent: Double) throws -> Tensor { try make(self) { ct_pow_scalar($0, exponent, $1) } }
    /// self + scale · a · b in one pass.
    public func adding(_ a: Tensor, times b: Tensor, scale: Double = 1) throws -> Tensor {
        try make(self, a, b) { ct_addcmul($0, $1, $2, scale, $3) }
    }
    /// self + scale · other in one pass.
    public func adding(_ other: Tensor, scaledBy scale: Double) throws -> Tensor {
        try make(self, other) { ct_add_scaled($0, $1, scale, $2) }
    }
}

// MARK: - In place: the caller is the only user of the tensor

extension Tensor {
    /// self += scale · other.
    public func add(inPlace other: Tensor, scaledBy scale: Double = 1) throws {
        try check(self, other) { ct_add_scaled_($0, $1, scale) }
    }
    /// self *= other, broadcast to the shape of self.
    public func multiply(inPlace other: Tensor) throws { try check(self, other, ct_mul_) }
    /// self *= factor.
    public func multiply(inPlace factor: Double) throws { try check(self) { ct_mul_number($0, factor) } }
    /// The values of `other`, broadcast and converted to the dtype and device of self.
    public func copy(from other: Tensor) throws { try check(self, other, ct_copy_) }
    /// Every element becomes `value`.
    public func fill(_ value: Double) throws { try check(self) { ct_fill_number($0, value) } }
    /// Uniform draws from [low, high).
    public func fillUniform(_ low: Double, _ high: Double, generator: Generator? = nil) throws {
        try check(self, generator) { ct_uniform_($0, low, high, $1) }
    }
    /// Normal draws.
    public func fillNormal(mean: Double = 0, deviation: Double = 1, generator: Generator? = nil) throws {
        try check(self, generator) { ct_normal_($0, mean, deviation, $1) }
    }
}

// MARK: - Comparison and choice: tensors of bool

extension Tensor {
    /// True where an element equals `value`.
    public func equals(_ value: Double) throws -> Tensor { try make(self) { ct_eq_scalar($0, value, $1) } }
    /// True where an element is below `value`; never for NaN.
    public func isBelow(_ value: Double) throws -> Tensor { try make(self) { ct_lt_scalar($0, value, $1) } }
    /// True where an element is above `value`; never for NaN.
    public func isAbove(_ value: Double) throws -> Tensor { try make(self) { ct_gt_scalar($0, value, $1) } }
    /// True where self is below `other`, broadcast.
    public func isBelow(_ other: Tensor) throws -> Tensor { try make(self, other, ct_lt) }
    /// True where self is above `other`, broadcast.
    public func isAbove(_ other: Tensor) throws -> Tensor { try make(self, other, ct_gt) }
    /// True where an element is zero or false. Compared: logical_not has no shape without numbers, which a plan goes by.
    public func negated() throws -> Tensor { try equals(0) }
    /// False where an element is NaN or infinite.
    public func isFinite() throws -> Tensor { try make(self, ct_isfinite) }
    /// Whether every element is true or not zero, as a scalar tensor.
    public func all() throws -> Tensor { try make(self, ct_all) }
    /// Whether some element is true or not zero, as a scalar tensor.
    public func any() throws -> Tensor { try make(self, ct_any) }
    /// `yes` where the condition holds, `no` elsewhere.
    public static func choose(_ condition: Tensor, _ yes: Tensor, _ no: Tensor) throws -> Tensor {
        try make(condition, yes, no, ct_where)
    }
}
