import CMedia
import Base

/// PNG and JPEG files out of frames.
public enum StillImage: String, Sendable {
    case png, jpeg

    /// The format that a file name asks for: `.png`, `.jpg` or `.jpeg`. Throws `MediaError.unsupported` for others.
    public init(forPath path: String) throws {
        switch Path.fileExtension(path) {
        case "png": self = .png
        case "jpg", "jpeg": self = .jpeg
        case let other:
            let found = other.isEmpty ? "no extension" : "'.\(other)'"
            throw MediaError.unsupported(path: path, what: "pictures are written as .png or .jpg, not with \(found)")
        }
    }

    /// Writes a frame as a PNG or JPEG by the name's extension; the file appears whole or not at all.
    ///
    /// - Parameter quality: of a JPEG, 1 to 100.
    public static func write(_ frame: Frame, to path: String, quality: Int = 92) throws {
        try AtomicFile.write(try StillImage(forPath: path).encode(frame, quality: quality, naming: path), to: path)
    }

    /// The bytes of the file.
    public func encode(_ picture: Frame, quality: Int = 92, naming path: String = "picture") throws -> [UInt8] {
        guard (1...100).contains(quality) else {
            throw MediaError.option(name: "quality", value: "\(quality)", allowed: "from 1 to 100")
        }
        func check(_ code: Int32) throws {
            if code < 0 { throw MediaError.unwritable(path: path, reason: MediaInput.reason(code)) }
        }
        var frame = av_frame_alloc(), packet = av_packet_alloc()
        var encoder: UnsafeMutablePointer<AVCodecContext>?
        defer {
            av_frame_free(&frame)
            av_packet_free(&packet)
            avcodec_free_context(&encoder)
        }
        guard let frame, let packet, picture.width > 0, picture.height > 0 else {
            throw MediaError.unwritable(path: path, reason: "the picture is empty")
        }
        let grey = picture.channels == 1
        let format = self == .jpeg ? AV_PIX_FMT_YUVJ444P : grey ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_RGB24
        (frame.pointee.width, frame.pointee.height) = (Int32(picture.width), Int32(picture.height))
        frame.pointee.format = format.rawValue
        frame.pointee.color_range = AVCOL_RANGE_JPEG
        cm_log_clear()
        try check(av_frame_get_buffer(frame, 0))
        try check(
            cm_fill(frame, picture.pixels, Int32(picture.width), Int32(picture.height), Int32(picture.channels)))
        // mjpeg's scale runs from 2 (best) to 31.
        let scale = 2 + (100 - quality) * 29 / 99
        let settings = self == .jpeg ? "flags=+qscale:global_quality=\(scale * Int(FF_QP2LAMBDA))" : nil
        try check(
            cm_open_encoder(
                self == .jpeg ? "mjpeg" : "png", Int32(picture.width), Int32(picture.height), format.rawValue,
                AVRational(num: 1, den: 1), AVRational(num: 1, den: 1), settings, 0, frame, &encoder))
        frame.pointee.pts = 0
        frame.pointee.quality = Int32(scale) * Int32(FF_QP2LAMBDA)
        try check(avcodec_send_frame(encoder, frame))
        try check(avcodec_send_frame(encoder, nil))
        try check(avcodec_receive_packet(encoder, packet))
        return Array(UnsafeBufferPointer(start: packet.pointee.data, count: Int(packet.pointee.size)))
    }
}
