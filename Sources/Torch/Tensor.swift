import CTorch

/// A handle on a libtorch tensor, freed with its last reference.
///
/// Values of a tensor may be read from any thread; whoever writes one must be its only user.
public final class Tensor {
    /// Seen by `lend` alone: the optimizer may free an object after its last use, and reading a handle is that use.
    fileprivate let handle: ct_tensor

    init(owning handle: ct_tensor) { self.handle = handle }
    /// A second reference to the elements of `other`, outside its graph.
    init(sharing other: Tensor) throws { handle = try newHandle { out in other.lend { ct_detach($0, out) } } }
    deinit { ct_free(handle) }

    /// Handles not yet freed in the whole process, for leak tests.
    public static var live: Int { Int(ct_live()) }
}

extension Tensor: Lendable {
    func lend<R>(_ body: (ct_tensor) throws -> R) rethrows -> R {
        try withExtendedLifetime(self) { try body(handle) }
    }
}

/// The handles of a list in its order, as the shim takes them.
struct TensorHandles {
    let start: UnsafePointer<ct_tensor?>?
    let count: Int64
}

extension [Tensor]: Lendable {
    func lend<R>(_ body: (TensorHandles) throws -> R) rethrows -> R {
        try withExtendedLifetime(self) {
            try map { Optional($0.handle) }.withUnsafeBufferPointer {
                try body(TensorHandles(start: $0.baseAddress, count: Int64($0.count)))
            }
        }
    }
}

// MARK: - Facts

extension Tensor {
    /// How many axes there are; 0 for a scalar.
    public var rank: Int { lend { Int(ct_rank($0)) } }
    /// The length of each axis.
    public var shape: [Int] { lend { own in (0..<ct_rank(own)).map { Int(ct_size(own, $0)) } } }
    /// Elements from one index of an axis to the next, for each axis.
    public var strides: [Int] { lend { own in (0..<ct_rank(own)).map { Int(ct_stride(own, $0)) } } }
    /// The length of one axis; negative counts from the end. 0 for an axis that is not there.
    public func size(_ axis: Int) -> Int {
        let axis = axis < 0 ? axis + rank : axis
        return axis >= 0 && axis < rank ? lend { Int(ct_size($0, Int64(axis))) } : 0
    }
    /// How many elements there are; 1 for a scalar.
    public var count: Int { lend { Int(ct_numel($0)) } }
    /// `float32` where libtorch has a type that `DType` does not.
    public var dtype: DType { DType(rawValue: lend { ct_dtype($0) }) ?? .float32 }
    /// Where the elements lie.
    public var device: Device { Device(lend { ct_device_of($0) }) }
    /// Whether the elements lie row by row without gaps.
    public var isContiguous: Bool { lend { ct_is_contiguous($0) } }
    /// Whether gradients flow to it: a trainable leaf, or something computed from one.
    public var requiresGradient: Bool { lend { ct_requires_grad($0) } }
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
        try check(self) { ct_item($0, &value) }
        try checkMapping()
        return value
    }
    /// The only element as an integer. Waits for the device.
    public func itemInt() throws -> Int {
        var value: Int64 = 0
        try check(self) { ct_item_int($0, &value) }
        try checkMapping()
        return Int(value)
    }
    /// Same shape and same bits (NaN differs from itself).
    public func isEqual(to other: Tensor) throws -> Bool {
        var value = false
        try check(self, other) { ct_equal($0, $1, &value) }
        try checkMapping()
        try other.checkMapping()
        return value
    }
    /// All elements in row-major order, converted. Waits for the device.
    public func floats() throws -> [Float] { try values(as: .float32) }
    /// All elements in row-major order, converted. Waits for the device.
    public func ints() throws -> [Int] { try values(as: .int64) }

    private func values<Element>(as dtype: DType) throws -> [Element] {
        let values = try to(.cpu).to(dtype).contiguous().withBytes { Array($0.bindMemory(to: Element.self)) }
        try checkMapping()
        return values
    }
    /// Throws when its elements lie in a file that another program has cut short.
    private func checkMapping() throws { try MappedFile.check(lend { ct_data($0) }) }
    /// The bytes of a contiguous CPU tensor, valid inside `body`. Throws when it is neither.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        guard isContiguous, device == .cpu else {
            throw TorchError.failed("the bytes of \(self) are not in one piece of host memory")
        }
        let result = try lend { try body(UnsafeRawBufferPointer(start: ct_data($0), count: byteCount)) }
        try checkMapping()
        return result
    }
    /// Itself, or a copy where its elements do not begin at a multiple of 64 bytes, as allocated ones do and those of a mapped
    /// file may not. MKL rounds differently there, so that the same weights out of two files would give two results.
    public func aligned() throws -> Tensor {
        guard device == .cpu, lend({ UInt(bitPattern: ct_data($0)) }) % 64 != 0 else { return self }
        return try cloned()
    }
    /// The same for writing.
    public func withMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) throws -> R {
        guard isContiguous, device == .cpu else {
            throw TorchError.failed("the bytes of \(self) are not in one piece of host memory")
        }
        return try lend { try body(UnsafeMutableRawBufferPointer(start: ct_data($0), count: byteCount)) }
    }
}
