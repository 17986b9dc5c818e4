import CTorch

/// Bytes that tensors take on a device.
///
/// On the meta device they are those that tensors of the thread would take: what a computation needs is known without the memory for
/// it. What libraries underneath keep for themselves does not count, nor files that are mapped.
public struct Allocations {
    /// Where it is counted.
    public let device: Device

    /// Counting begins, for tensors that are made from now on.
    public init(on device: Device) throws {
        self.device = device
        try check(ct_watch_allocations(device.c))
    }

    /// Of all tensors that are alive.
    public var now: Int { get throws { try both().now } }
    /// What `body` returns, and the most bytes there were at once meanwhile, beside what there was before.
    public func peak<R>(_ body: () throws -> R) throws -> (result: R, bytes: Int) {
        let before = try now
        try check(ct_forget_peak(device.c))
        let result = try body()
        return (result, try both().most - before)
    }
    private func both() throws -> (now: Int, most: Int) {
        var now: Int64 = 0, most: Int64 = 0
        try check(ct_allocations(device.c, &now, &most))
        return (Int(now), Int(most))
    }
}
