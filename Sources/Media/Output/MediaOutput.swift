import CMedia
import Base
import Glibc

/// A container being written, under a temporary path that `AtomicFile` gave. One thread at a time.
final class MediaOutput {
    /// The path in errors: the one that the user named.
    let path: String
    private let temporary: String
    private var output: UnsafeMutablePointer<AVFormatContext>?
    private var encoders: [Int32: UnsafeMutablePointer<AVCodecContext>] = [:]
    private var packet = av_packet_alloc()

    /// Throws `MediaError` or `FileError`.
    init(naming path: String, at temporary: String, format: String? = nil) throws {
        (self.path, self.temporary) = (path, temporary)
        cm_log_clear()
        try check(cm_create(temporary, format, &output))
    }
    deinit {
        for (_, encoder) in encoders {
            var encoder: UnsafeMutablePointer<AVCodecContext>? = encoder
            avcodec_free_context(&encoder)
        }
        av_packet_free(&packet)
        cm_end(&output, 0)
    }

    /// Whether the container wants codec headers in one place.
    var wantsGlobalHeader: Bool {
        output.map { $0.pointee.oformat.pointee.flags & AVFMT_GLOBALHEADER != 0 } ?? false
    }

    /// Adds a stream that an encoder feeds, and takes the encoder. Returns its number.
    func add(_ encoder: UnsafeMutablePointer<AVCodecContext>) throws -> Int32 {
        guard let stream = avformat_new_stream(output, nil) else { throw failure(cm_no_memory()) }
        encoders[stream.pointee.index] = encoder
        try check(avcodec_parameters_from_context(stream.pointee.codecpar, encoder))
        stream.pointee.time_base = encoder.pointee.time_base
        if encoder.pointee.codec_type == AVMEDIA_TYPE_VIDEO {
            stream.pointee.avg_frame_rate = encoder.pointee.framerate
            stream.pointee.sample_aspect_ratio = encoder.pointee.sample_aspect_ratio
        }
        return stream.pointee.index
    }
    /// Adds a stream whose packets are copied from another file. Returns its number.
    func addCopy(of source: UnsafeMutablePointer<AVStream>) throws -> Int32 {
        guard let stream = avformat_new_stream(output, nil) else { throw failure(cm_no_memory()) }
        try check(avcodec_parameters_copy(stream.pointee.codecpar, source.pointee.codecpar))
        stream.pointee.codecpar.pointee.codec_tag = 0
        stream.pointee.time_base = source.pointee.time_base
        stream.pointee.avg_frame_rate = source.pointee.avg_frame_rate
        stream.pointee.sample_aspect_ratio = source.pointee.sample_aspect_ratio
        if let matrix = cm_display_matrix(source),
            let copy = av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, 36)
        {
            memcpy(copy, matrix, 36)
        }
        return stream.pointee.index
    }

    /// Writes the header: no stream can be added after this.
    func begin(_ options: String? = nil) throws { try check(cm_begin(output, temporary, options)) }

    /// Encodes a frame whose timestamp is in the encoder's time base; `nil` flushes.
    func encode(_ frame: UnsafeMutablePointer<AVFrame>?, to stream: Int32) throws {
        guard let encoder = encoders[stream], let packet else { return }
        try check(avcodec_send_frame(encoder, frame))
        while true {
            let code = avcodec_receive_packet(encoder, packet)
            if cm_is_again(code) != 0 || cm_is_end(code) != 0 { return }
            try check(code)
            packet.pointee.stream_index = stream
            try write(packet, from: encoder.pointee.time_base)
        }
    }
    /// Writes a packet whose times are in `base`. Takes its contents.
    func write(_ packet: UnsafeMutablePointer<AVPacket>, from base: AVRational) throws {
        guard let output, let stream = cm_stream(output, packet.pointee.stream_index) else { return }
        av_packet_rescale_ts(packet, base, stream.pointee.time_base)
        packet.pointee.pos = -1
        try check(av_interleaved_write_frame(output, packet))
    }
    /// Flushes all encoders and completes the file.
    func finish() throws {
        for stream in encoders.keys.sorted() { try encode(nil, to: stream) }
        try check(cm_end(&output, 1))
    }

    /// Throws for a negative code: a system's error as `FileError`, any other as `MediaError`.
    func check(_ code: Int32) throws { if code < 0 { throw failure(code) } }

    private func failure(_ code: Int32) -> any Error {
        // FFmpeg hands the system's errors on as their negative numbers; its own lie far below.
        if code < 0, code > -1000, code != -EINVAL {
            return code == -ENOENT
                ? FileError.missing(Path.folder(path)) : FileError.system(operation: "write", path: path, code: -code)
        }
        return MediaError.unwritable(path: path, reason: MediaInput.reason(code))
    }
}
