import CMedia
import Base

/// The sound of one scene, decoded, cut to the sample and encoded as AAC. One thread at a time.
final class SoundClip {
    private let input: MediaInput, output: MediaOutput
    private let stream: UnsafeMutablePointer<AVStream>
    private let origin: Double, start: Double, end: Double  // seconds in the container's own times
    private var decoder: UnsafeMutablePointer<AVCodecContext>?
    private var encoder: UnsafeMutablePointer<AVCodecContext>?
    private var resampler: OpaquePointer?
    private var fifo: OpaquePointer?
    private var packet = av_packet_alloc(), frame = av_frame_alloc(), converted = av_frame_alloc()
    private var target: Int32 = -1
    private var written: Int64?, position = 0.0, isDraining = false, isOver = false

    /// Throws `MediaError` when the sound cannot be decoded; the clip is then written without.
    init(_ path: String, decoder video: VideoDecoder, _ scene: Scene, _ output: MediaOutput) throws {
        origin = Double(video.origin) * video.timeBase.value
        (start, end) = (scene.start + origin, scene.end + origin)
        input = try Self.input(path, from: scene.start > 0 ? start : nil)
        self.output = output
        guard let stream = input.stream(AVMEDIA_TYPE_AUDIO) else { throw MediaError.noVideo(path: path) }
        self.stream = stream
        try output.check(cm_open_decoder(stream, 1, Int64.max, &decoder))
        guard let decoder, decoder.pointee.sample_rate > 0, decoder.pointee.ch_layout.nb_channels > 0 else {
            throw MediaError.unsupported(path: path, what: "its sound says neither rate nor channels")
        }
    }
    /// The file with only its sound to be read, from a little before a time or from the beginning.
    private static func input(_ path: String, from time: Double?) throws -> MediaInput {
        func open() throws -> (MediaInput, UnsafeMutablePointer<AVStream>) {
            let input = try MediaInput(path)
            guard let stream = input.stream(AVMEDIA_TYPE_AUDIO) else { throw MediaError.noVideo(path: path) }
            input.readOnly(stream)
            return (input, stream)
        }
        let (input, stream) = try open()
        let base = Rational(stream.pointee.time_base).value
        guard let time, base > 0 else { return input }
        // Half a second before: a decoder needs a few packets to get going. Without an index a seek may end up after the
        // time, so what comes first is looked at.
        var packet = av_packet_alloc(), back = 0.5, hasMoved = false
        defer { av_packet_free(&packet) }
        let first = stream.pointee.start_time == cm_no_timestamp() ? 0 : Double(stream.pointee.start_time) * base
        while let packet, time - back > first, (time - back) / base < 1e18 {
            hasMoved = true
            func jump() -> Bool {
                av_seek_frame(
                    input.context, stream.pointee.index, Int64((time - back) / base), AVSEEK_FLAG_BACKWARD) >= 0
            }
            if jump(), Self.next(packet, of: stream, in: input) {
                let stamp = packet.pointee.pts
                av_packet_unref(packet)
                if stamp != cm_no_timestamp(), Double(stamp) * base <= time, jump() { return input }
            }
            back *= 4
        }
        return hasMoved ? try open().0 : input
    }
    deinit {
        avcodec_free_context(&decoder)
        swr_free(&resampler)
        if let fifo { av_audio_fifo_free(fifo) }
        av_packet_free(&packet)
        av_frame_free(&frame)
        av_frame_free(&converted)
    }

    /// Adds the stream to the output, before its header is written.
    func open() throws {
        guard let decoder else { return }
        try output.check(cm_open_aac(decoder, output.wantsGlobalHeader ? 1 : 0, &encoder))
        guard let encoder else { return }
        target = try output.add(encoder)
        try output.check(cm_open_resampler(decoder, encoder, &resampler))
        fifo = av_audio_fifo_alloc(encoder.pointee.sample_fmt, encoder.pointee.ch_layout.nb_channels, 4096)
    }

    /// Decodes and encodes up to a time of the video (seconds from its first picture).
    func encode(until seconds: Double) throws {
        guard let frame, let packet, let decoder, encoder != nil else { return }
        let limit = min(end, origin + seconds + 1)  // a little ahead, so that the container interleaves well
        while !isOver, position < limit || position == 0 {
            let code = avcodec_receive_frame(decoder, frame)
            if code == 0 {
                try take(frame)
            } else if cm_is_end(code) != 0 || isDraining {
                isOver = true
            } else {
                feed(packet)
            }
        }
    }

    /// Encodes what is left.
    func flush() throws {
        guard encoder != nil else { return }
        try drain(all: true)
    }

    private func feed(_ packet: UnsafeMutablePointer<AVPacket>) {
        isDraining = !Self.next(packet, of: stream, in: input)
        avcodec_send_packet(decoder, isDraining ? nil : packet)  // a damaged packet is a short silence, not an end
        av_packet_unref(packet)
    }
    /// Reads the next packet of the stream, false at the end.
    private static func next(
        _ packet: UnsafeMutablePointer<AVPacket>, of stream: UnsafeMutablePointer<AVStream>, in input: MediaInput
    ) -> Bool {
        while av_read_frame(input.context, packet) >= 0 {
            if packet.pointee.stream_index == stream.pointee.index { return true }
            av_packet_unref(packet)
        }
        return false
    }

    /// Cuts a decoded frame to the scene and queues it for the encoder.
    private func take(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        defer { av_frame_unref(frame) }
        guard let encoder, let converted, frame.pointee.nb_samples > 0, frame.pointee.sample_rate > 0 else { return }
        let rate = Double(frame.pointee.sample_rate)
        let stamp = frame.pointee.best_effort_timestamp
        let time = stamp == cm_no_timestamp() ? position : Double(stamp) * Rational(stream.pointee.time_base).value
        position = max(position, time + Double(frame.pointee.nb_samples) / rate)
        if time >= end { isOver = true }
        let skip = max(0, ((start - time) * rate).rounded())
        guard skip < Double(frame.pointee.nb_samples), time < end else { return }
        let keep = min(Double(frame.pointee.nb_samples), ((end - time) * rate).rounded())
        guard keep > skip else { return }
        frame.pointee.nb_samples = Int32(keep)
        if skip > 0 { cm_drop_samples(frame, Int32(skip)) }
        if written == nil {
            // Sound that starts later than the picture stays that much later.
            written = Int64((max(0, time - start) * Double(encoder.pointee.sample_rate)).rounded())
        }
        av_frame_unref(converted)
        converted.pointee.sample_rate = encoder.pointee.sample_rate
        converted.pointee.format = encoder.pointee.sample_fmt.rawValue
        try output.check(av_channel_layout_copy(&converted.pointee.ch_layout, &encoder.pointee.ch_layout))
        guard swr_convert_frame(resampler, converted, frame) >= 0 else { return }  // its format changed midway
        try queue(converted)
        try drain(all: false)
    }
    private func queue(_ frame: UnsafeMutablePointer<AVFrame>) throws {
        let count = frame.pointee.nb_samples
        guard count > 0, let planes = frame.pointee.extended_data else { return }
        try planes.withMemoryRebound(to: UnsafeMutableRawPointer?.self, capacity: 8) {
            try output.check(av_audio_fifo_write(fifo, $0, count))
        }
    }

    /// Encodes full frames out of the queue, with the rest when `all`.
    private func drain(all: Bool) throws {
        guard let encoder, let fifo else { return }
        let size = encoder.pointee.frame_size > 0 ? encoder.pointee.frame_size : 1024
        while av_audio_fifo_size(fifo) >= size || all && av_audio_fifo_size(fifo) > 0 {
            var block = av_frame_alloc()
            defer { av_frame_free(&block) }
            guard let block else { return }
            block.pointee.nb_samples = min(size, av_audio_fifo_size(fifo))
            block.pointee.format = encoder.pointee.sample_fmt.rawValue
            block.pointee.sample_rate = encoder.pointee.sample_rate
            try output.check(av_channel_layout_copy(&block.pointee.ch_layout, &encoder.pointee.ch_layout))
            try output.check(av_frame_get_buffer(block, 0))
            guard let planes = block.pointee.extended_data else { return }
            try planes.withMemoryRebound(to: UnsafeMutableRawPointer?.self, capacity: 8) {
                try output.check(av_audio_fifo_read(fifo, $0, block.pointee.nb_samples))
            }
            block.pointee.pts = written ?? 0
            written = (written ?? 0) + Int64(block.pointee.nb_samples)
            try output.encode(block, to: target)
        }
    }
}
