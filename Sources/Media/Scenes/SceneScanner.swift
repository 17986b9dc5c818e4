import CMedia
import Foundations

/// Decodes a video once and scores every picture, decoding and scoring at the same time.
public enum SceneScanner {
    /// Scores of all pictures. On a stop everything scored so far is returned with `isComplete` false.
    ///
    /// Throws `FileError` or `MediaError`; a video that is damaged in the middle is scored as far as it decodes, which
    /// `damage` tells.
    public static func scan(_ file: VideoFile, _ options: ScanOptions = ScanOptions(), _ monitor: Monitor? = nil)
        throws -> SceneScores
    {
        try options.validate()
        guard !file.isImage else {
            throw MediaError.unsupported(path: file.path, what: "an image has no scenes; give a video")
        }
        if options.fast { return try FastScan(file, options).run(monitor) }

        let decoder = try VideoDecoder(file.path)
        let scorer = try PictureScorer(file, options)
        // Pictures are references to the decoder's own buffers; a few in flight keep both sides busy.
        let queue = FrameQueue<DecodedPicture>(capacity: 4)
        let source = PictureSource(decoder)
        let thread = WorkerThread {
            do {
                try source.run(options) { queue.put($0) }
                queue.end()
            } catch { queue.end(error) }
        }
        // The decoder is the other thread's until it has ended.
        func finish() {
            queue.cancel()
            thread.join()
        }
        var scores = SceneScores(
            options: options, rate: file.averageRate, timeBase: decoder.timeBase, origin: decoder.origin,
            width: scorer.width, height: scorer.height)
        var last: DecodedPicture?
        let total = file.frames.value > 0 ? file.frames.value : nil
        do {
            while let picture = try queue.take() {
                try scorer.score(picture, into: &scores)
                last = picture
                if scores.count % 16 == 0 {
                    if monitor?.shouldStop == true { break }
                    monitor?.report(Progress("scanning", picture.frame + 1, of: total, "frames"))
                }
            }
        } catch {
            finish()
            throw error
        }
        let stopped = monitor?.shouldStop == true
        finish()
        scores.damage = decoder.damage
        scores.isComplete = !stopped
        if let last {
            let tick = last.duration > 0 ? last.duration : decoder.ticksAFrame(file.averageRate)
            scores.endFrame = last.frame + 1
            scores.endTimestamp = last.timestamp + tick
        }
        monitor?.report(Progress("scanning", scores.endFrame, of: scores.endFrame, "frames"))
        return scores
    }
}

/// A decoded picture on its way to the scorer: a reference to the decoder's buffer.
///
/// `@unchecked Sendable`: FFmpeg's buffers are reference-counted across threads, and after decoding only read.
final class DecodedPicture: @unchecked Sendable {
    let frame: Int
    let timestamp: Int64, duration: Int64
    private(set) var picture: UnsafeMutablePointer<AVFrame>?

    init(_ source: UnsafeMutablePointer<AVFrame>, frame: Int, timestamp: Int64) {
        (self.frame, self.timestamp, picture) = (frame, timestamp, av_frame_clone(source))
        duration = max(0, source.pointee.pkt_duration)
    }
    deinit { av_frame_free(&picture) }
}

/// `@unchecked Sendable`: made by one thread, handed to another, used by that one alone.
private final class PictureSource: @unchecked Sendable {
    private let decoder: VideoDecoder
    init(_ decoder: VideoDecoder) { self.decoder = decoder }

    /// Pictures from the start of the file, so that their numbers are true; those before `start` are not given.
    func run(_ options: ScanOptions, _ give: (DecodedPicture) -> Bool) throws {
        var number = 0, taken = 0
        var next = decoder.origin
        while let picture = try decoder.next() {
            defer { number += 1 }
            let timestamp = decoder.timestamp(picture) ?? next
            next = timestamp + max(1, picture.pointee.pkt_duration)
            let time = decoder.seconds(timestamp)
            if let end = options.end, time >= end - 1e-9 { return }
            guard time >= options.start - 1e-9 else { continue }
            defer { taken += 1 }
            guard taken % (options.frameSkip + 1) == 0 else { continue }
            guard give(DecodedPicture(picture, frame: number, timestamp: timestamp)) else { return }
        }
    }
}

extension VideoDecoder {
    /// Ticks that a picture lasts at a rate, at least 1.
    func ticksAFrame(_ rate: Rational) -> Int64 {
        guard rate.value > 0, timeBase.value > 0 else { return 1 }
        return max(1, Int64(min(1 / (rate.value * timeBase.value), 1e15).rounded()))
    }
}
