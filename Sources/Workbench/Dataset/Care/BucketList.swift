import Media

/// Which training sizes a set of clips can fill.
enum BucketList {
    private struct Size: Hashable {
        let width: Int, height: Int
    }
    /// Sizes that people train at: the GUI fork's list and the reference's templates.
    private static let sizes =
        TrainingSizes.named.map { Size(width: $0.width, height: $0.height) }
        + [(544, 960), (480, 480), (512, 288), (288, 512), (320, 192), (192, 320), (256, 256)].map {
            Size(width: $0.0, height: $0.1)
        }

    /// The sizes that some clips fill, without those that a larger one beats for the same number of clips.
    static func fitting(_ files: [VideoFile], limit: Int = 12) -> [DatasetStatistics.Bucket] {
        var buckets: [DatasetStatistics.Bucket] = []
        // The clips' own sizes, cut to what the model takes.
        let own = files.map { Size(width: $0.width / 32 * 32, height: $0.height / 32 * 32) }
        let all = Set(sizes + own)
        let candidates = all.filter { $0.width > 0 && $0.height > 0 }
        for size in candidates {
            let (width, height) = (size.width, size.height)
            let large = files.filter { $0.width >= width && $0.height >= height }
            for count in TrainingSizes.lengths {
                let fit = large.filter { $0.isImage ? count == 1 : count > 1 && $0.frames.value >= count }
                guard !fit.isEmpty else { continue }
                let cropped = fit.map { Self.cropped($0, width, height) }.reduce(0, +) / Double(fit.count)
                buckets.append(
                    .init(width: width, height: height, frames: count, clips: fit.count, cropped: cropped))
            }
        }
        let best = buckets.filter { bucket in
            !buckets.contains { other in
                other.clips >= bucket.clips && other.width >= bucket.width && other.height >= bucket.height
                    && other.frames >= bucket.frames && other.cropped <= bucket.cropped + 0.02 && other != bucket
                    && (other.width, other.height, other.frames) != (bucket.width, bucket.height, bucket.frames)
            }
        }
        func volume(_ bucket: DatasetStatistics.Bucket) -> Double {
            Double(bucket.width * bucket.height * bucket.frames) * (1 - bucket.cropped)
        }
        func rank(_ bucket: DatasetStatistics.Bucket) -> (Int, Double, Int) {
            (bucket.clips, volume(bucket), bucket.width)
        }
        return Array(best.sorted { rank($0) > rank($1) }.prefix(limit))
    }
    /// Share of the picture that lies outside the frame when it is scaled to cover it.
    private static func cropped(_ file: VideoFile, _ width: Int, _ height: Int) -> Double {
        let aspect = Double(file.width) / Double(file.height), target = Double(width) / Double(height)
        return 1 - min(aspect, target) / max(aspect, target)
    }
}
