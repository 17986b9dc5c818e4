import Torch

/// Inputs of blocks that wait in host memory for the way back: they go while the next block computes, and come back one block ahead.
///
/// At most two are on the device besides the one that is computed with.
final class OffloadedInputs {
    /// What one block was given, while it is away.
    final class Stored {
        fileprivate let outlines: [(shape: [Int], dtype: DType)?]
        fileprivate var host: [Tensor], arriving: [Tensor]?

        fileprivate init(_ outlines: [(shape: [Int], dtype: DType)?], _ host: [Tensor]) {
            (self.outlines, self.host) = (outlines, host)
        }
    }
    private let device: Device, lane: CopyLane
    /// On their way, and held until the device is done with the copies: it might else put something in their place.
    private var leaving: [Tensor] = []

    init(_ device: Device, _ lane: CopyLane) { (self.device, self.lane) = (device, lane) }

    /// Begins to copy them to the host.
    func store(_ inputs: [Tensor?]) throws -> Stored {
        let given = inputs.compactMap(\.self)
        // Of shapes alone nothing lies on a host.
        let host = try device == .meta ? [] : given.map { try $0.emptyPinned(for: device) }
        try lane.wait()
        leaving = given
        if device != .meta { try lane.copy(given, into: host) }
        return Stored(inputs.map { $0.map { ($0.shape, $0.dtype) } }, host)
    }
    /// Begins to bring them back.
    func bring(_ stored: Stored) throws {
        guard stored.arriving == nil else { return }
        let targets = try stored.outlines.compactMap(\.self).map {
            try Tensor.empty($0.shape, dtype: $0.dtype, device: device)
        }
        if device != .meta { try lane.copy(stored.host, into: targets) }
        (stored.arriving, stored.host) = (targets, [])
    }
    /// What was stored, on the device. Once.
    func take(_ stored: Stored) throws -> [Tensor?] {
        try bring(stored)
        try lane.wait()
        leaving = []
        var arrived = (stored.arriving ?? []).makeIterator()
        stored.arriving = nil
        return stored.outlines.map { $0 == nil ? nil : arrived.next() }
    }
}
