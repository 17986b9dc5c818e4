import CMedia

/// The packets from a place where decoding can begin anew up to the next such place: one or a few closed groups of
/// pictures.
///
/// `@unchecked Sendable`: built by one thread, then handed to another, used by that one alone.
final class PacketGroup: @unchecked Sendable {
    /// 0 for the first of the file.
    let number: Int
    /// A packet, and what `cm_units` says of it.
    private(set) var packets: [(packet: UnsafeMutablePointer<AVPacket>, units: Int32)] = []
    private(set) var bytes = 0

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
    /// Pictures that decoding gives, one a packet but for those that an edit list leaves out.
    var pictures: Int { packets.count { $0.packet.pointee.flags & AV_PKT_FLAG_DISCARD == 0 } }
}
