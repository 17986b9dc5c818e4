import Base
import CMedia
import Glibc

/// What a video or image is like to look at and to hear: numbers that people otherwise judge by eye, clip by clip.
///
/// Pictures are measured in grey (BT.601, 0…255), scaled to fit 512 × 512 where they are larger.
public struct VideoMeasures: Sendable, Equatable {
    /// Mean change of a pixel from one picture to the next, 0…255, in pictures that fit 128 × 128; 0 for an image.
    public var motion = 0.0
    /// Variance of the Laplacian, averaged over about two pictures a second: below some tens a picture is blurred or empty.
    public var sharpness = 0.0
    /// Mean of all pixels of all pictures, 0 black to 255 white.
    public var brightness = 0.0
    /// The picture inside black bars, in pixels of the file; `nil` where there are none.
    public var picture: PictureRegion?
    /// Pictures that are the one before once more: less than 0.1 changes.
    public var repeated = 0
    /// Seconds of the longest stretch in which the picture stands still.
    public var still = 0.0
    /// How loud the sound is, in dB of full scale (ffmpeg's `mean_volume`), −120 for silence; `nil` without a sound track.
    public var sound: Double?
    /// Two a second, at most 240: a bit says whether a place is brighter than its right neighbour.
    var hashes: [UInt64] = []

    /// Decodes the whole file. Throws `MediaError` or `Cancelled`.
    public init(of file: VideoFile, _ monitor: Monitor = Monitor()) throws {
        var options = FrameReader.Options()
        let scale = min(1, 512 / Double(max(file.width, file.height)))
        options.width = max(1, Int((Double(file.width) * scale).rounded()))
        options.height = max(1, Int((Double(file.height) * scale).rounded()))
        let reader = try FrameReader(file, options)
        var before: Frame?, changes = 0.0, pairs = 0, standing = 0, longest = 0, sharp = 0.0, bright = 0.0, count = 0
        var bars = BarFinder(), samples = 0
        while let frame = try reader.next() {
            try monitor.checkpoint()
            let grey = frame.grey, small = grey.fitted(width: 128, height: 128)
            bright += small.mean
            count += 1
            if let before {
                let change = cm_difference(before.pixels, small.pixels, min(before.pixels.count, small.pixels.count))
                changes += change
                pairs += 1
                standing = change < 0.1 ? standing + 1 : 0
                if standing > 0 { repeated += 1 }
                longest = max(longest, standing)
            }
            before = small
            if frame.time >= Double(samples) / 2 - 1e-6 {
                samples = Int(frame.time * 2) + 1
                sharp += cm_sharpness(grey.pixels, Int32(grey.width), Int32(grey.height))
                if hashes.count < 240 { hashes.append(grey.differenceHash) }
                bars.look(at: grey)
            }
            if count % 16 == 0 {
                monitor.report(
                    Progress("measuring", count, of: file.frames.value > 0 ? file.frames.value : nil, "frames"))
            }
        }
        guard count > 0 else { throw MediaError.unreadable(path: file.path, reason: "it has no pictures") }
        motion = pairs > 0 ? changes / Double(pairs) : 0
        still = longest > 0 ? Double(longest + 1) / max(file.fps, 1e-6) : 0
        sharpness = sharp / Double(max(1, bars.looked))
        brightness = bright / Double(count)
        picture = try bars.picture(of: file)
        if file.hasAudio { sound = Self.loudness(of: file.path) }
    }

    private static func loudness(of path: String) -> Double? {
        guard let input = try? MediaInput(path), let stream = input.stream(AVMEDIA_TYPE_AUDIO) else { return nil }
        input.readOnly(stream)
        var decoder: UnsafeMutablePointer<AVCodecContext>?, loudness = cm_loudness()
        guard cm_open_decoder(stream, 1, Int64.max, &decoder) == 0 else { return nil }
        defer { avcodec_free_context(&decoder) }
        guard cm_sound(input.context, stream.pointee.index, decoder, &loudness) == 0, loudness.samples > 0 else {
            return nil
        }
        return max(-120, 20 * log10(loudness.level))
    }

    /// In a few words: `"motion 3.2, sharpness 120, bars, sound −21 dB"`.
    public var summary: String {
        func rounded(_ value: Double) -> String {
            abs(value) < 10 ? "\((value * 10).rounded() / 10)" : "\(Int(value.rounded()))"
        }
        var words = [
            "motion \(rounded(motion))", "sharpness \(rounded(sharpness))", "brightness \(rounded(brightness))",
        ]
        if picture != nil { words.append("bars") }
        if repeated > 0 { words.append("\(repeated) repeated") }
        if let sound { words.append("sound \(rounded(sound)) dB") }
        return words.joined(separator: ", ")
    }

    // MARK: Likeness

    /// How unlike two clips are, 0 (the same pictures) to 64: the mean number of bits that differ, where the shorter one fits the
    /// longer best. A part of a longer clip is like it, whatever its size and compression.
    public func distance(to other: VideoMeasures) -> Double {
        let (short, long) = hashes.count <= other.hashes.count ? (hashes, other.hashes) : (other.hashes, hashes)
        guard !short.isEmpty else { return 64 }
        return (0...(long.count - short.count)).map { offset in
            let bits = short.indices.reduce(0) { $0 + (short[$1] ^ long[$1 + offset]).nonzeroBitCount }
            return Double(bits) / Double(short.count)
        }.min() ?? 64
    }
}

extension Frame {
    /// Of one channel.
    var mean: Double { Double(pixels.reduce(0) { $0 + Int($1) }) / Double(max(1, pixels.count)) }

    /// Of a grey picture: 8 rows of 8 bits, a bit set where a place of a picture of 9 × 8 is brighter than the one right of it.
    var differenceHash: UInt64 {
        let small = resized(width: 9, height: 8).pixels
        var hash: UInt64 = 0
        for row in 0..<8 {
            for column in 0..<8 where small[row * 9 + column] > small[row * 9 + column + 1] {
                hash |= 1 << UInt64(row * 8 + column)
            }
        }
        return hash
    }
}
