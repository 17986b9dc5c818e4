import CMedia

/// The packets from a place where decoding can begin anew up to the next such place: one or a few groups of pictures.
///
/// `@unchecked Sendable`: built by one thread, then handed to another, used by that one alone.
final class PacketGroup: @unchecked Sendable {
    /// 0 for the first of the file.
    let number: Int
    /// A packet, and what `cm_units` says of it.
    private(set) var packets: [(packet: UnsafeMutablePointer<AVPacket>, units: Int32)] = []
    private(set) var bytes = 0
    /// When the picture is shown that the next group begins with and the last ones of this one refer to: it is in this
    /// group as well, to be decoded but not counted.
    private(set) var borrowed: Int64?

    init(number: Int) { self.number = number }
    deinit {
        for (packet, _) in packets {
            var packet: UnsafeMutablePointer<AVPacket>? = packet
            av_packet_free(&packet)
        }
    }

    /// Takes the packet's contents over.
    func append(_ packet: UnsafeMutablePointer<AVPacket>, _ units: Int32) throws {
        guard let copy = av_packet_alloc() else { throw ParallelScan.NotPossible() }
        av_packet_move_ref(copy, packet)
        packets.append((copy, units))
        bytes += Int(copy.pointee.size)
    }
    /// Adds the first packet of the next group.
    func borrow(from next: PacketGroup) throws {
        guard let (first, units) = next.packets.first, let copy = av_packet_clone(first) else {
            throw ParallelScan.NotPossible()
        }
        borrowed = first.pointee.pts
        packets.append((copy, units))
    }
    /// When the pictures of the group are shown, in the order of decoding: one a packet, but for those that an edit list
    /// leaves out.
    var times: [Int64] { packets.filter { counts($0.packet) }.map(\.packet.pointee.pts) }
    /// Whether a packet holds a picture of the group.
    func counts(_ packet: UnsafeMutablePointer<AVPacket>) -> Bool {
        packet.pointee.pts != borrowed && packet.pointee.flags & AV_PKT_FLAG_DISCARD == 0
    }
}
