import CMedia
import Base

/// Decodes a video once and scores its pictures.
///
/// The scores are PySceneDetect's on OpenCV with FFmpeg 8, digit by digit, of eight to twelve bits, but for two kinds of
/// video. Of PQ, HLG and wide-gamut (BT.2020 primaries) video that OpenCV maps the colours to BT.709; here the code values
/// are scored, and cuts may differ. Of interlaced video it gives black pictures; here they are scored as they are coded.
///
/// A bit of the perceptual hash says on which side of the median a coefficient lies. In nearly flat pictures many are as
/// good as equal to it, and OpenCV's single-precision DCT may put one on the other side: of 202 hash cuts of six mixed
/// videos one was a frame apart.
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
        do { return try ParallelScan(file, options).run(monitor) } catch is ParallelScan.NotPossible {}
        return try scanInOrder(file, options, monitor)
    }

    /// The same scores by one decoder from the start of the file to its end: what `scan` does where a file cannot be
    /// split, and what it is compared with. Never a fast scan. Throws `FileError` or `MediaError`.
    public static func scanInOrder(_ file: VideoFile, _ options: ScanOptions = ScanOptions(), _ monitor: Monitor? = nil)
        throws -> SceneScores
    {
        var options = options
        options.fast = false
        let decoder = try VideoDecoder(file.path)
        let scorer = try PictureScorer(file, options)
        var scores = SceneScores(
            options: options, rate: file.averageRate, timeBase: decoder.timeBase, origin: decoder.origin,
            width: scorer.width, height: scorer.height)
        let source = PictureStream(decoder, options)
        defer { source.stop() }
        var last: DecodedPicture?, before: PictureSignature?
        let total = file.frames.value > 0 ? file.frames.value : nil
        while let picture = try source.next() {
            let signature = try picture.described(by: scorer)
            scores.append(scorer.scores(before, signature), frame: picture.frame, timestamp: picture.timestamp)
            before = signature
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
        if let last { scores.end(last.timestamp, frame: last.frame, lasting: last.duration) }
        let all = scores.isComplete ? scores.endFrame : total
        monitor?.report(Progress("scanning", scores.endFrame, of: all, "frames"))
        return scores
    }
}
