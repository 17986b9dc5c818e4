import Base
import Media

/// Scene scores of a dataset's videos, and the cuts that options make of them.
public final class DatasetScan: Sendable {
    /// One video.
    public struct Entry: Sendable {
        /// The file's name.
        public let name: String
        /// What was found in its pictures.
        public let scores: SceneScores
        /// The cuts and scenes.
        public let plan: ScenePlan
        /// What the detector compares with its threshold, one a picture.
        public let series: [Double]
    }
    /// In the dataset's order; videos that could not be read are left out, with a note.
    public let entries: [Entry]
    /// What the cuts were made with.
    public let options: SceneOptions

    init(_ scores: [(name: String, scores: SceneScores)], _ options: SceneOptions) throws {
        self.options = options
        entries = try scores.map { name, scores in
            Entry(
                name: name, scores: scores, plan: try ScenePlan(scores, options), series: try scores.series(options))
        }
    }

    /// The same scores cut otherwise, without decoding. Throws `MediaError` for an option out of its range.
    public func cuts(_ options: SceneOptions) throws -> DatasetScan {
        try DatasetScan(entries.map { ($0.name, $0.scores) }, options)
    }
}
