import CMedia
import Synchronization

/// Splits a file into groups of packets that decode without each other. Safe from any thread.
///
/// `@unchecked Sendable`: everything mutable is touched only with the lock held.
final class PacketGroupReader: @unchecked Sendable {
    private let lock = Mutex(())
    private let input: MediaInput, stream: UnsafeMutablePointer<AVStream>
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var ahead: [PacketGroup] = [], next: PacketGroup?
    private var count = 0, hasEnded = false
    /// Parameter sets came along with the pictures: only a group that brings all of its own stands alone.
    private var hasParameters = false
    /// The first group brings its own as well.
    private var beginsWithParameters = false, isFirst = true
    /// A change of parameters beside the pictures: what follows cannot be split.
    private var isWhole = false

    /// A group is not ended before it has so many packets: between groups a decoder has to be emptied.
    private static let shortest = 24
    /// A group is in memory as a whole; a larger one is refused.
    private static let mostBytes = 96 << 20
    /// So much is read ahead, to know the last groups before they are given out.
    private static let groupsAhead = 12, bytesAhead = 48 << 20

    /// Throws `ParallelScan.NotPossible` for a file that does not split into about equal groups for so many workers.
    init(_ input: MediaInput, workers: Int) throws {
        (self.input, stream, packet) = (input, try input.videoStream(), av_packet_alloc())
        for other in input.streams where other.pointee.index != stream.pointee.index {
            other.pointee.discard = AVDISCARD_ALL
        }
        let codec = stream.pointee.codecpar.pointee.codec_id
        let order = stream.pointee.codecpar.pointee.field_order
        guard codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_HEVC,
            [AV_FIELD_UNKNOWN, AV_FIELD_PROGRESSIVE].contains(order)
        else { throw ParallelScan.NotPossible() }
        while ahead.count < workers, let group = try read() { ahead.append(group) }
        let sizes = ahead.map(\.packets.count), all = sizes.reduce(0, +)
        // The last to end decides: about what several threads on one group reach.
        guard let largest = sizes.max(), largest * workers * 2 <= all * 3 else { throw ParallelScan.NotPossible() }
    }
    deinit { av_packet_free(&packet) }

    /// The next group, `nil` at the end of the file. The last ones come by size, so that no thread is left with a large one
    /// while the others have ended.
    func group() throws -> PacketGroup? {
        try lock.withLock { _ in
            while ahead.count < Self.groupsAhead, ahead.reduce(0, { $0 + $1.bytes }) < Self.bytesAhead,
                let group = try read()
            {
                ahead.append(group)
            }
            // A decoder goes back only to groups that need nothing of what it saw since.
            let mayGoBack = hasEnded && (!hasParameters || beginsWithParameters) && !isWhole
            let largest = ahead.indices.max { ahead[$0].bytes < ahead[$1].bytes }
            guard let place = mayGoBack ? largest : ahead.indices.first else { return nil }
            return ahead.remove(at: place)
        }
    }

    /// Reads on until the group is complete.
    private func read() throws -> PacketGroup? {
        guard let packet, !hasEnded else { return nil }
        let group = next ?? PacketGroup(number: count)
        next = nil
        while true {
            let code = av_read_frame(input.context, packet)
            if code < 0 {
                if cm_is_again(code) != 0 { continue }
                guard cm_is_end(code) != 0 else { throw ParallelScan.NotPossible() }
                hasEnded = true
                break
            }
            defer { av_packet_unref(packet) }
            guard packet.pointee.stream_index == stream.pointee.index else { continue }
            let units = cm_units(stream.pointee.codecpar, packet)
            guard units != 0, cm_is_encrypted(packet) == 0, packet.pointee.flags & AV_PKT_FLAG_CORRUPT == 0,
                packet.pointee.pts != cm_no_timestamp()
            else { throw ParallelScan.NotPossible() }
            if startsAnew(packet, units), next == nil, group.packets.count >= Self.shortest {
                let following = PacketGroup(number: group.number + 1)
                try following.append(packet, units)
                next = following
                guard has(units, cm_units_open) else { break }
                try group.borrow(from: following)
                continue
            }
            if let next {
                // After an open start: what leads belongs to this group, and what follows that to the next.
                guard has(units, cm_units_leading) else {
                    try next.append(packet, units)
                    break
                }
            }
            try group.append(packet, units)
            guard group.bytes <= Self.mostBytes else { throw ParallelScan.NotPossible() }
        }
        count = group.number + 1
        return group.packets.isEmpty ? nil : group
    }

    private func startsAnew(_ packet: UnsafeMutablePointer<AVPacket>, _ units: Int32) -> Bool {
        if cm_has_new_parameters(packet) != 0 { isWhole = true }
        if has(units, cm_units_parameters) { hasParameters = true }
        if isFirst { beginsWithParameters = has(units, cm_units_all_parameters) }
        isFirst = false
        guard !isWhole, has(units, cm_units_start) else { return false }
        return !hasParameters || has(units, cm_units_all_parameters)
    }
    private func has(_ units: Int32, _ flag: Int) -> Bool { units & Int32(flag) != 0 }
}
