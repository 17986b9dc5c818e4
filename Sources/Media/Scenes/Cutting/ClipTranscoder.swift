import CMedia
import Base

/// Re-encodes one scene as a clip of its own: exactly its pictures, with their sound. One thread at a time.
///
/// As upstream's `ffmpeg -c:v libx264 -preset veryfast -crf 22 -c:a aac`, but cut on pictures and not on times. The pixel
/// format is kept where x264 has it. What readers do to a picture is done to the clip: rotated video is written upright,
/// with square pixels, whole pictures are made of fields, and HDR is tone-mapped to 8 bits.
struct ClipTranscoder {
    let file: VideoFile
    let options: SceneSplitter.Options

    /// Writes the clip and returns how many pictures it has; `report` is told how many there are so far. Throws `MediaError`,
    /// `FileError` or `Cancelled`.
    func write(
        _ scene: Scene, naming path: String, at temporary: String, _ monitor: Monitor?, _ report: (Int) -> Void
    ) throws -> Int {
        let pictures = try PictureDecoder(file.path), decoder = pictures.decoder
        let output = try MediaOutput(naming: path, at: temporary, format: "mp4")
        let sound = file.hasAudio ? try? SoundClip(file.path, decoder: decoder, scene, output) : nil
        let encoder = PictureEncoder(file, options, scene, output)
        if scene.start > 1 { try pictures.seek(before: scene.start, fps: file.fps) }
        var number = 0, isCounting = false, count = 0
        while let picture = try pictures.next() {
            defer { number += 1 }
            try monitor?.checkpoint()
            let timestamp = pictures.time
            if timestamp == nil, !isCounting {
                // A stream without times: its pictures can only be counted from the start of the file.
                isCounting = true
                if scene.start > 1, count == 0 {
                    try pictures.rewind()
                    number = -1
                    continue
                }
            }
            let tick = isCounting ? Int64(number) : timestamp ?? 0
            let (from, to) =
                isCounting
                ? (Int64(scene.startFrame), Int64(scene.endFrame)) : (scene.startTimestamp, scene.endTimestamp)
            if tick < from { continue }
            if tick >= to { break }
            if count == 0 {
                try encoder.open(picture, timeBase: decoder.timeBase, counting: isCounting)
                try sound?.open()
                try output.begin("movflags=+faststart")
            }
            try encoder.encode(picture, tick: tick &- from)
            count += 1
            if count % 8 == 0 { report(count) }
            try sound?.encode(until: isCounting ? scene.end : decoder.seconds(tick))
        }
        guard count > 0 else {
            let reason = "no picture decodes between \(Timecode.text(scene.start)) and \(Timecode.text(scene.end))"
            throw MediaError.damaged(path: file.path, time: scene.start, reason: reason)
        }
        try sound?.encode(until: scene.end)
        try sound?.flush()
        try output.finish()
        return count
    }
}

/// The picture side of a clip.
private final class PictureEncoder {
    private let file: VideoFile, options: SceneSplitter.Options, scene: Scene, output: MediaOutput
    private let converter: FrameConverter
    private var stream: Int32 = -1, format = AV_PIX_FMT_YUV420P.rawValue
    private var tickBase = Rational(1), rate: Rational?, lastTime = Int64(-1)
    /// The planes of the source are the clip's, at most turned; otherwise pictures go by way of RGB.
    private var keepsPlanes = true, isHDR = false

    init(_ file: VideoFile, _ options: SceneSplitter.Options, _ scene: Scene, _ output: MediaOutput) {
        (self.file, self.options, self.scene, self.output) = (file, options, scene, output)
        converter = FrameConverter(path: file.path, orientation: file.orientation)
    }

    /// Formats that players know; anything else becomes yuv420p.
    private static let kept = [
        AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUV422P, AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV420P10LE,
        AV_PIX_FMT_YUV422P10LE, AV_PIX_FMT_YUV444P10LE,
    ].map(\.rawValue)
    /// Those of them whose planes can be turned.
    private static let turned = [
        AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUV444P, AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_YUV444P10LE,
    ].map(\.rawValue)

    func open(_ picture: UnsafeMutablePointer<AVFrame>, timeBase: Rational, counting: Bool) throws {
        isHDR = file.isHDR || cm_is_hdr(Int32(picture.pointee.color_trc.rawValue)) != 0
        let fits = file.width % 2 == 0 && file.height % 2 == 0 && !file.isStretched && !isHDR
        let near = cm_encoder_format("libx264", picture.pointee.format)
        let canKeep = Self.kept.contains(picture.pointee.format) && near == picture.pointee.format
        keepsPlanes = fits && canKeep && (file.orientation == 1 || Self.turned.contains(picture.pointee.format))
        format = keepsPlanes ? near : AV_PIX_FMT_YUV420P.rawValue
        // A steady rate is written exactly; the source's ticks may be coarser than it.
        let steady = !file.isVariableRate || counting
        let exact = abs(file.realRate.value - file.averageRate.value) < 0.001 * file.averageRate.value
        rate = steady ? (exact ? file.realRate : file.averageRate) : nil
        tickBase = counting ? Rational(file.averageRate.denominator, max(1, file.averageRate.numerator)) : timeBase
        let base = rate.map { Rational($0.denominator, max(1, $0.numerator)) } ?? timeBase

        var encoder: UnsafeMutablePointer<AVCodecContext>?
        let tags = try prepared(picture)
        defer {
            var tags: UnsafeMutablePointer<AVFrame>? = tags
            av_frame_free(&tags)
        }
        let settings = VideoWriter.settings(crf: options.crf, preset: options.preset)
        try output.check(
            cm_open_encoder(
                "libx264", tags.pointee.width, tags.pointee.height, format, base.av, file.averageRate.av, settings,
                output.wantsGlobalHeader ? 1 : 0, tags, &encoder))
        if let encoder { stream = try output.add(encoder) }
    }

    func encode(_ picture: UnsafeMutablePointer<AVFrame>, tick: Int64) throws {
        let frame = try prepared(picture)
        defer {
            var frame: UnsafeMutablePointer<AVFrame>? = frame
            av_frame_free(&frame)
        }
        let seconds = Double(tick) * tickBase.value
        // A damaged file's times may be anything, and stand still.
        let most = Int64(1) << 60
        let time =
            rate.map { Int64(min(max((seconds * $0.value).rounded(), 0), Double(most))) } ?? min(max(tick, 0), most)
        lastTime = max(time, lastTime + 1)
        frame.pointee.pts = lastTime
        if rate != nil { frame.pointee.pkt_duration = 1 }
        frame.pointee.pict_type = AV_PICTURE_TYPE_NONE  // else x264 would repeat the source's choices
        try output.encode(frame, to: stream)
    }

    /// The picture as the encoder takes it; the caller frees it.
    private func prepared(_ picture: UnsafeMutablePointer<AVFrame>) throws -> UnsafeMutablePointer<AVFrame> {
        var frame: UnsafeMutablePointer<AVFrame>?
        if keepsPlanes, picture.pointee.format == format {
            if file.orientation > 1 {
                try output.check(cm_turn(picture, Int32(file.orientation), &frame))
            } else {
                frame = av_frame_clone(picture)
            }
        } else {
            let rgb = try converter.frame(picture, width: file.width, height: file.height)
            frame = av_frame_alloc()
            if let frame {
                frame.pointee.width = Int32(file.width + file.width % 2)
                frame.pointee.height = Int32(file.height + file.height % 2)
                frame.pointee.format = format
                (frame.pointee.color_range, frame.pointee.colorspace) = (AVCOL_RANGE_MPEG, AVCOL_SPC_SMPTE170M)
                if isHDR {
                    (frame.pointee.color_primaries, frame.pointee.color_trc) = (AVCOL_PRI_BT709, AVCOL_TRC_BT709)
                }
                frame.pointee.sample_aspect_ratio = file.isStretched ? AVRational(num: 1, den: 1) : file.sampleAspect.av
                try output.check(av_frame_get_buffer(frame, 0))
                try output.check(
                    cm_fill(frame, rgb.pixels, Int32(file.width), Int32(file.height), 3))
            }
        }
        guard let frame else { throw MediaError.unwritable(path: output.path, reason: "no memory for a picture") }
        return frame
    }
}
