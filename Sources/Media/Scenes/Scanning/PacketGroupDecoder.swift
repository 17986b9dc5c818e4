import CMedia

/// Decodes groups of packets one after the other, on the calling thread. One thread at a time.
///
/// `@unchecked Sendable`: made by one thread, handed to another, used by that one alone.
final class PacketGroupDecoder: @unchecked Sendable {
    private let context: UnsafeMutablePointer<AVCodecContext>
    private let frame: UnsafeMutablePointer<AVFrame>
    private let width: Int32, height: Int32, format: Int32
    /// The picture decoded last, whether or not it is its turn to be shown; see `cm_keep_latest`.
    let latest: UnsafeMutablePointer<AVFrame>

    /// - Parameter inOrder: false when `latest` is to be kept.
    /// Throws `ParallelScan.NotPossible`.
    init(_ stream: UnsafeMutablePointer<AVStream>, inOrder: Bool) throws {
        var context: UnsafeMutablePointer<AVCodecContext>?
        guard cm_open_decoder(stream, 1, Int64(MediaInput.mostPixels(image: false)), &context) == 0, let context,
            let frame = av_frame_alloc(), let latest = av_frame_alloc()
        else { throw ParallelScan.NotPossible() }
        (self.context, self.frame, self.latest) = (context, frame, latest)
        let parameters = stream.pointee.codecpar.pointee
        (width, height, format) = (parameters.width, parameters.height, parameters.format)
        if !inOrder { cm_keep_latest(context, latest) }
    }
    deinit {
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
        for frame in [frame, latest] {
            var frame: UnsafeMutablePointer<AVFrame>? = frame
            av_frame_free(&frame)
        }
    }

    /// Decodes a packet and gives the pictures whose turn it is, `nil` for the end of a group.
    ///
    /// Throws `ParallelScan.NotPossible` for damage and for another size or format than the file began with: what a decoder
    /// makes of these depends on what came before.
    func send(
        _ packet: UnsafeMutablePointer<AVPacket>?, _ give: (UnsafeMutablePointer<AVFrame>) throws -> Void
    ) throws {
        guard avcodec_send_packet(context, packet) == 0 else { throw ParallelScan.NotPossible() }
        while true {
            let code = avcodec_receive_frame(context, frame)
            if cm_is_again(code) != 0 { return }
            if cm_is_end(code) != 0 {
                avcodec_flush_buffers(context)
                return
            }
            guard code == 0, cm_is_damaged(frame) == 0, frame.pointee.best_effort_timestamp != cm_no_timestamp(),
                (frame.pointee.width, frame.pointee.height, frame.pointee.format) == (width, height, format)
            else { throw ParallelScan.NotPossible() }
            try give(frame)
        }
    }
}
