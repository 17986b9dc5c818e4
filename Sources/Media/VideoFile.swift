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
    /// Pixels of the upright picture, after rotation. Not stretched by `sampleAspect`.
    public let width: Int, height: Int
    /// Shape of one pixel, width to height; 1 for square pixels.
    public let sampleAspect: Rational
    /// Pictures a second on average over the file, as the container has it (decord's `get_avg_fps`); 1 for an image.
    public let averageRate: Rational
    /// The rate of which all timestamps are multiples (FFmpeg's `r_frame_rate`); differs from the average in VFR files.
    public let realRate: Rational
    /// True when nothing in the file tells a rate and 25 was taken.
    public let isRateGuessed: Bool
    /// How many pictures: what the container says. `countFrames` decodes and counts.
    public let frames: FrameCount
    /// Seconds; 0 for an image.
    public let duration: Double
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
    /// Coded in fields. They are read as they are stored, not deinterlaced.
    public let isInterlaced: Bool
    /// Timestamps are not evenly spaced.
    public let isVariableRate: Bool
    /// There is a sound track.
    public let hasAudio: Bool
    /// Has an alpha channel, which readers drop.
    public let hasAlpha: Bool
    /// One picture in an image format (told by content, not by name).
    public let isImage: Bool

    /// Degrees clockwise that the stored picture is turned by: 0, 90, 180 or 270.
    public var rotation: Int {
        switch orientation {
        case 3, 4: 180
        case 5, 6: 90
        case 7, 8: 270
        default: 0
        }
    }
    /// Pictures a second, the container's average.
    public var fps: Double { averageRate.value }

    /// Reads the headers. Throws `FileError` when there is no such file, else `MediaError`.
    public init(_ path: String) throws {
        try self.init(MediaInput(path))
    }

    init(_ input: MediaInput) throws {
        let stream = try input.videoStream()
        let parameters = stream.pointee.codecpar.pointee
        (path, bytes, isImage) = (input.path, input.bytes, input.image != nil)
        orientation = isImage ? input.imageOrientation : Self.orientation(of: stream)
        let (w, h) = (Int(parameters.width), Int(parameters.height))
        (width, height) = orientation >= 5 ? (h, w) : (w, h)
        let aspect = av_guess_sample_aspect_ratio(input.context, stream, nil)
        let (across, down) = aspect.num > 0 && aspect.den > 0 ? (Int(aspect.num), Int(aspect.den)) : (1, 1)
        sampleAspect = orientation >= 5 ? Rational(down, across) : Rational(across, down)

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

        if isImage {
            (averageRate, realRate, isRateGuessed, isVariableRate) = (Rational(1), Rational(1), false, false)
            (frames, duration) = (FrameCount(1, isExact: true), 0)
            return
        }
        let average = Rational(stream.pointee.avg_frame_rate), real = Rational(stream.pointee.r_frame_rate)
        let guess = Rational(av_guess_frame_rate(input.context, stream, nil))
        let known = [average, real, guess].first { $0.numerator > 0 && $0.value < 100_000 }
        (averageRate, isRateGuessed) = (known ?? Rational(25), known == nil)
        realRate = real.numerator > 0 ? real : averageRate

        var spacingVaries: Int32 = 0, shown: Int32 = 0
        let indexed = Int(cm_index(stream, &shown, &spacingVaries))
        // An index that lists every picture tells; without one, two rates that differ by more than rounding do.
        let complete = stream.pointee.nb_frames == 0 || Int64(indexed) >= stream.pointee.nb_frames
        let listsAll = indexed > 2 && complete && container.contains("mp4")
        let apart = abs(realRate.value - averageRate.value) > 0.02 * averageRate.value
        isVariableRate = listsAll ? spacingVaries != 0 : apart

        let (none, base) = (cm_no_timestamp(), Rational(stream.pointee.time_base).value)
        let whole = input.context.pointee.duration
        let ofFile = whole != none ? Double(whole) / Double(AV_TIME_BASE) : 0
        let seconds = stream.pointee.duration != none ? Double(stream.pointee.duration) * base : ofFile
        // What an edit list leaves out (trimming without re-encoding writes one) is in the header's count, and decoded,
        // but never shown. The index of an mp4 has all that is there, the fragments' too, and knows.
        let isIndexed = shown > 0 && container.contains("mp4")
        let counted = isIndexed ? Int(shown) : max(0, Int(stream.pointee.nb_frames))
        let told = seconds.isFinite && seconds > 0 && seconds < 1e8
        let estimate = counted > 0 ? counted : told ? Int((seconds * averageRate.value).rounded()) : 0
        frames = FrameCount(max(estimate, 0), isExact: false)
        duration = told ? seconds : Double(estimate) / averageRate.value
    }

    /// Decodes the whole file and counts the pictures that come out.
    ///
    /// Throws `MediaError` when none does, `Cancelled` when the monitor stops it.
    public func countFrames(_ monitor: Monitor? = nil) throws -> FrameCount { try readToEnd(monitor).frames }

    /// Decodes the whole file: the pictures that come out, and how many parts of it did not decode and were stepped over.
    ///
    /// Throws `MediaError` when no picture does, `Cancelled` when the monitor stops it.
    public func readToEnd(_ monitor: Monitor? = nil) throws -> (frames: FrameCount, damage: Int) {
        if isImage { return (frames, 0) }
        let decoder = try VideoDecoder(path)
        var count = 0
        while try decoder.next() != nil {
            count += 1
            try monitor?.checkpoint()
            if count % 32 == 0 {
                monitor?.report(Progress("counting", count, of: frames.value > 0 ? frames.value : nil, "frames"))
            }
        }
        return (FrameCount(count, isExact: true), decoder.damage)
    }

    /// The picture shown at `seconds` (the last one that starts at or before it), at source size or scaled to fit
    /// `width × height`. Past the end: the last picture. Throws `MediaError`.
    public func frame(at seconds: Double = 0, width: Int? = nil, height: Int? = nil) throws -> Frame {
        var options = FrameReader.Options()
        (options.start, options.width, options.height, options.threads) = (max(0, seconds), width, height, 1)
        if let frame = try FrameReader(self, options).next() { return frame }
        guard seconds > 0 else { throw MediaError.unreadable(path: path, reason: "it has no pictures") }
        // Beyond the last picture: the last one, looked for from ever further back.
        var back = 1.0
        while true {
            options.start = max(0, min(seconds, duration) - back)
            var last: Frame?
            let reader = try FrameReader(self, options)
            while let frame = try reader.next() { last = frame }
            if let last { return last }
            guard options.start > 0 else { throw MediaError.unreadable(path: path, reason: "it has no pictures") }
            back *= 4
        }
    }

    /// `count` pictures evenly spread over the file (one of an image), each fitted into a box of pixels without being
    /// enlarged. Throws `MediaError`.
    public func stills(_ count: Int, width: Int, height: Int) throws -> [Frame] {
        let scale = min(1, Double(width) / Double(self.width), Double(height) / Double(self.height))
        let size = (max(1, Int(Double(self.width) * scale)), max(1, Int(Double(self.height) * scale)))
        return try (0..<(isImage ? 1 : max(1, count))).map { place in
            let time = duration * (Double(place) + 0.5) / Double(max(1, count))
            return try frame(at: time, width: size.0, height: size.1)
        }
    }

    /// The first `count` pictures (fewer when the video is shorter), as `FrameReader` gives them.
    public func frames(first count: Int, width: Int? = nil, height: Int? = nil) throws -> [Frame] {
        var options = FrameReader.Options()
        (options.width, options.height, options.count) = (width, height, count)
        let reader = try FrameReader(self, options)
        var frames: [Frame] = []
        while frames.count < count, let frame = try reader.next() { frames.append(frame) }
        return frames
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

/// How many pictures a video has, and how sure that is.
public struct FrameCount: Sendable, Hashable, CustomStringConvertible {
    /// Pictures; 0 when nothing tells.
    public let value: Int
    /// True when every picture was decoded and counted, or the file is an image. Otherwise the number is what the
    /// container says, or duration × rate.
    public let isExact: Bool

    /// A count, and whether it was counted.
    public init(_ value: Int, isExact: Bool) { (self.value, self.isExact) = (value, isExact) }
    /// `"250"`, or `"~250"` when it is an estimate.
    public var description: String { isExact ? "\(value)" : "~\(value)" }
}

extension VideoFile {
    /// Decodes an image and says what readers of it do not honour, a sentence each; empty for a video.
    ///
    /// Throws `MediaError` for an image that is cut off or damaged.
    public func imageRemarks() throws -> [String] {
        guard isImage else { return [] }
        let decoder = try VideoDecoder(path)
        guard let picture = try decoder.next(), let block = FrameConverter.profileBlock(of: picture),
            ColorProfile(block) == nil
        else { return [] }
        let space = ColorProfile.space(of: block)
        let kind = space.isEmpty || space == "RGB" ? "damaged colour profile" : "\(space) colour profile"
        return ["its \(kind) is not applied; save it as an sRGB image for true colours"]
    }
}
