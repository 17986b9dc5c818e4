import CTorch

extension Tensor {
    /// The same elements in another shape; one length may be -1.
    public func reshaped(_ shape: Int...) throws -> Tensor { try reshaped(shape) }
    /// The same elements in another shape, as a view where the layout allows; one length may be -1.
    public func reshaped(_ shape: [Int]) throws -> Tensor {
        try shape.c { s, n in try make(self) { ct_reshape($0, s, n, $1) } }
    }
    /// A view with the axes in another order.
    public func permuted(_ axes: Int...) throws -> Tensor {
        try axes.c { s, n in try make(self) { ct_permute($0, s, n, $1) } }
    }
    /// Axes of length 1 repeated without a copy; -1 keeps a length.
    public func expanded(_ shape: [Int]) throws -> Tensor {
        try shape.c { s, n in try make(self) { ct_expand($0, s, n, $1) } }
    }
    /// A view with two axes exchanged; negative counts from the end.
    public func transposed(_ a: Int, _ b: Int) throws -> Tensor {
        try make(self) { ct_transpose($0, Int64(a), Int64(b), $1) }
    }
    /// The axes from `first` to `last` (included) as one, as a view where the layout allows.
    public func flattened(from first: Int = 0, to last: Int = -1) throws -> Tensor {
        try make(self) { ct_flatten($0, Int64(first), Int64(last), $1) }
    }
    /// One axis taken apart into several.
    public func unflattened(_ axis: Int, _ shape: [Int]) throws -> Tensor {
        try shape.c { s, n in try make(self) { ct_unflatten($0, Int64(axis), s, n, $1) } }
    }
    /// Without the axis when its length is 1; unchanged otherwise.
    public func squeezed(_ axis: Int) throws -> Tensor { try make(self) { ct_squeeze($0, Int64(axis), $1) } }
    /// A view with a new axis of length 1 at that place.
    public func unsqueezed(_ axis: Int) throws -> Tensor { try make(self) { ct_unsqueeze($0, Int64(axis), $1) } }
    /// A view of `range` along an axis, every `step`-th.
    public func slice(_ axis: Int, _ range: Range<Int>, step: Int = 1) throws -> Tensor {
        try make(self) { ct_slice($0, Int64(axis), Int64(range.lowerBound), Int64(range.upperBound), Int64(step), $1) }
    }
    /// From `start` (negative: from the end) to the end of an axis.
    public func slice(_ axis: Int, from start: Int) throws -> Tensor {
        try make(self) { ct_slice($0, Int64(axis), Int64(start), .max, 1, $1) }
    }
    /// One index of an axis, which disappears.
    public func select(_ axis: Int, _ index: Int) throws -> Tensor {
        try make(self) { ct_select($0, Int64(axis), Int64(index), $1) }
    }
    /// The rows of an axis named by an int64 tensor.
    public func indexed(_ axis: Int, by index: Tensor) throws -> Tensor {
        try make(self, index) { ct_index_select($0, Int64(axis), $1, $2) }
    }
    /// Along the axis, the elements that an int64 tensor of the same rank names (`torch.gather`).
    public func gathered(_ axis: Int, by index: Tensor) throws -> Tensor {
        try make(self, index) { ct_gather($0, Int64(axis), $1, $2) }
    }
    /// At most `count` equal parts along an axis, as views.
    public func chunked(_ count: Int, axis: Int) throws -> [Tensor] {
        var parts = [ct_tensor?](repeating: nil, count: Swift.max(count, 0)), written: Int64 = 0
        try check(self) { ct_chunk($0, Int64(count), Int64(axis), &parts, &written) }
        return parts.prefix(Int(written)).compactMap { $0.map(Tensor.init(owning:)) }
    }
    /// The slices along an axis, which disappears.
    public func unbound(_ axis: Int) throws -> [Tensor] { try (0..<size(axis)).map { try select(axis, $0) } }
    /// A copy laid out `times` times along each axis (`Tensor.repeat`).
    public func repeated(_ times: Int...) throws -> Tensor {
        try times.c { s, n in try make(self) { ct_repeat($0, s, n, $1) } }
    }
    /// Each element of an axis `times` times in a row.
    public func interleaved(_ times: Int, axis: Int) throws -> Tensor {
        try make(self) { ct_repeat_interleave($0, Int64(times), Int64(axis), $1) }
    }
    /// A copy with the axis backwards.
    public func flipped(_ axis: Int) throws -> Tensor { try make(self) { ct_flip($0, Int64(axis), $1) } }
    /// Amounts from the last axis backwards, (before, after) each, as `torch.nn.functional.pad`.
    public func padded(_ amounts: [Int], value: Double = 0) throws -> Tensor {
        try amounts.c { s, n in try make(self) { ct_pad($0, s, n, "constant", value, $1) } }
    }
    /// Laid out row by row; itself when it is already.
    public func contiguous() throws -> Tensor { isContiguous ? self : try make(self, ct_contiguous) }
    /// Memory with the channels innermost (NHWC, NDHWC), which convolutions on the CPU are fastest on.
    public func channelsLast() throws -> Tensor { try make(self, ct_channels_last) }
}

/// Tensors laid end to end along an axis.
public func concatenated(_ parts: [Tensor], axis: Int) throws -> Tensor {
    try make(parts) { ct_cat($0.start, $0.count, Int64(axis), $1) }
}
/// Tensors of one shape along a new axis.
public func stacked(_ parts: [Tensor], axis: Int = 0) throws -> Tensor {
    try make(parts) { ct_stack($0.start, $0.count, Int64(axis), $1) }
}
