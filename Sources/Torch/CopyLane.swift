import CTorch

/// Copies between a device and host memory that it can reach by itself, beside what it computes. On the CPU they are done at once.
///
/// One thread at a time.
public final class CopyLane {
    /// Seen by `lend` alone, as that of a tensor.
    private let handle: ct_lane

    /// Throws when the device is not there.
    public init(_ device: Device) throws {
        var out: ct_lane?
        try check(ct_lane_new(device.c, &out))
        guard let out else { throw TorchError.failed("no lane was made") }
        handle = out
    }
    deinit { ct_lane_free(handle) }

    /// Begins to copy each source into its target, once the device is done with what was asked of it so far: nobody may ask for the
    /// targets until `wait`, or let go of the sources. What is on the host is `pinned`.
    public func copy(_ sources: [Tensor], into targets: [Tensor]) throws {
        guard sources.count == targets.count else { throw TorchError.failed("each copy needs a source and a target") }
        try check(self, targets, sources) { ct_lane_copy($0, $1.start, $2.start, $1.count) }
    }
    /// What the device is asked from now on waits for the copies; the caller does not.
    public func wait() throws { try check(self) { ct_lane_wait($0) } }
}

extension CopyLane: Lendable {
    func lend<R>(_ body: (ct_lane) throws -> R) rethrows -> R {
        try withExtendedLifetime(self) { try body(handle) }
    }
}

extension Tensor {
    /// In host memory that `device` reads by itself: a copy for CUDA, itself for the CPU. Of shapes alone the shape.
    public func pinned(for device: Device) throws -> Tensor {
        if device == .meta { return self }
        let host = try to(.cpu)
        return try make(host) { ct_pin($0, device.c, $1) }
    }
    /// An empty tensor of this shape and dtype in host memory that `device` reaches by itself.
    public func emptyPinned(for device: Device) throws -> Tensor {
        try shape.c { sizes, rank in try make { ct_empty_pinned(sizes, rank, dtype.rawValue, device.c, $0) } }
    }
    /// An empty tensor of this shape and dtype on a device.
    public func emptyCopy(on device: Device) throws -> Tensor { try Tensor.empty(shape, dtype: dtype, device: device) }
    /// Gives back the memory of the file that it lies over, if it does: for after the values went elsewhere. They are read again from the
    /// file when somebody looks at them; what was written to them is lost.
    public func forgetPages() {
        lend { own in
            guard let start = ct_data(own), ct_is_contiguous(own) else { return }
            MappedFile.forget(UnsafeRawBufferPointer(start: start, count: byteCount))
        }
    }
}
