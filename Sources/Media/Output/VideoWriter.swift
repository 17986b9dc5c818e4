import CMedia
import Base

/// Writes RGB frames as h264 in mp4, yuv420p, BT.601 limited range and tagged so.
///
/// h264 with halved colour has even sides: a picture with an odd side gets its last column or row repeated once.
public final class VideoWriter {
    /// How to encode.
    public struct Options: Sendable {
        /// Pictures a second, exact.
        public var rate: Rational
        /// x264's constant quality, 0 (lossless) to 51; upstream writes its videos with 18.
        public var crf: Int
        /// x264's speed preset: `ultrafast` … `veryslow`.
        public var preset: String
        /// Encoder threads, 0 for one a core. The file depends on their number and on nothing else.
        public var threads = 0

        /// `rate` pictures a second at a quality where losses are hard to see.
        public init(rate: Rational, crf: Int = 18, preset: String = "medium") {
            (self.rate, self.crf, self.preset) = (rate, crf, preset)
        }
    }
    /// x264's presets, fastest first.
    public static let presets = [
        "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo",
    ]

    /// x264's options. Without its tree of macroblocks, which reads memory that nobody has written: with it the same pictures make
    /// other files.
    static func settings(crf: Int, preset: String) -> String { "crf=\(crf):preset=\(preset):mbtree=0" }

    private let output: MediaOutput
    private let options: Options
    private var frame: UnsafeMutablePointer<AVFrame>?
    private var stream: Int32 = -1
    private var size: (width: Int, height: Int, channels: Int)?
    /// Pictures written so far.
    public private(set) var count = 0

    /// Writes the frames that `body` appends to `path`, which appears whole or not at all. All have the first one's size.
    ///
    /// Throws what `body` throws, `MediaError` (no frame at all, a frame of another size, an option out of its range) or
    /// `FileError`.
    public static func write(to path: String, _ options: Options, _ body: (VideoWriter) throws -> Void) throws {
        guard options.rate.numerator > 0, options.rate.value <= 1000 else {
            throw MediaError.option(name: "fps", value: "\(options.rate)", allowed: "above 0, at most 1000")
        }
        guard (0...51).contains(options.crf) else {
            throw MediaError.option(name: "crf", value: "\(options.crf)", allowed: "from 0 to 51")
        }
        guard presets.contains(options.preset) else {
            let hint = Suggestion.hint(for: options.preset, in: presets)
            throw MediaError.option(
                name: "preset", value: "'\(options.preset)'\(hint)",
                allowed: "one of \(presets.joined(separator: ", "))")
        }
        guard Files.isFolder(Path.folder(path)) else { throw FileError.missing(Path.folder(path)) }
        try AtomicFile.replace(path) { temporary in
            let writer = try VideoWriter(naming: path, at: temporary, options)
            try body(writer)
            guard writer.count > 0 else {
                throw MediaError.unwritable(path: path, reason: "there are no pictures to write")
            }
            try writer.output.finish()
        }
    }

    /// Writes frames that are all there.
    public static func write(_ frames: some Sequence<Frame>, to path: String, _ options: Options) throws {
        try write(to: path, options) { writer in
            for frame in frames { try writer.append(frame) }
        }
    }

    private init(naming path: String, at temporary: String, _ options: Options) throws {
        self.options = options
        output = try MediaOutput(naming: path, at: temporary, format: "mp4")
    }
    deinit { av_frame_free(&frame) }

    /// Appends one picture, RGB or grey. Throws `MediaError` or `FileError`.
    public func append(_ picture: Frame) throws {
        if size == nil { try start(picture) }
        guard let size, let frame else { return }
        guard (picture.width, picture.height, picture.channels) == size else {
            let sizes = "\(picture.width)x\(picture.height), the ones before \(size.width)x\(size.height)"
            throw MediaError.unwritable(path: output.path, reason: "picture \(count + 1) has another size: \(sizes)")
        }
        try output.check(
            cm_fill(frame, picture.pixels, Int32(size.width), Int32(size.height), Int32(size.channels)))
        frame.pointee.pts = Int64(count)
        frame.pointee.pkt_duration = 1
        try output.encode(frame, to: stream)
        count += 1
    }

    private func start(_ picture: Frame) throws {
        guard picture.width > 0, picture.height > 0, picture.width <= 16384, picture.height <= 16384 else {
            let found = "\(picture.width)x\(picture.height)"
            throw MediaError.option(name: "size", value: found, allowed: "1x1 to 16384x16384")
        }
        size = (picture.width, picture.height, picture.channels)
        guard let frame = av_frame_alloc() else { throw MediaError.unwritable(path: output.path, reason: "no memory") }
        self.frame = frame
        let (width, height) = (Int32(picture.width + picture.width % 2), Int32(picture.height + picture.height % 2))
        (frame.pointee.width, frame.pointee.height, frame.pointee.format) = (width, height, AV_PIX_FMT_YUV420P.rawValue)
        (frame.pointee.color_range, frame.pointee.colorspace) = (AVCOL_RANGE_MPEG, AVCOL_SPC_SMPTE170M)
        (frame.pointee.color_primaries, frame.pointee.color_trc) = (AVCOL_PRI_BT709, AVCOL_TRC_BT709)
        try output.check(av_frame_get_buffer(frame, 0))
        let rate = options.rate
        let settings = Self.settings(crf: options.crf, preset: options.preset) + ":threads=\(options.threads)"
        var encoder: UnsafeMutablePointer<AVCodecContext>?
        try output.check(
            cm_open_encoder(
                "libx264", width, height, AV_PIX_FMT_YUV420P.rawValue,
                Rational(rate.denominator, rate.numerator).av, rate.av, settings, output.wantsGlobalHeader ? 1 : 0,
                frame,
                &encoder))
        guard let encoder else { return }
        stream = try output.add(encoder)
        try output.begin("movflags=+faststart")
    }
}
