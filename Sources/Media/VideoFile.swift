import Base
import CMedia

/// What a video or image file is, read from its headers (and its first pictures where those say too little).
///
/// Opening takes milliseconds and decodes nothing that the format's headers tell. A value: it holds no open file.
public struct VideoFile: Sendable {
    /// The file as it was named.
    public let path: String
    /// Bytes in the file.
    public let bytes: Int
    /// Pixels of the picture as it is shown: upright and, in a video, with square pixels.
    public let width: Int, height: Int
    /// Pixels of the stored picture, upright.
    public let codedWidth: Int, codedHeight: Int
    /// Shape of one stored pixel, width to height; 1 for square pixels.
    public let sampleAspect: Rational
    /// Pictures a second on average over the file: what the container says (decord's `get_avg_fps`), or where that cannot
    /// be, what the pictures' times say. 1 for an image.
    public var averageRate: Rational { timing.average }
    /// The rate of which all timestamps are multiples (FFmpeg's `r_frame_rate`); differs from the average in VFR files.
    public var realRate: Rational { timing.real }
    /// True when nothing in the file tells a rate and 25 was taken.
    public var isRateGuessed: Bool { timing.isRateGuessed }
    /// The rate that the header says where it is not believed.
    public var disbelievedRate: Rational? { timing.disbelieved }
    /// How many pictures: what the container says, or its packets. `countFrames` decodes and counts.
    public var frames: FrameCount { timing.frames }
    /// Seconds; 0 for an image, and where nothing tells (`isDurationKnown`).
    public var duration: Double { timing.duration }
    /// FFmpeg's name of the codec: `"h264"`.
    public let codec: String
    /// FFmpeg's name of the pixel format: `"yuv420p"`.
    public let pixelFormat: String
    /// FFmpeg's name of the container: `"mov,mp4,m4a,3gp,3g2,mj2"`.
    public let container: String
    /// Bits a sample: 8, 10, 12…
    public let bitDepth: Int
    /// EXIF orientation 1…8 of the stored pictures; readers turn them upright.
    public let orientation: Int
    /// PQ or HLG: readers tone-map to 8-bit sRGB-like.
    public let isHDR: Bool
    /// Coded in fields, of which readers make whole pictures (FFmpeg's bwdif); scene scores are of the pictures as coded.
    public let isInterlaced: Bool
    /// Timestamps are not evenly spaced.
    public var isVariableRate: Bool { timing.isVariable }
    /// Its pictures cannot be read without a key; readers refuse it.
    public var isEncrypted: Bool { timing.isEncrypted }
    /// There is a sound track.
    public let hasAudio: Bool
    /// Has an alpha channel, which readers drop.
    public let hasAlpha: Bool
    /// One picture in an image format (told by content, not by name).
    public let isImage: Bool
    private let timing: VideoTiming

    /// Degrees clockwise that the stored picture is turned by: 0, 90, 180 or 270.
    public var rotation: Int {
        switch orientation {
        case 3, 4: 180
        case 5, 6: 90
        case 7, 8: 270
        default: 0
        }
    }
    /// Pictures a second on average.
    public var fps: Double { averageRate.value }
    /// False for a video of which neither header nor packets say how long it is.
    public var isDurationKnown: Bool { isImage || duration > 0 }
    /// The stored pixels are not square, and so many that it shows: readers stretch the pictures.
    public var isStretched: Bool { (width, height) != (codedWidth, codedHeight) }

    /// Reads the headers, and the packets where those cannot be right. Throws `FileError` when there is no such file, else
    /// `MediaError`.
    public init(_ path: String) throws {
        try self.init(MediaInput(path))
    }

    init(_ input: MediaInput) throws {
        let stream = try input.videoStream()
        let parameters = stream.pointee.codecpar.pointee
        (path, bytes, isImage) = (input.path, input.bytes, input.image != nil)
        orientation = isImage ? input.imageOrientation : Self.orientation(of: stream)
        let (w, h) = (Int(parameters.width), Int(parameters.height))
        (codedWidth, codedHeight) = orientation >= 5 ? (h, w) : (w, h)
        let aspect = av_guess_sample_aspect_ratio(input.context, stream, nil)
        let (across, down) = aspect.num > 0 && aspect.den > 0 ? (Int(aspect.num), Int(aspect.den)) : (1, 1)
        sampleAspect = orientation >= 5 ? Rational(down, across) : Rational(across, down)
        let square = isImage ? w : Self.squareWidth(w, h, Double(across) / Double(down))
        (width, height) = orientation >= 5 ? (h, square) : (square, h)

        codec = String(cString: avcodec_get_name(parameters.codec_id))
        let format = AVPixelFormat(parameters.format)
        pixelFormat = av_get_pix_fmt_name(format).map { String(cString: $0) } ?? "unknown"
        let description = av_pix_fmt_desc_get(format)
        bitDepth = description.map { Int($0.pointee.comp.0.depth) } ?? 8
        hasAlpha = description.map { $0.pointee.flags & UInt64(AV_PIX_FMT_FLAG_ALPHA) != 0 } ?? false
        container = String(cString: input.context.pointee.iformat.pointee.name)
        isHDR = cm_is_hdr(Int32(parameters.color_trc.rawValue)) != 0
        isInterlaced = ![AV_FIELD_UNKNOWN, AV_FIELD_PROGRESSIVE].contains(parameters.field_order)
        hasAudio = input.stream(AVMEDIA_TYPE_AUDIO) != nil

        timing = isImage ? .image : VideoTiming(input, stream)
    }

    /// The width at which the stored picture has square pixels; its own where they are all but square, or the header is
    /// beyond belief.
    private static func squareWidth(_ width: Int, _ height: Int, _ aspect: Double) -> Int {
        let square = Double(width) * aspect
        guard abs(aspect - 1) > 0.01, (0.1...10).contains(aspect), square >= 1 else { return width }
        let pixels = Int(square.rounded())
        return pixels * height <= MediaInput.mostPixels(image: false) ? pixels : width
    }

    /// EXIF orientation out of the container's display matrix.
    private static func orientation(of stream: UnsafeMutablePointer<AVStream>) -> Int {
        guard let matrix = cm_display_matrix(stream) else { return 1 }
        // [a b; c d]: a picture whose determinant is negative is mirrored.
        let (a, b, c, d) = (Double(matrix[0]), Double(matrix[1]), Double(matrix[3]), Double(matrix[4]))
        let degrees = av_display_rotation_get(matrix)
        guard degrees.isFinite else { return 1 }
        let turns = ((Int((-degrees / 90).rounded()) % 4) + 4) % 4
        if a * d - b * c < 0 { return b == 0 ? (a < 0 ? 2 : 4) : (b > 0 ? 5 : 7) }
        return [1, 6, 3, 8][turns]
    }
}
