import CMedia

/// A decoded picture on its way to the scorer: a reference to the decoder's buffer.
///
/// `@unchecked Sendable`: FFmpeg's buffers are reference-counted across threads, and after decoding only read.
final class DecodedPicture: @unchecked Sendable {
    let frame: Int
    let timestamp: Int64, duration: Int64
    private var picture: UnsafeMutablePointer<AVFrame>?

    init(_ source: UnsafeMutablePointer<AVFrame>, frame: Int, timestamp: Int64) {
        (self.frame, self.timestamp, picture) = (frame, timestamp, av_frame_clone(source))
        duration = max(0, source.pointee.pkt_duration)
    }
    deinit { av_frame_free(&picture) }

    /// What scores are made from. Throws `MediaError`.
    func described(by scorer: PictureScorer) throws -> PictureSignature {
        guard let picture else { throw MediaError.unsupported(path: nil, what: "no memory for a picture") }
        return try scorer.describe(picture)
    }
}
