import CMedia
import Base

/// The pictures of one file in presentation order, as FFmpeg's frames. One thread at a time.
///
/// Damage inside a file is stepped over and counted, as players do: `next` gives what decodes.
final class VideoDecoder {
    /// Opened anew by `rewind`.
    private(set) var input: MediaInput
    private(set) var stream: UnsafeMutablePointer<AVStream>
    let timeBase: Rational
    /// Packets that did not decode so far.
    private(set) var damage = 0
    /// The last reason for damage.
    private(set) var damageReason = ""
    /// Pictures given so far, since the start or the last seek.
    private(set) var count = 0

    private let context: UnsafeMutablePointer<AVCodecContext>
    private var packet: UnsafeMutablePointer<AVPacket>?
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var draining = false, finished = false, isEncrypted = false

    /// - Parameter threads: 0 for one a core.
    /// Throws `FileError` or `MediaError`.
    init(_ path: String, threads: Int = 0) throws {
        let input = try MediaInput(path)
        let stream = try input.videoStream()
        guard !StreamTimes.saysEncrypted(stream) else { throw MediaError.encrypted(path: path) }
        var context: UnsafeMutablePointer<AVCodecContext>?
        cm_log_clear()
        let most = Int64(MediaInput.mostPixels(image: input.image != nil))
        let code = cm_open_decoder(stream, Int32(clamping: input.image != nil ? 1 : threads), most, &context)
        guard code == 0, let context, let packet = av_packet_alloc(), let frame = av_frame_alloc() else {
            let codec = String(cString: avcodec_get_name(stream.pointee.codecpar.pointee.codec_id))
            let reason = "its codec '\(codec)' cannot be decoded (\(MediaInput.reason(code)))"
            throw MediaError.unreadable(path: path, reason: reason)
        }
        // Half an image is no image; a video with a damaged picture still is one. (TIFF's decoder would trip over any tag
        // that it does not know.)
        if let image = input.image, image != .tiff { cm_be_strict(context) }
        (self.input, self.stream, self.context, self.packet, self.frame) = (input, stream, context, packet, frame)
        timeBase = Rational(stream.pointee.time_base)
        input.readOnly(stream)
    }
    deinit {
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
        av_packet_free(&packet)
        av_frame_free(&frame)
    }

    /// The next picture, `nil` at the end. It is valid until the next call.
    ///
    /// Throws `MediaError.unreadable` when the file ends without any picture having decoded, `.encrypted` when it is.
    func next() throws -> UnsafeMutablePointer<AVFrame>? {
        guard let frame, let packet else { return nil }
        if isHeld {
            isHeld = false
            return given(frame)
        }
        while !finished {
            let code = avcodec_receive_frame(context, frame)
            if code == 0 {
                if frame.pointee.width <= 0 || frame.pointee.height <= 0 { continue }
                return given(frame)
            }
            if cm_is_end(code) != 0 || draining && cm_is_again(code) != 0 { break }
            if cm_is_again(code) == 0 { note(code) }
            if !draining { feed(packet) }
            // A decoder makes grey of it and rubbish, and calls that pictures.
            if isEncrypted { throw MediaError.encrypted(path: input.path) }
        }
        finished = true
        if count == 0, !hasSought {
            throw MediaError.unreadable(
                path: input.path, reason: damageReason.isEmpty ? "none of its pictures decodes" : damageReason)
        }
        return nil
    }

    private func given(_ frame: UnsafeMutablePointer<AVFrame>) -> UnsafeMutablePointer<AVFrame> {
        count += 1
        let best = frame.pointee.best_effort_timestamp
        time = best == cm_no_timestamp() ? following : best
        following = time.map { $0.addingReportingOverflow(max(1, frame.pointee.pkt_duration)).partialValue }
        return frame
    }

    /// Sends one packet of the stream to the decoder, or tells it that there are no more.
    private func feed(_ packet: UnsafeMutablePointer<AVPacket>) {
        cm_log_clear()
        while true {
            let code = av_read_frame(input.context, packet)
            if code < 0 {
                if cm_is_again(code) != 0 { continue }
                if cm_is_end(code) == 0 { note(code) }
                draining = true
                avcodec_send_packet(context, nil)
                return
            }
            defer { av_packet_unref(packet) }
            guard packet.pointee.stream_index == stream.pointee.index else { continue }
            if cm_is_encrypted(packet) != 0 {
                isEncrypted = true
                return
            }
            if let limit = keyLimit {
                if packet.pointee.pos >= 0 { timesToSee -= 1 }
                guard packet.pointee.flags & AV_PKT_FLAG_KEY != 0, timesToSee <= 0 else {
                    if Self.stamp(packet).map({ $0 <= limit }) ?? true { continue }
                    draining = true
                    avcodec_send_packet(context, nil)
                    return
                }
                keyLimit = nil
            }
            let sent = avcodec_send_packet(context, packet)
            if sent < 0, cm_is_again(sent) == 0 { note(sent) }
            return
        }
    }
    private func note(_ code: Int32) {
        damage += 1
        damageReason = MediaInput.reason(code)
    }

    // MARK: Seeking

    private var hasSought = false
    /// Set from a seek to the first key frame after it: a picture that refers to ones that were not read decodes to
    /// rubbish. Without a key frame up to this time there is nothing to wait for.
    private var keyLimit: Int64?
    /// In MPEG's streams a packet may hold several pictures and tell the time of one. What FFmpeg derives for the others
    /// is right from the second such packet after a seek on.
    private var timesToSee = 0
    /// `next` gives the picture that it gave last once more.
    private var isHeld = false

    /// Seeks so that the picture shown at `seconds` will come, together with some before it.
    func seek(before seconds: Double) throws {
        // Where the container has no index FFmpeg goes to any packet near the time, and an index may name a key frame
        // that is shown later or that leads pictures which refer further back. So what counts is what decodes first.
        // The pictures of a bare stream have times only when they are read from its start.
        let hasTimes = input.context.pointee.iformat.pointee.flags & AVFMT_NOTIMESTAMPS == 0
        var back = 0.0
        while hasTimes, back < seconds {
            defer { back = max(1, back * 4) }
            guard jump(to: ticks(seconds - back), for: ticks(seconds)), try next() != nil else { continue }
            guard let time else { break }
            if self.seconds(time) <= seconds + 1e-6 {
                (isHeld, count, following) = (true, 0, time)
                return
            }
        }
        try rewind()
    }

    /// Goes back to the first picture. Opens the file again, because a seek to its beginning may end up after the first
    /// key frame.
    func rewind() throws {
        let input = try MediaInput(input.path), stream = try input.videoStream()
        input.readOnly(stream)
        (self.input, self.stream) = (input, stream)
        reset()
        (keyLimit, hasSought) = (nil, false)
    }

    /// Goes to about a timestamp of the stream, in the hope that a key frame comes until the time `limit`.
    private func jump(to timestamp: Int64, for limit: Int64) -> Bool {
        let code = av_seek_frame(input.context, stream.pointee.index, timestamp, AVSEEK_FLAG_BACKWARD)
        guard code >= 0 else { return false }
        reset()
        keyLimit = limit
        timesToSee = input.context.pointee.iformat.pointee.flags & AVFMT_TS_DISCONT != 0 ? 2 : 0
        return true
    }
    private func reset() {
        avcodec_flush_buffers(context)
        (draining, finished, hasSought, isHeld, count, following) = (false, false, true, false, 0, nil)
    }
    private static func stamp(_ packet: UnsafeMutablePointer<AVPacket>) -> Int64? {
        let stamp = packet.pointee.dts == cm_no_timestamp() ? packet.pointee.pts : packet.pointee.dts
        return stamp == cm_no_timestamp() ? nil : stamp
    }

    // MARK: Times

    /// The timestamp of the first picture as the container has it.
    var origin: Int64 {
        let start = stream.pointee.start_time
        return start == cm_no_timestamp() ? 0 : start
    }
    /// The timestamp of the picture that `next` gave last, in ticks of the stream. Where the file has none, as with the
    /// last ones of an AVI, that picture follows the one before; `nil` when there is none.
    private(set) var time: Int64?
    /// When the next picture is due.
    private var following: Int64?
    /// Seconds from the first picture.
    func seconds(_ timestamp: Int64) -> Double {
        Double(timestamp.subtractingReportingOverflow(origin).partialValue) * timeBase.value
    }
    /// The timestamp of a time in seconds.
    func ticks(_ seconds: Double) -> Int64 {
        guard timeBase.value > 0 else { return origin }
        let ticks = (seconds / timeBase.value).rounded()
        return abs(ticks) < 4e18 ? origin.addingReportingOverflow(Int64(ticks)).partialValue : Int64.max / 2
    }
}
