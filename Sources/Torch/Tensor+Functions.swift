import CTorch

// MARK: - Elementwise

extension Tensor {
    /// e to the power of each element.
    public func exp() throws -> Tensor { try make(self, ct_exp) }
    /// The natural logarithm; NaN below 0.
    public func log() throws -> Tensor { try make(self, ct_log) }
    /// Of radians.
    public func sin() throws -> Tensor { try make(self, ct_sin) }
    /// Of radians.
    public func cos() throws -> Tensor { try make(self, ct_cos) }
    /// The square root; NaN below 0.
    public func sqrt() throws -> Tensor { try make(self, ct_sqrt) }
    /// 1 / √x.
    public func rsqrt() throws -> Tensor { try make(self, ct_rsqrt) }
    /// x².
    public func squared() throws -> Tensor { try make(self, ct_square) }
    /// |x|.
    public func abs() throws -> Tensor { try make(self, ct_abs) }
    /// −1, 0 or 1.
    public func sign() throws -> Tensor { try make(self, ct_sign) }
    /// 1 / (1 + e⁻ˣ).
    public func sigmoid() throws -> Tensor { try make(self, ct_sigmoid) }
    /// The hyperbolic tangent.
    public func tanh() throws -> Tensor { try make(self, ct_tanh) }
    /// x · sigmoid(x).
    public func silu() throws -> Tensor { try make(self, ct_silu) }
    /// max(x, 0).
    public func relu() throws -> Tensor { try make(self, ct_relu) }
    /// GELU; `approximate` is the tanh form (`gelu_new`, `gelu-approximate`).
    public func gelu(approximate: Bool = true) throws -> Tensor {
        try make(self) { ct_gelu($0, approximate ? "tanh" : "none", $1) }
    }
    /// To the nearest integer, halves to even.
    public func rounded() throws -> Tensor { try make(self, ct_round) }
    /// Nothing below `low`, nothing above `high`; NaN stays.
    public func clamped(_ low: Double, _ high: Double) throws -> Tensor {
        try make(self) { ct_clamp($0, low, high, $1) }
    }
    /// A copy in memory of its own, which gradients flow through.
    public func cloned() throws -> Tensor { try make(self, ct_clone) }
}

// MARK: - Complex numbers

extension Tensor {
    /// A complex tensor, for `rotated(by:)`.
    public static func complex(_ real: Tensor, _ imaginary: Tensor) throws -> Tensor {
        try make(real, imaginary, ct_complex)
    }
    /// Pairs of neighbouring elements of the last axis, read as complex numbers in fp32, times complex factors
    /// (…, half the length); in the dtype of self.
    public func rotated(by factors: Tensor) throws -> Tensor { try make(self, factors, ct_rotate) }
}

// MARK: - Reductions

extension Tensor {
    /// Over all elements, a scalar; floating-point tensors only.
    public func mean() throws -> Tensor { try make(self, ct_mean) }
    /// Over all elements, a scalar; integers and booleans add up to an int64.
    public func sum() throws -> Tensor { try make(self, ct_sum) }
    /// The largest element as a scalar; NaN where there is one. Throws for a tensor without elements.
    public func max() throws -> Tensor { try make(self, ct_max) }
    /// The smallest element as a scalar; NaN where there is one. Throws for a tensor without elements.
    public func min() throws -> Tensor { try make(self, ct_min) }
    /// The index of the largest element along an axis, which disappears; int64.
    public func argmax(_ axis: Int) throws -> Tensor { try make(self) { ct_argmax($0, Int64(axis), $1) } }
    /// The L2 norm over all elements.
    public func norm() throws -> Tensor { try make(self, ct_norm) }
    /// Over some axes, which disappear, or stay with length 1 when `keep`; over all when none is named.
    public func mean(_ axes: Int..., keep: Bool = false) throws -> Tensor {
        try axes.c { s, n in try make(self) { ct_mean_axes($0, s, n, keep, $1) } }
    }
    /// Over some axes, which disappear, or stay with length 1 when `keep`; over all when none is named.
    public func sum(_ axes: Int..., keep: Bool = false) throws -> Tensor {
        try axes.c { s, n in try make(self) { ct_sum_axes($0, s, n, keep, $1) } }
    }
}

// MARK: - Conversion

extension Tensor {
    /// Converted; itself when it has that type.
    public func to(_ dtype: DType) throws -> Tensor {
        self.dtype == dtype ? self : try make(self) { ct_to_dtype($0, dtype.rawValue, $1) }
    }
    /// Moved; itself when it is there.
    public func to(_ device: Device) throws -> Tensor {
        self.device == device ? self : try make(self) { ct_to_device($0, device.c, $1) }
    }
    /// The same bytes read as another type: packed codes of quantized weights.
    public func viewed(as dtype: DType) throws -> Tensor { try make(self) { ct_view_dtype($0, dtype.rawValue, $1) } }
}

// MARK: - Layers

extension Tensor {
    /// x·Wᵀ + b, weight (outputs, inputs).
    public func linear(_ weight: Tensor, _ bias: Tensor? = nil) throws -> Tensor {
        try make(self, weight, bias, ct_linear)
    }
    /// (batch, channels, height, width); weight (out, in, height, width).
    public func conv2d(
        _ weight: Tensor, _ bias: Tensor?, stride: [Int] = [1, 1], padding: [Int] = [0, 0]
    ) throws -> Tensor {
        try stride.c { s, _ in
            try padding.c { p, _ in try make(self, weight, bias) { ct_conv2d($0, $1, $2, s, p, $3) } }
        }
    }
    /// (batch, channels, frames, height, width); weight (out, in, time, height, width).
    public func conv3d(
        _ weight: Tensor, _ bias: Tensor?, stride: [Int] = [1, 1, 1], padding: [Int] = [0, 0, 0]
    ) throws -> Tensor {
        try stride.c { s, _ in
            try padding.c { p, _ in try make(self, weight, bias) { ct_conv3d($0, $1, $2, s, p, $3) } }
        }
    }
    /// The rows of a table named by int64 ids.
    public func embedding(_ ids: Tensor) throws -> Tensor { try make(self, ids, ct_embedding) }
    /// Over the last axis, of length `size`.
    public func rmsNorm(_ size: Int, weight: Tensor? = nil, epsilon: Double) throws -> Tensor {
        try make(self, weight) { ct_rms_norm($0, Int64(size), $1, epsilon, $2) }
    }
    /// The same without a weight, then times `scale` and plus `shift`, which broadcast to self.
    public func rmsNorm(_ size: Int, times scale: Tensor, plus shift: Tensor, epsilon: Double) throws -> Tensor {
        try make(self, scale, shift) { ct_modulated_norm($0, Int64(size), $1, $2, epsilon, $3) }
    }
    /// Over the last axis, of length `size`.
    public func layerNorm(_ size: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double) throws -> Tensor {
        try make(self, weight, bias) { ct_layer_norm($0, Int64(size), $1, $2, epsilon, $3) }
    }
    /// Weights along the axis that add up to 1.
    public func softmax(_ axis: Int) throws -> Tensor { try make(self) { ct_softmax($0, Int64(axis), $1) } }
    /// The activation between the video VAE's convolutions, on (batch, channels, frames, height, width): divided by the
    /// root mean square over the channels, times 1 + scale, plus shift (both (batch, channels), or neither), then SiLU.
    /// The first frame comes `front` and the last one `back` more times, which is the padding in time that follows.
    public func channelNorm(
        scale: Tensor? = nil, shift: Tensor? = nil, epsilon: Double, front: Int = 0, back: Int = 0
    ) throws -> Tensor {
        try make(self, scale, shift) { ct_channel_norm($0, $1, $2, epsilon, Int64(front), Int64(back), $3) }
    }
    /// The last two axes resized with antialiasing, equal to torchvision's `resize` on a float tensor.
    public func resized(height: Int, width: Int, mode: ResizeMode = .bicubic) throws -> Tensor {
        try make(self) { ct_resize($0, Int64(height), Int64(width), mode.rawValue, $1) }
    }
}

/// How `resized` interpolates.
public enum ResizeMode: String, Sendable { case bilinear, bicubic }

/// Scaled dot-product attention over (batch, heads, tokens, head size). The mask is added to the logits (or, of bool,
/// keeps where true). `scale` nil: 1/√head size.
public func attention(
    _ q: Tensor, _ k: Tensor, _ v: Tensor, mask: Tensor? = nil, causal: Bool = false, scale: Double? = nil
) throws -> Tensor {
    try make(q, k, v, mask) { ct_attention($0, $1, $2, $3, causal, scale ?? 0, $4) }
}
