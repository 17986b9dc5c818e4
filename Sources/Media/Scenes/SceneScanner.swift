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
        var scores = SceneScores(
            options: options, rate: file.averageRate, timeBase: decoder.timeBase, origin: decoder.origin,
            width: scorer.width, height: scorer.height)
        let source = PictureStream(decoder, options)
        defer { source.stop() }
        var last: DecodedPicture?
        let total = file.frames.value > 0 ? file.frames.value : nil
        while let picture = try source.next() {
            try scorer.score(picture, into: &scores)
            last = picture
            if monitor?.shouldStop == true { break }
            if scores.count % 8 == 0 {
                monitor?.report(Progress("scanning", picture.frame + 1, of: total, "frames"))
            }
        }
        source.stop()
        let stopped = monitor?.shouldStop == true
        scores.damage = source.damage
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

extension VideoDecoder {
    /// Ticks that a picture lasts at a rate, at least 1.
    func ticksAFrame(_ rate: Rational) -> Int64 {
        guard rate.value > 0, timeBase.value > 0 else { return 1 }
        return max(1, Int64(min(1 / (rate.value * timeBase.value), 1e15).rounded()))
    }
}
