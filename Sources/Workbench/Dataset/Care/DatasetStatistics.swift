import Base
import Media

/// Counts and ranges of a dataset.
public struct DatasetStatistics: Sendable, Equatable {
    /// Smallest, middle and largest of some values.
    public struct Range: Sendable, Equatable {
        /// In the values' own unit.
        public let least: Double, median: Double, most: Double

        init?(_ values: [Double]) {
            let sorted = values.sorted()
            guard let least = sorted.first, let most = sorted.last else { return nil }
            (self.least, self.most, median) = (least, most, sorted[sorted.count / 2])
        }
    }
    /// How often a value occurs.
    public struct Count: Sendable, Equatable {
        /// The value as text: `"640x360"`.
        public let value: String
        /// Clips that have it.
        public let clips: Int
    }
    /// A training size and how many clips are large and long enough for it.
    public struct Bucket: Sendable, Equatable {
        /// Pixels, and frames (8·n + 1).
        public let width: Int, height: Int, frames: Int
        /// Clips that fill it without being enlarged.
        public let clips: Int
        /// Share of their pictures that is cut off, 0…1, on average.
        public let cropped: Double

        /// `"768x448x89"`.
        public var size: String { "\(width)x\(height)x\(frames)" }
    }

    /// Clips in all.
    public var clips = 0
    /// Of these, clips with a caption, left out, missing on the disk, and not readable.
    public var captioned = 0, excluded = 0, missing = 0, unreadable = 0
    /// Seconds of all clips together.
    public var duration = 0.0
    /// Bytes of all files together.
    public var bytes = 0
    /// Seconds a clip, frames a clip, words a caption; `nil` where there is nothing to count.
    public var durations: Range?, frames: Range?, words: Range?
    /// Picture sizes and frame rates, most frequent first.
    public var sizes: [Count] = [], rates: [Count] = []
    /// Training sizes that fit, those for most clips first, then the largest.
    public var buckets: [Bucket] = []
    /// Where sizes were asked about: how many clips of training preprocessing would make of each size.
    public var plan: [Count] = []
    /// And how many videos are too short for all of them.
    public var tooShort = 0
    /// The size of each of these clips.
    var planned: [String] = []
}
