import CMedia

/// Scores pictures one after the other. One thread at a time.
final class PictureScorer {
    let width: Int, height: Int
    private let scorer: OpaquePointer
    private let file: VideoFile, options: ScanOptions

    init(_ file: VideoFile, _ options: ScanOptions) throws {
        (self.file, self.options) = (file, options)
        (width, height) = options.size(width: file.width, height: file.height)
        // PySceneDetect's size of the square that edges are widened with.
        let side = 4 + Int((Double(width * height).squareRoot() / 192).rounded(.toNearestOrEven))
        let kernel = options.edges ? side | 1 : 0
        guard
            let scorer = cm_scorer_new(
                Int32(options.bins), Int32(options.hashSize), Int32(options.lowpass), Int32(kernel))
        else { throw MediaError.unsupported(path: file.path, what: "no memory for the scores") }
        self.scorer = scorer
    }
    deinit { cm_scorer_free(scorer) }

    /// The next picture is scored as a first one.
    func reset() { cm_scorer_reset(scorer) }

    /// The scores of a picture against the one before.
    func score(_ picture: DecodedPicture) throws -> cm_scores {
        var result = cm_scores()
        guard let frame = picture.picture else {
            throw MediaError.unsupported(path: file.path, what: "no memory for a picture")
        }
        let code = cm_score(scorer, frame, Int32(file.orientation), Int32(width), Int32(height), &result)
        guard code == 0 else {
            throw MediaError.unreadable(
                path: file.path, reason: "its pictures cannot be scored (\(MediaInput.reason(code)))")
        }
        return result
    }

    /// Scores a picture and appends the numbers.
    func score(_ picture: DecodedPicture, into scores: inout SceneScores) throws {
        scores.append(try score(picture), frame: picture.frame, timestamp: picture.timestamp)
    }
}

extension SceneScores {
    mutating func append(_ values: cm_scores, frame: Int, timestamp: Int64) {
        frames.append(frame)
        // Times run forward even where a damaged file's do not.
        timestamps.append(max(timestamp, (timestamps.last ?? Int64.min / 2) + 1))
        hue.append(values.hue)
        saturation.append(values.saturation)
        luma.append(values.luma)
        if options.edges { edges.append(values.edges) }
        average.append(values.average)
        correlation.append(values.correlation)
        hashDistance.append(Double(values.hash) / Double(options.hashSize * options.hashSize))
    }
}
