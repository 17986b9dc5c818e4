import Base
import CTorch

/// The processes that compute together, of which this is one: libtorch's c10d, with Gloo between hosts' memories and NCCL between CUDA
/// devices where there is libltxnccl.so.
///
/// All ranks make the same calls in the same order, one thread at a time. A call in which they differ, in kind, size or dtype, throws
/// on all of them. After an error the group is of no use any more. Errors are `ProcessGroupError`.
public final class ProcessGroup: @unchecked Sendable {
    // Unchecked: the other side locks nothing, and the thread of a run has it while that goes on.
    /// Seen by `lend` alone, as that of a tensor.
    private let handle: ct_group
    /// Of this process, 0 … size − 1.
    public let rank: Int
    /// How many there are.
    public let size: Int

    /// How long is waited for others, in seconds.
    public struct Patience: Sendable, Equatable {
        /// Until all have come.
        public var join = 300.0
        /// For the slowest rank in a call.
        public var call = 1800.0
        /// For a host that no longer answers.
        public var link = 30.0

        /// As long as it says there.
        public init() {}
    }
    /// As long as the link lives: what is waited for may be a person.
    public static let forEver = 30 * 86_400.0

    /// Joins the others; `device` is this rank's where it is CUDA. Throws with the numbers of those that did not come, and `Cancelled`
    /// where `stops` said so in the meantime.
    public init(
        _ place: RankVariables, device: Device = .cpu, patience: Patience = Patience(),
        stops: (@convention(c) () -> Bool)? = nil
    ) throws {
        (rank, size) = (place.rank, place.size)
        var out: ct_group?
        let status = place.host.withCString { host in
            place.attempt.withCString { attempt in
                var how = ct_rendezvous(
                    host: host, port: Int32(place.port), listener: Int32(place.listener ?? -1),
                    is_served: place.isServed, rank: Int32(place.rank), size: Int32(place.size),
                    device: device.c.type == 1 ? device.c.index : -1, attempt: attempt,
                    join_ms: Self.milliseconds(patience.join), timeout_ms: Self.milliseconds(patience.call),
                    link_ms: Self.milliseconds(patience.link), stops: stops)
                return ct_group_join(&how, &out)
            }
        }
        guard status == 0, let out else {
            if stops?() == true { throw Cancelled() }
            throw ProcessGroupError(String(cString: ct_last_error()), rank: place.rank, of: place.size)
        }
        handle = out
    }
    deinit { ct_group_free(handle) }

    private static func milliseconds(_ seconds: Double) -> Int64 { Int64(max(1, min(seconds, 1e9) * 1000)) }
    fileprivate func attempt(_ status: ct_status) throws {
        guard status != 0 else { return }
        throw ProcessGroupError(String(cString: ct_last_error()), rank: rank, of: size)
    }

    /// `"gloo"`, or `"nccl"` for tensors on devices.
    public var backend: String { lend { String(cString: ct_group_backend($0)) } }
    /// Replaces the elements by their sum over all ranks.
    public func sum(_ tensor: Tensor) throws { try attempt(lend { g in tensor.lend { ct_group_sum(g, $0) } }) }
    /// The sums of what the leaves get for gradients in one backward pass that begins after this; see `GradientSums`. Sums are in `dtype`.
    public func sums(ofGradientsOf leaves: [Tensor], dtype: DType = .float32) throws -> GradientSums {
        var out: ct_sums?
        try attempt(
            lend { group in
                leaves.lend {
                    ct_group_sums(group, $0.start, $0.count, dtype.rawValue, Int64(GradientSums.uncopied), &out)
                }
            })
        // swift-format-ignore: NeverForceUnwrap
        return GradientSums(out!, self)  // the contract of CTorch.h: status 0 means a handle was written
    }
    /// Replaces the elements by those of rank `root`; `seconds` nil waits as long as in any call.
    public func broadcast(_ tensor: Tensor, from root: Int = 0, seconds: Double? = nil) throws {
        let patience = seconds.map(Self.milliseconds) ?? 0
        try attempt(lend { g in tensor.lend { ct_group_broadcast(g, $0, Int32(root), patience) } })
    }
    /// Replaces the elements of each tensor by those of the rank that has it: all of them are on their way at once.
    public func broadcast(_ tensors: [Tensor], from roots: [Int]) throws {
        guard tensors.count == roots.count else { throw TorchError.failed("each tensor needs a rank that has it") }
        let roots = roots.map(Int32.init)
        try attempt(lend { g in tensors.lend { ct_group_broadcast_all(g, $0.start, roots, $0.count) } })
    }
    /// Begins to put equal parts of all ranks together, in their order, while something else is computed. Both are bytes on this rank's
    /// device, one after the other. Unlike in other calls it is not compared what the ranks ask for.
    public func gathering(_ part: Tensor, into whole: Tensor) throws -> Gathering {
        var out: ct_work?
        try attempt(lend { g in part.lend { part in whole.lend { ct_group_parts(g, part, $0, &out) } } })
        return Gathering(out, self)
    }
    /// Returns when all ranks have called it.
    public func barrier(seconds: Double? = nil) throws {
        try attempt(lend { ct_group_barrier($0, seconds.map(Self.milliseconds) ?? 0) })
    }
    /// The bytes of every rank, in their order; they may differ in number.
    public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        let counts = try gatherEqual(withUnsafeBytes(of: Int64(bytes.count)) { Array($0) }).map { part in
            part.withUnsafeBytes { Int($0.loadUnaligned(as: Int64.self)) }
        }
        let widest = counts.max() ?? 0
        let padded = bytes + [UInt8](repeating: 0, count: widest - bytes.count)
        return zip(try gatherEqual(padded), counts).map { Array($0.prefix($1)) }
    }
    private func gatherEqual(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var all = [UInt8](repeating: 0, count: bytes.count * size)
        try attempt(lend { ct_group_gather($0, bytes, Int64(bytes.count), &all) })
        return (0..<size).map { Array(all[$0 * bytes.count..<($0 + 1) * bytes.count]) }
    }
    // MARK: Notes

    /// Adds to a number that all ranks know by this key, and returns it. From any thread, as all notes.
    public func add(_ key: String, _ amount: Int = 1) throws -> Int {
        var sum: Int64 = 0
        try attempt(lend { ct_group_add($0, key, Int64(amount), &sum) })
        return Int(sum)
    }
    /// Leaves bytes under a key.
    public func put(_ key: String, _ bytes: [UInt8]) throws {
        try attempt(lend { ct_group_put($0, key, bytes, Int64(bytes.count)) })
    }
    /// The bytes that a rank has left under the key, nil when there are none yet. They are there no more, unless the note `stays`.
    public func take(_ key: String, stays: Bool = false) throws -> [UInt8]? {
        var found: [UInt8]?
        try withUnsafeMutablePointer(to: &found) { place in
            try attempt(
                lend { group in
                    ct_group_take(group, key, stays, place) { context, bytes, count in
                        let bytes = UnsafeRawBufferPointer(start: bytes, count: Int(count))
                        context?.assumingMemoryBound(to: [UInt8]?.self).pointee = Array(bytes)
                    }
                })
        }
        return found
    }
    /// Ends what is under way, here and on the ranks that wait for this one. From any thread.
    public func abort() { _ = lend { ct_group_abort($0) } }
}

extension ProcessGroup: Lendable {
    func lend<R>(_ body: (ct_group) throws -> R) rethrows -> R {
        try withExtendedLifetime(self) { try body(handle) }
    }
}

/// The sums over all ranks of the gradients of one backward pass, the last of an update: what is there already is summed while the rest
/// is computed, from the last leaf to the first, about 25 MB at a time (as PyTorch's DDP does it; Li et al. 2020).
///
/// Each leaf gets a gradient at most once in that pass. Errors are `ProcessGroupError`.
public final class GradientSums {
    /// From this many bytes on a gradient in the dtype of the sums is summed where it is.
    public static let uncopied = 1 << 20
    private let handle: ct_sums, group: ProcessGroup

    fileprivate init(_ handle: ct_sums, _ group: ProcessGroup) { (self.handle, self.group) = (handle, group) }
    deinit { ct_sums_free(handle) }

    /// Waits until the leaves have the sums for gradients; those of all ranks must be of the same leaves. Sums `figures` as well, in
    /// place. Returns how many parts had begun during the backward pass.
    @discardableResult
    public func finish(_ figures: Tensor) throws -> Int {
        try withExtendedLifetime(self) {
            var early: Int64 = 0
            try group.attempt(figures.lend { ct_sums_finish(handle, $0, &early) })
            return Int(early)
        }
    }
}

/// Parts of all ranks on their way together. Errors are `ProcessGroupError`.
public final class Gathering {
    /// Nil where they are there already.
    private let handle: ct_work?
    private let group: ProcessGroup
    private var isThere = false

    fileprivate init(_ handle: ct_work?, _ group: ProcessGroup) { (self.handle, self.group) = (handle, group) }
    deinit { if let handle { ct_work_free(handle) } }

    /// What the device is asked from now on finds the whole.
    public func wait() throws {
        guard let handle, !isThere else { return }
        isThere = true
        try withExtendedLifetime(self) { try group.attempt(ct_work_wait(handle)) }
    }
}
