import CTorch

/// A handle on a libtorch tensor, freed with its last reference.
///
/// Values of a tensor may be read from any thread; whoever writes one must be its only user.
public final class Tensor {
    let handle: ct_tensor
    init(owning handle: ct_tensor) { self.handle = handle }
    deinit { ct_free(handle) }

    /// Handles not yet freed in the whole process, for leak tests.
    public static var live: Int { Int(ct_live()) }
}

// MARK: - Facts

extension Tensor {
    /// How many axes there are; 0 for a scalar.
    public var rank: Int { Int(ct_rank(handle)) }
    /// The length of each axis.
    public var shape: [Int] { (0..<ct_rank(handle)).map { Int(ct_size(handle, $0)) } }
    /// Elements from one index of an axis to the next, for each axis.
    public var strides: [Int] { (0..<ct_rank(handle)).map { Int(ct_stride(handle, $0)) } }
    /// The length of one axis; negative counts from the end. 0 for an axis that is not there.
    public func size(_ axis: Int) -> Int {
        let axis = axis < 0 ? axis + rank : axis
        return axis >= 0 && axis < rank ? Int(ct_size(handle, Int64(axis))) : 0
    }
    /// How many elements there are; 1 for a scalar.
    public var count: Int { Int(ct_numel(handle)) }
    /// `float32` where libtorch has a type that `DType` does not.
    public var dtype: DType { DType(rawValue: ct_dtype(handle)) ?? .float32 }
    /// Where the elements lie.
    public var device: Device { Device(ct_device_of(handle)) }
    /// Whether the elements lie row by row without gaps.
    public var isContiguous: Bool { ct_is_contiguous(handle) }
    /// Whether gradients flow to it: a trainable leaf, or something computed from one.
    public var requiresGradient: Bool { ct_requires_grad(handle) }
    /// Bytes of its elements (not of the storage it may share).
    public var byteCount: Int { count * dtype.size }
}

extension Tensor: CustomStringConvertible {
    /// dtype, shape and device: `"bf16 [2, 3] on cpu"`.
    public var description: String { "\(dtype) \(shape) on \(device)" }
}

// MARK: - Values

extension Tensor {
    /// The only element as a number. Waits for the device.
    public func item() throws -> Double {
        var value = 0.0
        try check(ct_item(handle, &value))
        return value
    }
    /// The only element as an integer. Waits for the device.
    public func itemInt() throws -> Int {
        var value: Int64 = 0
        try check(ct_item_int(handle, &value))
        return Int(value)
    }
    /// Same shape and same bits (NaN differs from itself).
    public func isEqual(to other: Tensor) throws -> Bool {
        var value = false
        try check(ct_equal(handle, other.handle, &value))
        return value
    }
    /// All elements in row-major order, converted. Waits for the device.
    public func floats() throws -> [Float] { try values(as: .float32) }
    /// All elements in row-major order, converted. Waits for the device.
    public func doubles() throws -> [Double] { try values(as: .float64) }
    /// All elements in row-major order, converted. Waits for the device.
    public func ints() throws -> [Int] { try values(as: .int64) }

    private func values<Element>(as dtype: DType) throws -> [Element] {
        try to(.cpu).to(dtype).contiguous().withBytes { Array($0.bindMemory(to: Element.self)) }
    }
    /// The bytes of a contiguous CPU tensor, valid inside `body`. Throws when it is neither.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        guard isContiguous, device == .cpu else {
            throw TorchError.failed("the bytes of \(self) are not in one piece of host memory")
        }
        return try withExtendedLifetime(self) {
            try body(UnsafeRawBufferPointer(start: ct_data(handle), count: byteCount))
        }
    }
    /// The same for writing.
    public func withMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) throws -> R {
        guard isContiguous, device == .cpu else {
            throw TorchError.failed("the bytes of \(self) are not in one piece of host memory")
        }
        return try withExtendedLifetime(self) {
            try body(UnsafeMutableRawBufferPointer(start: ct_data(handle), count: byteCount))
        }
    }
}
