import CMedia
import Base
import Glibc

/// An open container and the choice of its streams. One thread at a time.
final class MediaInput {
    let path: String
    let context: UnsafeMutablePointer<AVFormatContext>
    /// Set when the file is one picture.
    let image: ImageKind?
    /// EXIF orientation of an image, 1…8.
    let imageOrientation: Int
    let bytes: Int

    /// Containers that can hold pictures, and a few of sound alone so that the message can say so. Everything else
    /// (playlists, image sequences, ANSI art out of text files…) is refused.
    private static let formats = """
        mov,mp4,matroska,webm,avi,mpeg,mpegts,mpegvideo,mpegtsraw,flv,live_flv,asf,ogg,gif,apng,h264,hevc,vc1,av1,ivf,obu,\
        mjpeg,m4v,dv,mxf,nut,rm,wtv,yuv4mpegpipe,swf,h263,h261,dirac,mp3,wav,flac,aac,ac3,aiff,amr,caf,w64
        """
    private static let openingSeconds = 8.0

    /// Throws `FileError` or `MediaError`.
    init(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError.last("open", path) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw MediaError.unreadable(path: path, reason: "it is a folder")
        default: throw MediaError.unreadable(path: path, reason: "it is a pipe or a device, not a file")
        }
        guard status.st_size > 0 else { throw MediaError.unreadable(path: path, reason: "it is empty (0 bytes)") }
        let head = try Self.firstBytes(of: path)
        guard !head.allSatisfy({ $0 == 0 }) else {
            throw MediaError.unreadable(path: path, reason: "it starts with nothing but zeros")
        }
        let image = ImageKind(firstBytes: head)
        let orientation = try image.map { Exif.orientation(of: $0, in: try Files.read(path)) } ?? 1
        var context: UnsafeMutablePointer<AVFormatContext>?
        cm_log_clear()
        let code = cm_open(path, image?.demuxer, image == nil ? Self.formats : nil, Self.openingSeconds, &context)
        guard code == 0, let context else {
            let reason = cm_is_exit(code) != 0 ? "it takes too long to open" : Self.reason(code)
            if Self.isAboutEncryption(reason) { throw MediaError.encrypted(path: path) }
            throw MediaError.unreadable(path: path, reason: reason)
        }
        (self.path, self.context, self.image, bytes) = (path, context, image, Int(status.st_size))
        imageOrientation = orientation
    }
    deinit {
        var context: UnsafeMutablePointer<AVFormatContext>? = context
        cm_close(&context)
    }

    /// The streams in the order of the file.
    var streams: [UnsafeMutablePointer<AVStream>] {
        (0..<Int32(context.pointee.nb_streams)).compactMap { cm_stream(context, $0) }
    }
    func stream(_ type: AVMediaType) -> UnsafeMutablePointer<AVStream>? {
        let candidates = streams.filter {
            $0.pointee.codecpar.pointee.codec_type == type && $0.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
        }
        let best = av_find_best_stream(context, type, -1, -1, nil, 0)
        return candidates.first { $0.pointee.index == best } ?? candidates.first
    }
    /// From here on only packets of this stream are read.
    func readOnly(_ stream: UnsafeMutablePointer<AVStream>) {
        for other in streams where other.pointee.index != stream.pointee.index { other.pointee.discard = AVDISCARD_ALL }
    }
    /// The stream of pictures, with a size. Throws `MediaError`.
    func videoStream() throws -> UnsafeMutablePointer<AVStream> {
        guard let stream = stream(AVMEDIA_TYPE_VIDEO) else {
            if streams.contains(where: { $0.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_AUDIO }) {
                throw MediaError.noVideo(path: path)
            }
            throw MediaError.unreadable(path: path, reason: "it holds no pictures")
        }
        let parameters = stream.pointee.codecpar.pointee
        guard parameters.width > 0, parameters.height > 0 else {
            let line = String(cString: cm_log_line())
            if Self.isAboutEncryption(line) { throw MediaError.encrypted(path: path) }
            throw MediaError.unreadable(path: path, reason: line.isEmpty ? "none of its pictures decodes" : line)
        }
        guard Int(parameters.width) * Int(parameters.height) <= Self.mostPixels(image: image != nil) else {
            throw MediaError.tooLarge(path: path, width: Int(parameters.width), height: Int(parameters.height))
        }
        return stream
    }

    /// The largest picture that is decoded: 8K for video (its decoder keeps up to 16), 128 megapixels for an image.
    static func mostPixels(image: Bool) -> Int { image ? 128 << 20 : 40 << 20 }

    /// Why FFmpeg refused, as a clause: its own words where it said something, else the code's.
    static func reason(_ code: Int32) -> String {
        let line = String(cString: cm_log_line())
        if !line.isEmpty { return line }
        var buffer = [CChar](repeating: 0, count: 128)
        cm_error_text(code, &buffer, buffer.count)
        let text = buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        let vague = text == "Invalid data found when processing input"
        return vague ? "its data is not in a format that can be read" : text
    }

    /// Where a fragment lacks what is said of its encryption, FFmpeg stops before any packet tells.
    private static func isAboutEncryption(_ reason: String) -> Bool {
        reason.contains("encrypt") || reason.contains("crypto")
    }

    private static func firstBytes(of path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw FileError.last("read", path) }
        return Array(bytes.prefix(count))
    }
}
