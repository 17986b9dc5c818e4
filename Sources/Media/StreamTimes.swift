import CMedia

/// When the pictures of a stream are shown, by its packets: read, not decoded.
///
/// A header may say any frame rate, or none; browsers that record and phones write a thousand a second. What a player
/// shows when comes from these times.
struct StreamTimes {
    /// Packets that hold a picture to be shown.
    private(set) var count = 0
    /// The stream is encrypted: its packets are no pictures to whoever has no key.
    private(set) var isEncrypted: Bool
    private var times: [Int64] = [], last: (time: Int64, length: Int64) = (.min, 0)
    private let input: MediaInput, stream: UnsafeMutablePointer<AVStream>

    /// Nothing is read yet. The input gives its packets to this alone.
    init(_ input: MediaInput, _ stream: UnsafeMutablePointer<AVStream>) {
        (self.input, self.stream) = (input, stream)
        isEncrypted = Self.saysEncrypted(stream)
    }

    /// The header says that the stream is encrypted; in an mp4 each packet does.
    static func saysEncrypted(_ stream: UnsafeMutablePointer<AVStream>) -> Bool {
        av_dict_get(stream.pointee.metadata, "enc_key_id", nil, 0) != nil
    }

    /// Reads on until so many packets are known, or to the end.
    mutating func read(upTo most: Int = .max) {
        var packet = av_packet_alloc()
        defer { av_packet_free(&packet) }
        while count < most, let packet {
            let code = av_read_frame(input.context, packet)
            if code < 0, cm_is_again(code) == 0 { return }
            guard code >= 0 else { continue }
            defer { av_packet_unref(packet) }
            guard packet.pointee.stream_index == stream.pointee.index else { continue }
            if cm_is_encrypted(packet) != 0 { isEncrypted = true }
            let isLeftOut = packet.pointee.flags & AV_PKT_FLAG_DISCARD != 0
            guard !isLeftOut, cm_is_shown(stream.pointee.codecpar, packet) != 0 else { continue }
            count += 1
            guard packet.pointee.pts != cm_no_timestamp() else { continue }
            times.append(packet.pointee.pts)
            if packet.pointee.pts > last.time { last = (packet.pointee.pts, packet.pointee.duration) }
        }
    }

    private var tick: Double { Rational(stream.pointee.time_base).value }
    /// Nearly every picture has a time of its own: what follows means something.
    var areTelling: Bool { times.count > 1 && Double(times.count) >= 0.95 * Double(count) && span > 0 }
    /// Seconds from the first picture to the last.
    private var span: Double {
        guard let first = times.min() else { return 0 }
        return Double(last.time.subtractingReportingOverflow(first).partialValue) * tick
    }
    /// Pictures a second on average, as the times have it.
    var meanRate: Double { Double(times.count - 1) / span }
    /// The rate that the times are rounded from where it is one in use; otherwise the mean.
    var rate: Rational {
        let mean = meanRate, slack = mean * 1.5 * tick / span
        let usual = Self.usualRates.filter { abs($0.value - mean) <= slack }
        let nearest = usual.min { abs($0.value - mean) < abs($1.value - mean) }
        return isEven ? nearest ?? Rational(approximating: mean) : Rational(approximating: mean)
    }
    private static let usualRates: [Rational] =
        [8, 10, 12, 15, 16, 20, 24, 25, 30, 48, 50, 60, 72, 90, 100, 120, 144, 240, 480, 960].map { Rational($0) }
        + [15, 24, 30, 48, 60, 120, 240].map { Rational($0 * 1000, 1001) }
    /// All pictures last equally long, but for the rounding of their times. Said of times that are telling.
    var isEven: Bool {
        let sorted = times.sorted(), gaps = zip(sorted.dropFirst(), sorted).map { $0 - $1 }
        guard let least = gaps.min(), let most = gaps.max() else { return true }
        return most - least <= 2
    }
    /// Seconds from the first picture to the end of the last, as long as the mean where the file does not say.
    var duration: Double {
        let own = Double(last.length) * tick
        // A tick is what some writers note where they know nothing.
        return span + (own > 1.5 * tick ? own : 1 / meanRate)
    }
}
